import { Lazy, Names, RemovalPolicy } from 'aws-cdk-lib';
import type { CfnResource, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct, IDependable } from 'constructs';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { subnetPerZone, zoneCount, zoneOf } from '../private/subnets';
import { BrokerLogs, renderLogs } from './broker-logs';
import { Brokers } from './brokers';
import { AuthenticationMechanism, ClientAuthentication } from './client-authentication';
import { LISTENERS, VPC_CONNECTION_SCHEMES } from './client-identity';
import { MskCluster } from './cluster';
import { ClusterConfiguration } from './cluster-configuration';
import type { ClusterKind } from './cluster-kind';
import { ClusterSettings } from './cluster-settings';
import type { LateSettings } from './cluster-settings';
import type { KafkaVersion } from './kafka-version';
import { OperationChain } from './operation-chain';
import { OwnVpc } from './own-vpc';
import { securityGroupsOf } from './security-group';
import { renderServerProperties } from './server-properties';
import type { ServerProperties } from './server-properties';

/**
 * How much of a cluster CloudWatch shows. Everything above `DEFAULT` is charged.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
export enum MonitoringLevel {
  /** The cluster and its brokers, free of charge. */
  DEFAULT = 'DEFAULT',

  /** More about each broker. */
  PER_BROKER = 'PER_BROKER',

  /** Also each topic on each broker. */
  PER_TOPIC_PER_BROKER = 'PER_TOPIC_PER_BROKER',

  /** Also each partition. */
  PER_TOPIC_PER_PARTITION = 'PER_TOPIC_PER_PARTITION',
}

/** An exporter that each broker runs. */
export enum PrometheusExporter {
  /** Kafka's own metrics. */
  JMX = 'JMX',

  /** CPU and disk of the broker. */
  NODE = 'NODE',
}

/** Which addresses the brokers have. */
export enum ClusterNetworkType {
  /** Those of IPv4. */
  IPV4 = 'IPV4',

  /** Those of IPv4 and IPv6. There is no way back. */
  DUAL = 'DUAL',
}

/** Properties of a provisioned cluster. */
export interface ProvisionedClusterProps {
  /**
   * The VPC that the brokers are reached from. It can never change: another one replaces the cluster.
   *
   * @default - a VPC of its own in three zones (`cluster.vpc`), without a way to the internet, kept as long as the cluster is
   */
  readonly vpc?: ec2.IVpc;

  /** The version of Kafka. It has no default: an upgrade of this package must not upgrade a cluster. */
  readonly kafkaVersion: KafkaVersion;

  /**
   * Which subnets to choose from; one of each Availability Zone is taken, the first `zones` of them. They can never
   * change: another choice replaces the cluster.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * In how many Availability Zones the brokers are: 3 or 2. Each partition has a replica in each of them. With two
   * zones, writes stop being safe as soon as one zone is away.
   *
   * @default 3
   */
  readonly zones?: number;

  /**
   * Which brokers, and how many in each zone.
   *
   * @default Brokers.standard()
   */
  readonly brokers?: Brokers;

  /**
   * Settings of the brokers.
   *
   * @default - replication over all zones, no unclean election, no topics made by accident
   */
  readonly serverProperties?: ServerProperties;

  /**
   * The name of the cluster: 1 to 64 letters, digits and hyphens, unique in account and Region. Another name replaces
   * the cluster.
   *
   * @default - a unique name from the path of the construct
   */
  readonly clusterName?: string;

  /**
   * How clients are let in. It can be changed later.
   *
   * @default - [ClientAuthentication.iam()]
   */
  readonly authentication?: ClientAuthentication[];

  /**
   * The key that encrypts the volumes. Another key replaces the cluster.
   *
   * @default - the AWS managed key of Amazon MSK
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * Whether a key is made for the volumes: one of your own with yearly rotation, kept as long as the cluster is. Turning
   * it on or off replaces the cluster.
   *
   * @default false
   */
  readonly createEncryptionKey?: boolean;

  /**
   * The security groups of the brokers, instead of one that is made here. They can never change: to admit a client, add
   * a rule to a group (`client.connections.allowToDefaultPort(cluster)`), not a group to the list.
   *
   * @default - one group, kept as long as the cluster is
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Where the brokers' logs go; an empty list for nowhere.
   *
   * @default - [BrokerLogs.toLogGroup()]
   */
  readonly brokerLogs?: BrokerLogs[];

  /**
   * Where the decisions of the brokers' authorizer go: who was let in or refused what. They may go where the brokers'
   * own logs go, or elsewhere.
   *
   * @default - nowhere
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-msk-cluster-authorizerlogs.html
   */
  readonly authorizerLogs?: BrokerLogs[];

  /**
   * Which metrics the brokers offer to Prometheus, inside the VPC on ports 11001 (JMX) and 11002 (node).
   *
   * @default - none
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/open-monitoring.html
   */
  readonly prometheusExporters?: PrometheusExporter[];

  /**
   * How much CloudWatch shows.
   *
   * @default MonitoringLevel.DEFAULT
   */
  readonly monitoringLevel?: MonitoringLevel;

  /**
   * Whether the brokers have public addresses. Their subnets have to be public ones, every client has to say who it is,
   * and with SCRAM or mutual TLS `allow.everyone.if.no.acl.found` has to be `false`. Security groups still decide who gets
   * through, on ports 9194 (mutual TLS), 9196 (SCRAM) and 9198 (IAM). Amazon MSK refuses it when a cluster is created:
   * it is turned on or off afterwards, in the same deployment, which may take an hour.
   *
   * @default - as it is: off for a new cluster
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html
   */
  readonly publicAccess?: boolean;

  /**
   * For which clients the cluster can be reached from other VPCs and accounts, over AWS PrivateLink: IAM, SCRAM and mutual
   * TLS, of those that the cluster offers; an empty list for none. Amazon MSK refuses it when a cluster is created: it is
   * changed afterwards, in the same deployment, which may take an hour. Whatever is turned off takes its connections along.
   *
   * @default - as it is: none for a new cluster
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html
   */
  readonly vpcConnectivity?: AuthenticationMechanism[];

  /**
   * Which addresses the brokers have. For `DUAL` all subnets need IPv6. A cluster is always created with `IPV4`, and changed
   * afterwards, in the same deployment.
   *
   * @default - as it is: IPV4 for a new cluster
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/mskp-choose-cluster-network-type.html
   */
  readonly networkType?: ClusterNetworkType;

  /**
   * What happens to the cluster, its security group, configuration and logs, and by default to its topics, when they
   * are removed from the stack or replaced. By default all are kept, but for those that a failing first deployment
   * has made: they are deleted and cost nothing. `RemovalPolicy.DESTROY` is the word for demos: it deletes all records.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * An MSK cluster whose brokers are yours to choose: three Availability Zones, encryption everywhere, access by IAM, logs
 * on, and kept when the stack goes.
 *
 * @resource AWS::MSK::Cluster
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-provisioned.html
 */
@injectable
export class ProvisionedCluster extends MskCluster {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ProvisionedCluster';

  public readonly clusterArn: string;
  public readonly clusterName: string;
  public readonly connections: ec2.Connections;
  public readonly ready: IDependable;
  public readonly kind?: ClusterKind;
  public readonly kafkaVersion?: KafkaVersion;
  public readonly authentication?: ClientAuthentication[];
  public readonly zones?: number;
  public readonly numberOfBrokers?: number;
  public readonly instanceType?: string;
  public readonly vpc?: ec2.IVpc;
  public readonly subnets?: ec2.ISubnet[];

  /** What happens to the cluster and what belongs to it when it is removed or replaced. */
  public readonly removalPolicy: RemovalPolicy;

  /** The largest batch of records that its topics take unless they say otherwise; undefined as Amazon MSK has it. */
  public readonly maxMessageSize?: Size;

  private readonly resources: CfnResource[];
  private readonly lateSettings: LateSettings;

  constructor(scope: Construct, id: string, props: ProvisionedClusterProps) {
    super(scope, id, {
      physicalName:
        props.clusterName ??
        Lazy.string({ produce: () => Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }) }),
    });
    const zones = zoneCount(this, props.zones);
    const brokers = props.brokers ?? Brokers.standard();
    const authentication = requireAuthentication(this, props.authentication ?? [ClientAuthentication.iam()]);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    const vpc = props.vpc ?? new OwnVpc(this, 'Vpc', removalPolicy).vpc;
    const subnets = subnetPerZone(this, vpc, props.vpcSubnets, zones);
    const securityGroups = securityGroupsOf(this, vpc, props.securityGroups, removalPolicy);
    const configuration = new ClusterConfiguration(
      this,
      'Configuration',
      renderServerProperties(brokers.kind, zones, props.serverProperties),
    );
    configuration.resource.applyRemovalPolicy(removalPolicy);

    const logged = { clusterName: this.physicalName, removalPolicy };
    const encryptionKey = volumeKey(this, props, removalPolicy);
    const { storageInfo, storageMode, rebalancing } = brokers._render();
    const resource = new msk.CfnCluster(this, 'Resource', {
      clusterName: this.physicalName,
      kafkaVersion: props.kafkaVersion.version,
      numberOfBrokerNodes: zones * brokers.perZone,
      brokerNodeGroupInfo: {
        instanceType: brokers.instanceType,
        clientSubnets: subnets.map(({ subnetId }) => subnetId),
        securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
        storageInfo,
      },
      clientAuthentication: renderAuthentication(authentication),
      configurationInfo: configuration.info,
      encryptionInfo: {
        encryptionAtRest: encryptionKey && { dataVolumeKmsKeyId: encryptionKey.keyRef.keyArn },
        encryptionInTransit: { clientBroker: clientBroker(authentication), inCluster: true },
      },
      enhancedMonitoring: props.monitoringLevel ?? MonitoringLevel.DEFAULT,
      loggingInfo: {
        brokerLogs: renderLogs(this, props.brokerLogs ?? [BrokerLogs.toLogGroup()], { ...logged, logs: 'BrokerLogs' }),
        authorizerLogs:
          props.authorizerLogs && renderLogs(this, props.authorizerLogs, { ...logged, logs: 'AuthorizerLogs' }),
      },
      openMonitoring: renderOpenMonitoring(props.prometheusExporters),
      rebalancing,
      storageMode,
      // Whoever reaches ZooKeeper owns the cluster: IAM and ACLs do not guard it.
      zookeeperAccess: props.kafkaVersion.isKraft === false ? { enabled: false } : undefined,
    });
    resource.applyRemovalPolicy(removalPolicy);
    brokers._attach(this, resource);

    this.kind = brokers.kind;
    this.clusterArn = resource.attrArn;
    this.clusterName = this.physicalName; // Known at synth, so that metrics work from any stack.
    this.kafkaVersion = props.kafkaVersion;
    this.authentication = authentication;
    this.zones = zones;
    this.numberOfBrokers = zones * brokers.perZone;
    this.instanceType = brokers.instanceType;
    this.vpc = vpc;
    this.subnets = subnets;
    this.removalPolicy = removalPolicy;
    this.maxMessageSize = props.serverProperties?.maxMessageSize;
    const operations = new OperationChain(resource);
    this.ready = operations;
    this.resources = [resource, configuration.resource];
    this.lateSettings = lateSettings(this, props);
    if (Object.keys(this.lateSettings).length > 0) {
      const { begins, ends } = new ClusterSettings(this, 'Settings', resource, this.lateSettings);
      operations.append(begins, ends);
      this.resources.push(begins.node.defaultChild as CfnResource);
    }
    this.connections = new ec2.Connections({
      securityGroups,
      defaultPort: ec2.Port.tcp(LISTENERS[authentication[0].mechanism].port),
    });
    checkAtSynth(this, [
      {
        resource,
        facts: () => ({
          subnetZones: subnets.map((subnet) => zoneOf(this, subnet)),
          privateSubnets: subnets.filter((subnet) => isPrivate(vpc, subnet)).map(({ node }) => node.path),
        }),
      },
      ...this.resources.slice(1).map((each) => ({ resource: each })),
    ]);
  }

  /** @internal */
  public override _listenerFacts(): Record<string, unknown> {
    return { ...super._listenerFacts(), Brokers: this.numberOfBrokers, ...this.lateSettings };
  }

  /** @internal */
  public override _lateSettings(): LateSettings {
    return this.lateSettings;
  }

  /** @internal */
  public override _resources(): CfnResource[] {
    return this.resources;
  }
}

function volumeKey(
  scope: Construct,
  { encryptionKey, createEncryptionKey }: ProvisionedClusterProps,
  removalPolicy: RemovalPolicy,
): kms.IKeyRef | undefined {
  if (!createEncryptionKey) {
    return encryptionKey;
  }
  if (encryptionKey !== undefined) {
    throw validationError(
      'EncryptionKeyTwice',
      '`createEncryptionKey` makes a key, and `encryptionKey` brings one: name one of them',
      scope,
    );
  }
  const description = `Volumes of the MSK cluster ${scope.node.path}`;
  return new kms.Key(scope, 'Key', { description, enableKeyRotation: true, removalPolicy });
}

function requireAuthentication(scope: Construct, authentication: ClientAuthentication[]): ClientAuthentication[] {
  if (authentication.length === 0) {
    throw validationError(
      'AuthenticationMissing',
      '`authentication` must not be empty: a cluster without any lets everybody in; say so with ClientAuthentication.unauthenticated()',
      scope,
    );
  }
  return authentication;
}

/** In the words of the service, and sorted: another order is no other setting. */
function lateSettings(scope: Construct, props: ProvisionedClusterProps): LateSettings {
  const { networkType, publicAccess, vpcConnectivity } = props;
  return {
    ...(networkType === ClusterNetworkType.DUAL ? { NetworkType: networkType } : {}),
    ...(publicAccess === undefined ? {} : { PublicAccess: publicAccess ? 'SERVICE_PROVIDED_EIPS' : 'DISABLED' }),
    ...(vpcConnectivity
      ? { VpcConnectivity: vpcConnectivity.map((each) => connectivityScheme(scope, each)).sort() }
      : {}),
  };
}

function connectivityScheme(scope: Construct, mechanism: AuthenticationMechanism): string {
  const scheme = VPC_CONNECTION_SCHEMES[mechanism];
  if (scheme === undefined) {
    throw validationError(
      'MSK-CLUSTER-VPC-CONNECTIVITY',
      `other VPCs reach a cluster by IAM, SCRAM or MUTUAL_TLS, got ${mechanism} in \`vpcConnectivity\``,
      scope,
    );
  }
  return scheme;
}

/** Known to have no way from the internet. */
function isPrivate(vpc: ec2.IVpc, { subnetId }: ec2.ISubnet): boolean {
  return [...vpc.privateSubnets, ...vpc.isolatedSubnets].some((subnet) => subnet.subnetId === subnetId);
}

function renderOpenMonitoring(exporters: PrometheusExporter[] = []): msk.CfnCluster.OpenMonitoringProperty | undefined {
  const offers = (exporter: PrometheusExporter) => ({ enabledInBroker: exporters.includes(exporter) });
  return exporters.length
    ? {
        prometheus: {
          jmxExporter: offers(PrometheusExporter.JMX),
          nodeExporter: offers(PrometheusExporter.NODE),
        },
      }
    : undefined;
}

/** The whole block with explicit values from the first day: a later change is a change of values. */
function renderAuthentication(authentication: ClientAuthentication[]): msk.CfnCluster.ClientAuthenticationProperty {
  const offers = (mechanism: AuthenticationMechanism) => authentication.some((each) => each.mechanism === mechanism);
  const authorities = authentication.flatMap(({ certificateAuthorities }) => certificateAuthorities);
  return {
    sasl: {
      iam: { enabled: offers(AuthenticationMechanism.IAM) },
      scram: { enabled: offers(AuthenticationMechanism.SCRAM) },
    },
    tls: {
      enabled: offers(AuthenticationMechanism.MUTUAL_TLS),
      certificateAuthorityArnList: authorities.length
        ? authorities.map(({ certificateAuthorityArn }) => certificateAuthorityArn)
        : undefined,
    },
    unauthenticated: {
      enabled: offers(AuthenticationMechanism.UNAUTHENTICATED) || offers(AuthenticationMechanism.PLAINTEXT),
    },
  };
}

function clientBroker(authentication: ClientAuthentication[]): string {
  const plain = authentication.filter(({ mechanism }) => mechanism === AuthenticationMechanism.PLAINTEXT);
  return plain.length === 0 ? 'TLS' : plain.length < authentication.length ? 'TLS_PLAINTEXT' : 'PLAINTEXT';
}
