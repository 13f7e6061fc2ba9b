import type { Duration } from 'aws-cdk-lib';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import type { IMskCluster } from '../cluster';
import { removalPolicyOf } from '../cluster/cluster';
import { clientGroups, openWay, requireKnown } from '../connect/client-network';
import { ContainerSecret } from '../private/container-secret';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { FargateOptions } from './fargate-options';
import { secretGrant } from '../private/secret-grant';

/** A secret that the container finds in an environment variable. */
export interface TaskSecret {
  readonly secret: secretsmanager.ISecret;
  readonly field: string;
}

/** A service of one container that is a client of an MSK cluster. */
export interface FargateClientOptions extends FargateOptions {
  readonly cluster: IMskCluster;
  /** Of the listener that it connects to. */
  readonly port: number;
  readonly image: ecs.ContainerImage;
  readonly entryPoint?: string[];
  readonly command?: string[];
  readonly environment: Record<string, string>;
  readonly secrets: Record<string, TaskSecret>;
  /** Secrets for which the user vouches. */
  readonly moreSecrets?: Record<string, ecs.Secret>;
  /** None where something scales them. */
  readonly tasks: number | undefined;
  readonly stopTimeout?: Duration;
  /** Whether no two tasks may run at the same time, not even during a deployment. */
  readonly single?: boolean;
  readonly execute?: boolean;
  /** None where IAM has no say. */
  readonly grants: ((grantee: iam.IGrantable) => iam.Grant[]) | undefined;
  /** What has to be there before the first task. */
  readonly after: IDependable[];
}

export interface FargateClient {
  readonly ecsCluster: ecs.ICluster;
  readonly service: ecs.FargateService;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly container: ecs.ContainerDefinition;
  readonly role: iam.IRole;
  readonly logGroup: logs.LogGroup;
  readonly connections: ec2.Connections;
}

/** Makes the service: role, rights, network and log first, tasks when all that is there. */
export function fargateClient(scope: Construct, options: FargateClientOptions): FargateClient {
  const { cluster } = options;
  const role = options.taskRole ?? taskRole(scope);
  const rights = options.grants ? ownRights(scope, role, options.grants) : [];

  const { ecsCluster, vpc, subnets } = placeOf(scope, options);
  const connections = new ec2.Connections({
    securityGroups: clientGroups(scope, 'SecurityGroup', () => vpc, options.securityGroups ?? [ownGroup(scope, vpc)]),
  });
  const way = openWay(scope, connections.securityGroups, cluster, options.port);

  const logGroup = new logs.LogGroup(scope, 'Log', {
    retention: options.logRetention ?? logs.RetentionDays.THREE_MONTHS,
    removalPolicy: removalPolicyOf(cluster) === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  });
  const { taskDefinition, container, rightsToStart } = definition(scope, options, role, logGroup);
  // The service waits for what a task is made of, and that for all that a task needs.
  [...rights, ...rightsToStart].forEach((grant) => grant.applyBefore(taskDefinition));
  taskDefinition.node.addDependency(taskDefinition.executionRole!, cluster.ready, ...options.after, ...way);
  const tasks = new ecs.FargateService(scope, 'Service', {
    cluster: ecsCluster,
    taskDefinition,
    desiredCount: options.tasks,
    vpcSubnets: { subnets },
    securityGroups: connections.securityGroups,
    assignPublicIp: false,
    // A broken image must not keep the deployment waiting for hours, nor stay.
    circuitBreaker: { rollback: true },
    minHealthyPercent: options.single ? 0 : 100,
    maxHealthyPercent: options.single ? 100 : 200,
    availabilityZoneRebalancing: options.single ? ecs.AvailabilityZoneRebalancing.DISABLED : undefined,
    enableExecuteCommand: options.execute,
  });
  return { ecsCluster, service: tasks, taskDefinition, container, role, logGroup, connections };
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#create_task_iam_policy_and_role */
function taskRole(scope: Construct): iam.Role {
  const { account } = Stack.of(scope);
  return new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': Stack.of(scope).formatArn({ service: 'ecs', resource: '*' }) },
      },
    }),
  });
}

function ownRights(scope: Construct, role: iam.IRole, grants: (grantee: iam.IGrantable) => iam.Grant[]): iam.Grant[] {
  const grantee = OwnPolicyPrincipal.redirect(role, 'Policy', scope);
  const rights = grants(grantee);
  if (grantee instanceof OwnPolicyPrincipal && grantee.refused.length) {
    warnNotAdded(scope, role, grantee.refused);
  }
  return rights;
}

function definition(scope: Construct, options: FargateClientOptions, taskRole: iam.IRole, logGroup: logs.ILogGroup) {
  const executionRole = new iam.Role(scope, 'ExecutionRole', {
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  const secrets = [...new Set(Object.values(options.secrets).map(({ secret }) => secret))];
  const rightsToStart = secrets.map((secret) =>
    secretGrant(OwnPolicyPrincipal.redirect(executionRole, 'ExecutionPolicy', scope), secret),
  );
  const cpu = options.cpu ?? 256;
  const taskDefinition = new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
    cpu,
    memoryLimitMiB: options.memoryLimitMiB ?? 2 * cpu,
    runtimePlatform: {
      cpuArchitecture: options.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
      operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
    },
    taskRole,
    executionRole,
  });
  const container = taskDefinition.addContainer('Client', {
    image: options.image,
    entryPoint: options.entryPoint,
    command: options.command,
    environment: options.environment,
    secrets: {
      ...Object.fromEntries(
        Object.entries(options.secrets).map(([name, { secret, field }]) => [name, new ContainerSecret(secret, field)]),
      ),
      ...options.moreSecrets,
    },
    logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: 'kafka', mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
    stopTimeout: options.stopTimeout,
  });
  return { taskDefinition, container, rightsToStart };
}

function placeOf(scope: Construct, options: FargateClientOptions) {
  const { cluster } = options;
  const vpc = options.vpc ?? options.ecsCluster?.vpc ?? requireKnown(scope, cluster, 'vpc', cluster.vpc);
  const subnets =
    options.vpc === undefined && options.ecsCluster === undefined && options.vpcSubnets === undefined
      ? requireKnown(scope, cluster, 'subnets', cluster.subnets)
      : vpc.selectSubnets(options.vpcSubnets).subnets;
  const ecsCluster =
    options.ecsCluster ??
    new ecs.Cluster(scope, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
  return { vpc, subnets, ecsCluster };
}

/** Closed but for what Fargate itself needs: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html */
function ownGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: `Client of Amazon MSK on Fargate: ${scope.node.path}`,
    allowAllOutbound: false,
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'image, logs, secrets, STS');
  return group;
}
