import { Duration, Fn, Token, Validations } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { AuthenticationMechanism } from './client-authentication';
import { resourcesOf } from './cluster';
import type { IMskCluster } from './cluster';

/** Whose brokers get names, and in which zone. */
export interface BrokerNamesProps {
  /** A provisioned cluster. One that is imported needs `numberOfBrokers`, and `authentication` where it has no IAM. */
  readonly cluster: IMskCluster;

  /** The private zone, associated with the VPCs of those who ask. */
  readonly zone: route53.IPrivateHostedZone;

  /**
   * What names begin with; the place of the broker in the order of broker ids follows, from 1 on.
   *
   * @default 'broker-'
   */
  readonly prefix?: string;

  /**
   * How long an answer may be kept, in whole seconds.
   *
   * @default Duration.minutes(5)
   */
  readonly ttl?: Duration;
}

/**
 * A name of your own for each broker, in a private zone: `broker-1.kafka.internal`.
 *
 * They lead plaintext clients to their first broker, and Prometheus to its targets. A client with TLS refuses a broker under
 * such a name, since the certificate has the name that Amazon MSK gave; and every client goes on with the names that brokers
 * tell it.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/open-monitoring.html
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html
 */
@injectable
export class BrokerNames extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.BrokerNames';

  /** The names, in the order of broker ids. */
  public readonly names: string[];

  constructor(scope: Construct, id: string, props: BrokerNamesProps) {
    super(scope, id);
    const { cluster, zone, prefix = 'broker-', ttl = Duration.minutes(5) } = props;
    const { numberOfBrokers } = cluster;
    if (numberOfBrokers === undefined || Token.isUnresolved(numberOfBrokers)) {
      throw validationError(
        'BrokerNames',
        `how many brokers '${cluster.node.path}' has is not known: use a provisioned cluster, imported with \`numberOfBrokers\``,
        this,
      );
    }
    const brokers = Fn.split(',', cluster.bootstrapBrokers._all(), numberOfBrokers);
    this.names = brokers.map((broker, index) => {
      const recordName = `${prefix}${index + 1}`;
      new route53.CnameRecord(this, `Broker${index + 1}`, {
        zone,
        recordName,
        ttl,
        domainName: Fn.select(0, Fn.split(':', broker)),
      });
      return `${recordName}.${zone.zoneName}`;
    });
    this.node.addValidation({ validate: () => this.warnOfTls(cluster) });
  }

  private warnOfTls(cluster: IMskCluster): string[] {
    const { authentication } = cluster;
    const isPlain = authentication?.some(({ mechanism }) => mechanism === AuthenticationMechanism.PLAINTEXT);
    const isMonitored = resourcesOf(cluster).some(
      (resource) => 'openMonitoring' in resource && resource.openMonitoring,
    );
    if (authentication && !isPlain && !isMonitored) {
      Validations.of(this).addWarning(
        'cdk-msk-macie:MSK-BROKER-NAMES-TLS',
        `all clients of '${cluster.node.path}' use TLS, and refuse a broker whose certificate does not have the name that they asked for: ` +
          'use `bootstrapBrokers`, or turn on `prometheusExporters` or `ClientAuthentication.plaintext()` if the names are for those',
      );
    }
    return [];
  }
}
