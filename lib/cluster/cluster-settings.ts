import { createHash } from 'crypto';
import { CfnWaitCondition, CfnWaitConditionHandle, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as msk from 'aws-cdk-lib/aws-msk';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { HandledResource, HandlerFunction } from '../private/custom-resource';

/** Settings that the service refuses at creation, in its own words; what is left out stays as it is. */
export interface LateSettings {
  readonly NetworkType?: string;
  readonly VpcConnectivity?: string[];
  readonly PublicAccess?: string;
}

/** CloudFormation waits no longer. */
const TWELVE_HOURS = '43200';

/**
 * Brings a cluster's settings about once the cluster is there.
 *
 * Each takes the service up to an hour, longer than CloudFormation holds a custom resource. A state machine looks at the
 * cluster once a minute and changes one setting at a time; in the end it signals the wait condition, on which everything
 * that needs the cluster depends.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
 */
export class ClusterSettings extends Construct {
  /** What waits for the operations before. */
  public readonly begins: Construct;

  /** What the operations after it wait for. */
  public readonly ends: Construct;

  constructor(scope: Construct, id: string, cluster: msk.CfnCluster, settings: LateSettings) {
    super(scope, id);
    const { stateMachineArn } = SettingsMachine.in(Stack.of(this));
    // A handle takes one signal: each change needs another one, and so does a cluster that is replaced.
    const change = hashOf(this, { settings, createOnly: createOnly(cluster) });
    const handle = new CfnWaitConditionHandle(this, `Handle${change}`);
    const start = new HandledResource(this, 'Start', {
      handler: 'cluster-operations',
      resourceType: 'Custom::MskClusterSettings',
      properties: {
        ClusterArn: cluster.attrArn,
        StateMachineArn: stateMachineArn,
        Handle: handle.logicalId,
        Settings: settings,
      },
      statements: statementsFor(cluster, settings, stateMachineArn),
    });
    start.resource.node.addDependency(handle);
    const done = new CfnWaitCondition(this, `Done${change}`, { handle: handle.ref, timeout: TWELVE_HOURS, count: 1 });
    done.node.addDependency(start.resource);
    this.begins = start.resource;
    this.ends = done;
  }
}

function statementsFor(
  cluster: msk.CfnCluster,
  { PublicAccess }: LateSettings,
  stateMachineArn: string,
): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: ['kafka:DescribeClusterV2', 'kafka:ListClusterOperations'],
      resources: [cluster.attrArn],
    }),
    new iam.PolicyStatement({
      actions: ['kafka:UpdateConnectivity'],
      resources: [cluster.attrArn],
      // Where nobody asked for it, the function can not open the cluster to the internet.
      conditions:
        PublicAccess === 'SERVICE_PROVIDED_EIPS'
          ? undefined
          : { BoolIfExists: { 'kafka:publicAccessEnabled': 'false' } },
    }),
    // The service looks at the subnets in the name of the caller; EC2 knows no resource for that.
    new iam.PolicyStatement({ actions: ['ec2:DescribeRouteTables', 'ec2:DescribeSubnets'], resources: ['*'] }),
    new iam.PolicyStatement({
      actions: ['cloudformation:DescribeStackResource'],
      resources: [Stack.of(cluster).stackId],
    }),
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
  ];
}

/** What replaces the cluster when it changes: its ARN is a reference, which stays the same. */
function createOnly(cluster: msk.CfnCluster): unknown {
  return [cluster.clusterName, cluster.brokerNodeGroupInfo, cluster.encryptionInfo];
}

function hashOf(scope: Construct, content: unknown): string {
  const text = JSON.stringify(Stack.of(scope).resolve(content));
  return createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase();
}

/** One state machine for the clusters of a stack: it asks the function to look at a cluster until that is done. */
class SettingsMachine extends Construct {
  public static in(stack: Stack): SettingsMachine {
    const id = 'CdkMskMacie-cluster-settings';
    return (stack.node.tryFindChild(id) as SettingsMachine | undefined) ?? new SettingsMachine(stack, id);
  }

  public readonly stateMachineArn: string;

  private constructor(stack: Stack, id: string) {
    super(stack, id);
    const { functionArn } = HandlerFunction.in(stack, 'cluster-operations').function;
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: {
        Invoke: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] })],
        }),
      },
    });
    const machine = new sfn.CfnStateMachine(this, 'Resource', {
      roleArn: role.roleArn,
      definitionString: stack.toJsonString(definition(functionArn, stack.partition)),
    });
    this.stateMachineArn = machine.attrArn;
  }
}

/** Nothing but the function decides what is done, so that it alone has to be tested. */
function definition(functionArn: string, partition: string): object {
  const call = {
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: { FunctionName: functionArn, 'Payload.$': '$' },
    OutputPath: '$.Payload',
    // Long enough for the role of the state machine, which is as young as itself, to become known.
    Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, MaxAttempts: 6, BackoffRate: 2, MaxDelaySeconds: 120 }],
  };
  return {
    Comment: 'Settings that Amazon MSK refuses when a cluster is created',
    StartAt: 'Look',
    States: {
      Look: {
        ...call,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.Failure', Next: 'GiveUp' }],
        Next: 'Done?',
      },
      'Done?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.Done', BooleanEquals: true, Next: 'Done' }],
        Default: 'Wait',
      },
      Wait: { Type: 'Wait', Seconds: 60, Next: 'Look' },
      GiveUp: { ...call, Next: 'Done' },
      Done: { Type: 'Succeed' },
    },
  };
}
