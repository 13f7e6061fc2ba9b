import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { handlerAssetPath } from './assets';

/** The handlers that the package ships; each is a folder of `handlers/`. */
export type HandlerName =
  | 'bootstrap-brokers'
  | 'cluster-operations'
  | 'flink-application-state'
  | 'kafka-admin'
  | 'kafka-admin-dispatcher'
  | 'macie-classification-job'
  | 'macie-custom-data-identifier'
  | 'macie-job-log'
  | 'macie-organization'
  | 'macie-session'
  | 'macie-settings'
  | 'scram-association'
  | 'scram-rotation';

/** What one resource asks of its handler. */
export interface HandledResourceProps {
  readonly handler: HandlerName;

  /** The CloudFormation type, `Custom::…`. */
  readonly resourceType: string;

  readonly properties: Record<string, unknown>;

  /**
   * What the handler may do for this resource; part of a policy that is there before the resource and goes after it. None
   * where all resources share what `handlerRole` was given.
   */
  readonly statements: iam.PolicyStatement[];

  /**
   * How long one run may take; CloudFormation gives up half a minute later instead of after an hour.
   *
   * @default - five minutes
   */
  readonly timeout?: Duration;
}

const TIMEOUT = Duration.minutes(5);

/**
 * A resource that CloudFormation does not have, kept by a handler of ours.
 *
 * Not `Provider` or `AwsCustomResource`: they come with managed policies and wildcard statements.
 */
export class HandledResource extends Construct {
  /** The custom resource; depend on it, not on this construct, to leave the policy out of cycles. */
  public readonly resource: CustomResource;

  constructor(scope: Construct, id: string, props: HandledResourceProps) {
    super(scope, id);
    const timeout = props.timeout ?? TIMEOUT;
    const handler = HandlerFunction.in(Stack.of(this), props.handler);
    this.resource = new CustomResource(this, 'Resource', {
      serviceToken: handler.function.functionArn,
      resourceType: props.resourceType,
      properties: props.properties,
      serviceTimeout: timeout.plus(Duration.seconds(30)),
    });
    if (props.statements.length > 0) {
      const policy = new iam.Policy(this, 'Policy', { roles: [handler.role], statements: props.statements });
      this.resource.node.addDependency(policy);
    }
  }
}

/** The role of a handler in a stack, for a policy that many of its resources share. */
export function handlerRole(scope: Construct, handler: HandlerName): iam.IRole {
  return HandlerFunction.in(Stack.of(scope), handler).role;
}

/** One function per handler and stack, shared by all resources that it keeps; it has no right of its own but its log. */
export class HandlerFunction extends Construct {
  public static in(stack: Stack, handler: HandlerName): HandlerFunction {
    const id = `CdkMskMacie-${handler}`;
    return (stack.node.tryFindChild(id) as HandlerFunction | undefined) ?? new HandlerFunction(stack, id, handler);
  }

  public readonly function: lambda.Function;
  public readonly role: iam.Role;

  private constructor(scope: Construct, id: string, handler: HandlerName) {
    super(scope, id);
    this.function = handlerFunction(this, handler, { timeout: Duration.minutes(15), memorySize: 256 });
    this.role = this.function.role as iam.Role;
  }
}

/**
 * A function of ours with a role and a log of its own.
 *
 * @param statements what it may do besides writing its log, from the moment that it is there
 */
export function handlerFunction(
  scope: Construct,
  handler: HandlerName,
  props: Omit<lambda.FunctionOptions, 'role' | 'logGroup'>,
  statements: iam.PolicyStatement[] = [],
): lambda.Function {
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      Log: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup.logGroupArn],
          }),
          ...statements,
        ],
      }),
    },
  });
  return new lambda.Function(scope, 'Function', {
    ...props,
    description: `cdk-msk-macie: ${handler}`,
    code: lambda.Code.fromAsset(handlerAssetPath(handler)),
    handler: 'index.handler',
    runtime: lambda.determineLatestNodeRuntime(scope),
    role,
    logGroup,
  });
}
