import { Lazy, Names, RemovalPolicy } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { subnetPerZone, zoneCount, zoneOf } from '../private/subnets';
import { ClientAuthentication } from './client-authentication';
import { LISTENERS } from './client-identity';
import { MskCluster } from './cluster';
import { ClusterKind } from './cluster-kind';
import type { KafkaVersion } from './kafka-version';
import { OwnVpc } from './own-vpc';
import { securityGroupsOf } from './security-group';

/** A VPC that a serverless cluster can be reached from. */
export interface ServerlessClusterVpc {
  /** The VPC. It needs DNS support and DNS host names, as VPCs of the CDK have. */
  readonly vpc: ec2.IVpc;

  /**
   * Which subnets to choose from; one of each Availability Zone is taken, the first `zones` of the cluster.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * One to five security groups of that VPC, instead of one that is made here.
   *
   * @default - one group, kept as long as the cluster is
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** Properties of a serverless cluster. None of them can be changed: another value replaces the cluster. */
export interface ServerlessClusterProps {
  /**
   * The VPC that the cluster is reached from. It needs DNS support and DNS host names, as VPCs of the CDK have.
   *
   * @default - a VPC of its own in three zones (`cluster.vpc`), without a way to the internet, kept as long as the cluster is
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Which subnets to choose from; one of each Availability Zone is taken, the first `zones` of them.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * In how many Availability Zones the cluster can be reached: 3 or 2.
   *
   * @default 3
   */
  readonly zones?: number;

  /**
   * Up to four more VPCs of the account that the cluster is reached from. Their clients are admitted by
   * `connectionsIn(vpc)`.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/create-serverless-cluster.html
   */
  readonly additionalVpcs?: ServerlessClusterVpc[];

  /**
   * The name of the cluster: 1 to 64 letters, digits and hyphens, unique in account and Region.
   *
   * @default - a unique name from the path of the construct
   */
  readonly clusterName?: string;

  /**
   * One to five security groups, instead of one that is made here. To admit a client, add a rule to a group, not a group
   * to the list.
   *
   * @default - one group, kept as long as the cluster is
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The tags of the cluster. Since another tag would replace the cluster, tags of an app or stack
   * (`Tags.of(app).add(…)`) are kept away from it.
   *
   * @default - none
   */
  readonly tags?: Record<string, string>;

  /**
   * What happens to the cluster, its security group, and by default to its topics, when they are removed from the stack
   * or replaced. By default all are kept, but for those that a failing first deployment has made.
   * `RemovalPolicy.DESTROY` is the word for demos: it deletes all records.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * An MSK cluster without brokers to choose: access by IAM, encrypted, kept when the stack goes.
 *
 * @resource AWS::MSK::ServerlessCluster
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/serverless.html
 */
@injectable
export class ServerlessCluster extends MskCluster {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ServerlessCluster';

  public readonly clusterArn: string;
  public readonly clusterName: string;
  public readonly connections: ec2.Connections;
  public readonly ready: IDependable;
  public readonly kind?: ClusterKind = ClusterKind.SERVERLESS;
  public readonly kafkaVersion?: KafkaVersion;
  public readonly authentication?: ClientAuthentication[];
  public readonly zones?: number;
  public readonly numberOfBrokers?: number;
  public readonly instanceType?: string;
  public readonly vpc?: ec2.IVpc;
  public readonly subnets?: ec2.ISubnet[];

  /** What happens to the cluster and what belongs to it when it is removed or replaced. */
  public readonly removalPolicy: RemovalPolicy;

  private readonly places: { readonly vpc: ec2.IVpc; readonly connections: ec2.Connections }[];
  private readonly resource: CfnResource;

  constructor(scope: Construct, id: string, props: ServerlessClusterProps = {}) {
    super(scope, id, {
      physicalName:
        props.clusterName ??
        Lazy.string({ produce: () => Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }) }),
    });
    const zones = zoneCount(this, props.zones);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    const authentication = [ClientAuthentication.iam()];
    const defaultPort = ec2.Port.tcp(LISTENERS[authentication[0].mechanism].port);
    const vpc = props.vpc ?? new OwnVpc(this, 'Vpc', removalPolicy).vpc;
    const places = placesOf(this, { ...props, vpc }).map((place) => ({
      vpc: place.vpc,
      subnets: subnetPerZone(this, place.vpc, place.vpcSubnets, zones),
      connections: new ec2.Connections({
        securityGroups: securityGroupsOf(place.scope, place.vpc, place.securityGroups, removalPolicy),
        defaultPort,
      }),
    }));

    const resource = new msk.CfnServerlessCluster(this, 'Resource', {
      clusterName: this.physicalName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: places.map(({ subnets, connections }) => ({
        subnetIds: subnets.map(({ subnetId }) => subnetId),
        securityGroups: connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
      })),
      tags: props.tags,
    });
    // `Tags.of(app).add(…)` asks the tag manager whether it applies here: a new tag would replace the cluster.
    resource.tags.applyTagAspectHere = () => false;
    resource.applyRemovalPolicy(removalPolicy);

    this.clusterArn = resource.attrArn;
    this.clusterName = this.physicalName; // Known at synth, so that metrics work from any stack.
    this.authentication = authentication;
    this.zones = zones;
    this.vpc = vpc;
    this.subnets = places[0].subnets;
    this.removalPolicy = removalPolicy;
    this.ready = resource;
    this.resource = resource;
    this.places = places;
    this.connections = places[0].connections;
    const subnetZones = () => places.map(({ subnets }) => subnets.map((subnet) => zoneOf(this, subnet)));
    checkAtSynth(this, [{ resource, facts: () => ({ subnetZones: subnetZones() }) }]);
  }

  /**
   * The brokers as the clients in one of the cluster's VPCs reach them.
   *
   * @throws where the cluster is not reached from that VPC
   */
  public connectionsIn(vpc: ec2.IVpc): ec2.Connections {
    const place = this.places.find((each) => each.vpc === vpc);
    if (!place) {
      throw validationError(
        'VpcUnknown',
        `the cluster is not reached from the VPC ${vpc.node.path}: name it in \`additionalVpcs\``,
        this,
      );
    }
    return place.connections;
  }

  /** @internal */
  public override _resources(): CfnResource[] {
    return [this.resource];
  }
}

/** Every VPC, with the construct below which its security group is made: a place in the list must not move a group. */
function placesOf(
  cluster: ServerlessCluster,
  { vpc, vpcSubnets, securityGroups, additionalVpcs = [] }: ServerlessClusterProps & ServerlessClusterVpc,
): (ServerlessClusterVpc & { readonly scope: Construct })[] {
  const repeated = additionalVpcs.find((each, index) =>
    [vpc, ...additionalVpcs.slice(0, index).map((other) => other.vpc)].includes(each.vpc),
  );
  if (repeated) {
    throw validationError('VpcRepeated', `the VPC ${repeated.vpc.node.path} is named twice`, cluster);
  }
  return [
    { scope: cluster, vpc, vpcSubnets, securityGroups },
    ...additionalVpcs.map((each) => ({
      ...each,
      scope: new Construct(cluster, `In${Names.nodeUniqueId(each.vpc.node)}`),
    })),
  ];
}
