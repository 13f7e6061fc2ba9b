import type { Size } from 'aws-cdk-lib';
import * as dms from 'aws-cdk-lib/aws-dms';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity } from '../cluster';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { openWay } from '../connect/client-network';
import { injectable } from '../private/injectable';
import type { IKafkaTopic } from '../topic';
import { serviceIdentity } from './service-identity';

/** Properties of a topic as a target of AWS DMS. */
export interface DmsKafkaEndpointProps {
  /** The topic to write to, of a provisioned cluster. */
  readonly topic: IKafkaTopic;

  /**
   * Who AWS DMS is to the cluster: a SCRAM user, or nobody in particular. It knows no IAM towards brokers. User name and
   * password are handed to it when the stack is deployed: after a rotation, deploy a change of the endpoint.
   */
  readonly identity: ClientIdentity;

  /** The security groups of the replication instance, or of the serverless replication. */
  readonly replication: ec2.IConnectable;

  /**
   * The largest record that it writes, at most what the topic takes.
   *
   * @default - 1000000 bytes
   */
  readonly maxMessageSize?: Size;
}

/**
 * A topic as the target of AWS DMS: changes of a database become records.
 *
 * @see https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kafka.html
 */
@injectable
export class DmsKafkaEndpoint extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.DmsKafkaEndpoint';

  /** The endpoint: tasks name it by its `ref`. */
  public readonly endpoint: dms.CfnEndpoint;

  /** What has to be there before a task begins to write. */
  public readonly ready: IDependable[];

  constructor(scope: Construct, id: string, props: DmsKafkaEndpointProps) {
    super(scope, id);
    const { topic, identity } = props;
    const { cluster } = topic;
    const accepted = serviceIdentity(this, cluster, identity, 'AWS DMS', [
      AuthenticationMechanism.SCRAM,
      AuthenticationMechanism.UNAUTHENTICATED,
      AuthenticationMechanism.PLAINTEXT,
    ]);
    this.endpoint = new dms.CfnEndpoint(this, 'Resource', {
      endpointType: 'target',
      engineName: 'kafka',
      kafkaSettings: {
        broker: cluster.bootstrapBrokers.forIdentity(identity),
        topic: topic.topicName,
        messageFormat: 'json-unformatted',
        messageMaxBytes: props.maxMessageSize?.toBytes(),
        ...security(accepted),
      },
    });
    this.endpoint.node.addDependency(topic.ready);
    const way = openWay(this, props.replication.connections.securityGroups, cluster, accepted.port);
    this.ready = [this.endpoint, topic.ready, ...way];
  }
}

/** The template names the secret; CloudFormation reads it when it hands the value over. */
function security({ mechanism, secret }: AcceptedIdentity): Partial<dms.CfnEndpoint.KafkaSettingsProperty> {
  switch (mechanism) {
    case AuthenticationMechanism.SCRAM:
      return {
        securityProtocol: 'sasl-ssl',
        saslUserName: secret!.secretValueFromJson('username').unsafeUnwrap(),
        saslPassword: secret!.secretValueFromJson('password').unsafeUnwrap(),
      };
    case AuthenticationMechanism.PLAINTEXT:
      return { securityProtocol: 'plaintext' };
    default:
      return { securityProtocol: 'ssl-encryption' };
  }
}
