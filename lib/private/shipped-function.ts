import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { handlerAssetPath } from './assets';

/** Functions of the package that work by themselves, not for CloudFormation; each is a folder of `handlers/`. */
export type FunctionName =
  | 'finding-canary'
  | 'finding-digest'
  | 'finding-messages'
  | 'finding-reconciliation'
  | 'job-status-events'
  | 'macie-coverage';

export interface ShippedFunctionProps {
  readonly handler: FunctionName;
  readonly environment: Record<string, string>;

  /** What the function may do, beside writing its log. */
  readonly statements: iam.PolicyStatement[];

  /** @default - one minute */
  readonly timeout?: Duration;

  /** Whether what fails for good when it was invoked without waiting goes to a queue. */
  readonly keepsFailures?: boolean;
}

/** One function of the package with a role and a log of its own. */
export class ShippedFunction extends Construct {
  public readonly function: lambda.Function;

  /** What the function failed to work off. */
  public readonly failures?: sqs.Queue;

  constructor(scope: Construct, id: string, props: ShippedFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failures = props.keepsFailures ? failuresOf(this) : undefined;
    const statements = [
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
      ...(this.failures
        ? [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.failures.queueArn] })]
        : []),
      ...props.statements,
    ];
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Work: new iam.PolicyDocument({ statements }) },
    });
    this.function = new lambda.Function(this, 'Function', {
      description: `cdk-msk-macie: ${props.handler}`,
      code: lambda.Code.fromAsset(handlerAssetPath(props.handler)),
      handler: 'index.handler',
      runtime: lambda.determineLatestNodeRuntime(this),
      // Nothing is granted to it later: the role says all that the function may do.
      role: role.withoutPolicyUpdates(),
      logGroup,
      environment: props.environment,
      memorySize: 256,
      timeout: props.timeout ?? Duration.minutes(1),
      // Lambda hands over an event that it has tried three times.
      onFailure: this.failures && { bind: () => ({ destination: this.failures!.queueArn }) },
    });
  }
}

function failuresOf(scope: Construct): sqs.Queue {
  return new sqs.Queue(scope, 'Failures', {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}
