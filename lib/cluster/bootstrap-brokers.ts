import { Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { AuthenticationMechanism } from './client-authentication';
import { acceptIdentity, LISTENERS, VPC_CONNECTION_SCHEMES } from './client-identity';
import type { ClientIdentity } from './client-identity';
import type { LateSettings } from './cluster-settings';
import type { IMskCluster } from './cluster';

/**
 * The broker strings of a cluster.
 *
 * CloudFormation knows none of them. The first time one is asked for, a lookup is added to the stack of the cluster; it
 * runs again when listeners or brokers are added. A string lists one broker of each zone: clients learn the others from
 * them.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-get-bootstrap-brokers.html
 */
export class BootstrapBrokers {
  /** The broker strings of a cluster, created here or elsewhere. */
  public static fromCluster(cluster: IMskCluster): BootstrapBrokers {
    return new BootstrapBrokers(cluster);
  }

  private constructor(private readonly cluster: IMskCluster) {}

  /**
   * The broker string for one kind of clients: `host:port,host:port,host:port`.
   *
   * @param identity who the client is to the cluster; by default IAM
   */
  public forIdentity(identity?: ClientIdentity): string {
    const { brokers } = acceptIdentity(this.cluster, this.cluster, identity);
    return knownBrokers(this.cluster) ?? Lookup.of(this.cluster).brokers(brokers);
  }

  /**
   * All brokers for one kind of clients, not one of each zone: for names in a private zone, or checks of each broker.
   * Clients do not need it. It is looked up again when the number of brokers changes that this app knows of; a serverless
   * cluster has one endpoint.
   *
   * @param identity who the client is to the cluster; by default IAM
   * @see https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes.html
   */
  public allForIdentity(identity?: ClientIdentity): string {
    const { brokers } = acceptIdentity(this.cluster, this.cluster, identity);
    return Lookup.of(this.cluster).allBrokers(brokers);
  }

  /**
   * The broker string for clients outside of AWS, of a cluster with public access: ports 9194, 9196 and 9198.
   *
   * @param identity who the client is to the cluster; by default IAM
   */
  public publicForIdentity(identity?: ClientIdentity): string {
    this.requireSetting('PublicAccess', (setting) => setting === 'SERVICE_PROVIDED_EIPS', '`publicAccess: true`');
    return this.named(identity, (authentication) => `Public${authentication}`);
  }

  /**
   * The broker string for clients in other VPCs, of a cluster with multi-VPC connectivity: ports 14001 to 14100. Clients
   * also need an `MskVpcConnection` in their VPC.
   *
   * @param identity who the client is to the cluster; by default IAM
   */
  public vpcConnectivityForIdentity(identity?: ClientIdentity): string {
    const { mechanism } = acceptIdentity(this.cluster, this.cluster, identity);
    this.requireSetting(
      'VpcConnectivity',
      (setting) => Array.isArray(setting) && setting.includes(VPC_CONNECTION_SCHEMES[mechanism]),
      `\`vpcConnectivity\` with ${mechanism}`,
    );
    return this.named(identity, (authentication) => `VpcConnectivity${authentication}`);
  }

  /**
   * The broker string for clients that come by IPv6, of a cluster of the network type DUAL: ports 20092 to 20098.
   *
   * @param identity who the client is to the cluster; by default IAM
   */
  public ipv6ForIdentity(identity?: ClientIdentity): string {
    this.requireSetting('NetworkType', (setting) => setting === 'DUAL', '`networkType: ClusterNetworkType.DUAL`');
    return this.named(identity, (authentication) => `${authentication}Ipv6`);
  }

  /**
   * All brokers, by whichever listener there is: their hosts are the same.
   *
   * @internal
   */
  public _all(): string {
    const [first] = this.cluster.authentication ?? [];
    return Lookup.of(this.cluster).allBrokers(LISTENERS[first?.mechanism ?? AuthenticationMechanism.IAM].brokers);
  }

  private named(identity: ClientIdentity | undefined, name: (authentication: string) => string): string {
    const { brokers } = acceptIdentity(this.cluster, this.cluster, identity);
    return Lookup.of(this.cluster).brokers(`${PREFIX}${name(brokers.slice(PREFIX.length))}`);
  }

  /** The lookup would fail, after the cluster has been created. What is known of an imported cluster is not all. */
  private requireSetting(setting: keyof LateSettings, isOn: (value: unknown) => boolean, fix: string): void {
    const settings = (this.cluster as LookupFacts)._lateSettings?.();
    if (settings && !isOn(settings[setting])) {
      throw validationError(
        'ListenerNotOffered',
        `the cluster '${this.cluster.node.path}' has no such listener: give it ${fix}`,
        this.cluster,
      );
    }
  }
}

/** What the names of all listeners begin with. */
const PREFIX = 'BootstrapBrokerString';

/** What a cluster of this package tells its lookup; a cluster of somebody else's making has no more than the interface. */
interface LookupFacts {
  _listenerFacts?(): Record<string, unknown>;
  _knownBootstrapBrokers?(): string | undefined;
  _lateSettings?(): LateSettings | undefined;
}

function knownBrokers(cluster: IMskCluster): string | undefined {
  return (cluster as LookupFacts)._knownBootstrapBrokers?.();
}

/** One lookup per cluster, in the cluster's stack, whoever asks first. */
class Lookup extends Construct {
  public static of(cluster: IMskCluster): Lookup {
    const id = 'BootstrapBrokers';
    return (cluster.node.tryFindChild(id) as Lookup | undefined) ?? new Lookup(cluster, id);
  }

  private readonly listeners = new Set<string>();
  private readonly allOf = new Set<string>();
  private readonly handled: HandledResource;

  private constructor(cluster: IMskCluster, id: string) {
    super(cluster, id);
    this.handled = new HandledResource(this, 'Lookup', {
      handler: 'bootstrap-brokers',
      resourceType: 'Custom::MskBootstrapBrokers',
      properties: {
        ClusterArn: cluster.clusterArn,
        Listeners: Lazy.list({ produce: () => [...this.listeners].sort() }),
        AllOf: Lazy.list({ produce: () => [...this.allOf].sort() }, { omitEmpty: true }),
        ...(cluster as LookupFacts)._listenerFacts?.(),
      },
      statements: [
        new iam.PolicyStatement({
          actions: ['kafka:GetBootstrapBrokers', 'kafka:ListNodes'],
          resources: [cluster.clusterArn],
        }),
      ],
    });
    this.handled.resource.node.addDependency(cluster.ready);
  }

  public brokers(listener: string): string {
    this.listeners.add(listener);
    return this.handled.resource.getAttString(listener);
  }

  public allBrokers(listener: string): string {
    this.allOf.add(listener);
    return this.handled.resource.getAttString(`All${listener}`);
  }
}
