import { Duration, Stack } from 'aws-cdk-lib';
import type { CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { arnInCluster } from '../private/arn';
import { HandledResource, handlerFunction, handlerRole } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { INTERFACE_ACTIONS } from '../private/function-interfaces';
import { ADMINISTER, ALTER_CLUSTER } from '../private/kafka-actions';
import { acceptIdentity } from './client-identity';
import type { IMskCluster } from './cluster';

/** Something inside a cluster that only a Kafka client can make. */
export interface AdministeredProps {
  /** The CloudFormation type, `Custom::…`. */
  readonly resourceType: string;

  /** What the handler is told besides how to reach the brokers. */
  readonly properties: Record<string, unknown>;

  /** What the Kafka client has to be allowed. */
  readonly rights: AdminRights;
}

/** What a Kafka client may be allowed: once for all resources of a kind. */
export enum AdminRights {
  /** To create, change and delete topics. */
  TOPICS = 'Topics',

  /** To create and delete ACLs. */
  ACLS = 'Acls',

  /** To move partitions of any topic. */
  REASSIGNMENT = 'Reassignment',
}

/** Longer than a broker takes to come back; below what the dispatcher waits for. */
const TIMEOUT = Duration.minutes(4);

/**
 * The Kafka client of one cluster and stack: a function in the VPC of the cluster that reaches the brokers and nothing
 * else. CloudFormation talks to a second function, outside the VPC, which asks the first.
 *
 * It connects by IAM, to which no ACL applies: it works before there is any, and where all others are shut out.
 */
export class KafkaAdmin extends Construct {
  /** The one for a cluster in the stack of `scope`, whoever asks first. */
  public static of(scope: Construct, cluster: IMskCluster): KafkaAdmin {
    const stack = Stack.of(scope);
    const id = `CdkMskMacie-kafka-admin-${cluster.node.addr.slice(-8)}`;
    return (stack.node.tryFindChild(id) as KafkaAdmin | undefined) ?? new KafkaAdmin(stack, id, cluster, scope);
  }

  private readonly function: lambda.Function;
  private readonly role: iam.Role;

  private constructor(
    scope: Construct,
    id: string,
    private readonly cluster: IMskCluster,
    user: Construct,
  ) {
    super(scope, id);
    const { port } = acceptIdentity(user, cluster);
    const { vpc, subnets, securityGroups } = requireNetwork(user, cluster);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Kafka client of the stack, to ${cluster.node.id}`,
      allowAllOutbound: false,
    });
    this.function = handlerFunction(
      this,
      'kafka-admin',
      {
        vpc,
        vpcSubnets: { subnets },
        securityGroups: [securityGroup],
        allowPublicSubnet: true, // It wants no way out.
        timeout: TIMEOUT,
        memorySize: 512,
      },
      [new iam.PolicyStatement({ actions: INTERFACE_ACTIONS, resources: ['*'] })],
    );
    this.role = this.function.role as iam.Role;
    for (const [index, brokers] of securityGroups.entries()) {
      const rule = { ipProtocol: ec2.Protocol.TCP, fromPort: port, toPort: port };
      new ec2.CfnSecurityGroupEgress(this, `Egress${index}`, {
        ...rule,
        groupId: securityGroup.securityGroupId,
        destinationSecurityGroupId: brokers.securityGroupId,
      });
      new ec2.CfnSecurityGroupIngress(this, `Ingress${index}`, {
        ...rule,
        groupId: brokers.securityGroupId,
        sourceSecurityGroupId: securityGroup.securityGroupId,
        description: 'Kafka client of a stack',
      });
    }
    new iam.Policy(this, 'Dispatch', {
      roles: [handlerRole(this, 'kafka-admin-dispatcher')],
      statements: [
        new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] }),
        // Whether an update is being rolled back, where partitions would have to shrink.
        new iam.PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [Stack.of(this).stackId] }),
      ],
    });
  }

  /** Adds a resource that the client makes, changes and deletes. */
  public administer(scope: Construct, id: string, props: AdministeredProps): CustomResource {
    this.allow(props.rights);
    const { resource } = new HandledResource(scope, id, {
      handler: 'kafka-admin-dispatcher',
      resourceType: props.resourceType,
      properties: {
        Function: this.function.functionName,
        ClusterArn: this.cluster.clusterArn,
        Brokers: this.cluster.bootstrapBrokers.forIdentity(),
        ...props.properties,
      },
      statements: [],
      timeout: Duration.minutes(12),
    });
    // Everything that it takes to reach the brokers is there before, and goes after.
    resource.node.addDependency(this, this.cluster.ready);
    return resource;
  }

  /** The function itself, for who asks it without CloudFormation. */
  public client(rights: AdminRights): lambda.IFunction {
    this.allow(rights);
    return this.function;
  }

  /**
   * The rights name the cluster, not each topic. A topic that was renamed or whose creation is rolled back is deleted when
   * its name has left the template, and all policies of a role have no more than 10,240 characters.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
   */
  private allow(rights: AdminRights): void {
    if (this.node.tryFindChild(rights)) {
      return;
    }
    const { clusterArn } = this.cluster;
    const onCluster = (actions: string[]) => new iam.PolicyStatement({ actions, resources: [clusterArn] });
    const onTopics = (actions: string[]) =>
      new iam.PolicyStatement({ actions, resources: [arnInCluster(clusterArn, 'topic', '*')] });
    const statements = {
      [AdminRights.TOPICS]: [onCluster(ADMINISTER.cluster), onTopics(ADMINISTER.topic)],
      [AdminRights.ACLS]: [onCluster(ALTER_CLUSTER)],
      [AdminRights.REASSIGNMENT]: [onCluster(ALTER_CLUSTER), onTopics(['kafka-cluster:DescribeTopic'])],
    }[rights];
    new iam.Policy(this, rights, { roles: [this.role], statements });
  }
}

function requireNetwork(
  scope: Construct,
  { node, vpc, subnets, connections: { securityGroups } }: IMskCluster,
): { vpc: ec2.IVpc; subnets: ec2.ISubnet[]; securityGroups: ec2.ISecurityGroup[] } {
  if (vpc === undefined || subnets === undefined || securityGroups.length === 0) {
    const unknown = Object.entries({ vpc, subnets, securityGroups: securityGroups[0] })
      .filter(([, value]) => value === undefined)
      .map(([name]) => `\`${name}\``);
    throw validationError(
      'ClusterNetworkUnknown',
      `a Kafka client has to reach the brokers of '${node.path}', whose ${unknown.join(', ')} nobody knows: give ` +
        `${unknown.length > 1 ? 'them' : 'it'} to MskCluster.fromClusterAttributes()`,
      scope,
    );
  }
  return { vpc, subnets, securityGroups };
}
