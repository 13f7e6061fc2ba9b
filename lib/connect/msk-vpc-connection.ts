import { Resource, Stack, Validations } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { Construct, IDependable } from 'constructs';
import { ClusterKind } from '../cluster';
import type { ClientIdentity, IMskCluster } from '../cluster';
import { acceptIdentity, VPC_CONNECTION_SCHEMES } from '../cluster/client-identity';
import { factsOf, resourcesOf } from '../cluster/cluster';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { CONNECT_VPC } from '../private/kafka-actions';
import { isDifferent } from '../private/same-place';
import { zoneOf } from '../private/subnets';
import { clientGroups } from './client-network';

/** A connection from a VPC of clients to a cluster, created here or elsewhere. */
export interface IMskVpcConnection extends IResource {
  /**
   * The ARN of the connection.
   *
   * @attribute
   */
  readonly vpcConnectionArn: string;
}

/** Properties of a connection. Another value of any of them replaces it. */
export interface MskVpcConnectionProps {
  /**
   * The cluster: provisioned, with multi-VPC connectivity turned on for the identity, in the same Region. In another
   * account its cluster policy has to let this account in.
   */
  readonly cluster: IMskCluster;

  /** The VPC of the clients. */
  readonly vpc: ec2.IVpc;

  /**
   * Which subnets to choose from: one in each Availability Zone of the cluster, compared by zone ID.
   *
   * @default - the private subnets of the VPC, one of each Availability Zone
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the connection.
   *
   * @default - one of its own; clients open it by `connections.allowToDefaultPort(connection)`
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Who the clients are to the cluster: IAM, SCRAM or mutual TLS. A connection serves one kind.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;
}

/** One port for each broker. */
const PORTS = ec2.Port.tcpRange(14001, 14100);

/**
 * Brings a cluster into the VPC of its clients, over AWS PrivateLink.
 *
 * @resource AWS::MSK::VpcConnection
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html
 */
@injectable
export class MskVpcConnection extends Resource implements IMskVpcConnection, ec2.IConnectable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MskVpcConnection';

  /** A connection that is there already, by its ARN. */
  public static fromVpcConnectionArn(scope: Construct, id: string, vpcConnectionArn: string): IMskVpcConnection {
    return new ImportedVpcConnection(scope, id, vpcConnectionArn);
  }

  public readonly vpcConnectionArn: string;

  /** Its security groups; by default on the ports that brokers have here, 14001 to 14100. */
  public readonly connections: ec2.Connections;

  /** The moment from which clients can connect. */
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: MskVpcConnectionProps) {
    super(scope, id);
    const { cluster, vpc } = props;
    if (cluster.kind === ClusterKind.SERVERLESS) {
      throw validationError(
        'MSK-VPC-CONNECTION-CLUSTER',
        `the cluster '${cluster.node.path}' is serverless, and takes no connections: it has endpoints in up to five VPCs`,
        this,
      );
    }
    requireRegionOf(this, cluster);
    const { mechanism } = acceptIdentity(this, cluster, props.identity);
    const authentication = VPC_CONNECTION_SCHEMES[mechanism];
    if (authentication === undefined) {
      throw validationError(
        'MSK-VPC-CONNECTION-AUTHENTICATION',
        'a connection serves clients that say who they are: use ClientIdentity.iam(), .scram() or .mutualTls()',
        this,
      );
    }
    const { subnets } = vpc.selectSubnets({ ...props.vpcSubnets, onePerAz: props.vpcSubnets?.onePerAz ?? true });
    this.connections = new ec2.Connections({
      securityGroups: clientGroups(this, 'SecurityGroup', () => vpc, props.securityGroups),
      defaultPort: PORTS,
    });
    const resource = new msk.CfnVpcConnection(this, 'Resource', {
      targetClusterArn: cluster.clusterArn,
      authentication,
      vpcId: vpc.vpcId,
      clientSubnets: subnets.map(({ subnetId }) => subnetId),
      securityGroups: this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
    });
    resource.node.addDependency(cluster.ready);

    this.vpcConnectionArn = resource.attrArn;
    this.ready = resource;
    warnOtherAccount(this, cluster);
    const [declared] = resourcesOf(cluster);
    checkAtSynth(
      this,
      [
        {
          resource,
          facts: () => ({
            subnetZones: subnets.map((subnet) => zoneOf(this, subnet)),
            clusterZones: cluster.zones,
          }),
          links: declared && { TargetClusterArn: declared },
        },
      ],
      () => factsOf(cluster),
    );
  }
}

class ImportedVpcConnection extends Resource implements IMskVpcConnection {
  constructor(
    scope: Construct,
    id: string,
    public readonly vpcConnectionArn: string,
  ) {
    super(scope, id, { environmentFromArn: vpcConnectionArn });
  }
}

function requireRegionOf(scope: Construct, cluster: IMskCluster): void {
  const { region } = Stack.of(scope);
  if (isDifferent(region, cluster.env.region)) {
    throw validationError(
      'MSK-VPC-CONNECTION-CLUSTER',
      `the cluster '${cluster.node.path}' is in ${cluster.env.region}, and connections reach clusters of their own Region ` +
        `only, got one in ${region}: move it to a stack in ${cluster.env.region}`,
      scope,
    );
  }
}

/**
 * A cluster of another account is known here by its ARN alone, and its policy is the owner's to change.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/mvpc-cluster-owner-action-policy.html
 */
function warnOtherAccount(scope: Construct, cluster: IMskCluster): void {
  const { account, partition } = Stack.of(scope);
  const owner = cluster.env.account;
  if (!isDifferent(account, owner)) {
    return;
  }
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: CONNECT_VPC,
    Resource: cluster.clusterArn,
  };
  Validations.of(scope).addWarning(
    'cdk-msk-macie:MSK-VPC-CONNECTION-POLICY',
    `the cluster '${cluster.node.path}' belongs to account ${owner}, and the connection is refused unless its cluster ` +
      `policy lets this account in: call \`cluster.grants.vpcConnections(new iam.AccountPrincipal('${account}'))\` in its ` +
      `stack, or add: ${JSON.stringify(Stack.of(scope).resolve(statement))}`,
  );
}
