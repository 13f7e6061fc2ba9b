import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { handlerAssetPath } from '../../private/assets';

export interface ResponseFunctionProps {
  readonly handler: string;
  readonly description: string;
  readonly environment: Record<string, string>;

  /** All that the function may do beside writing its log. */
  readonly statements: iam.PolicyStatement[];
  readonly timeout?: Duration;
  readonly roleName?: string;
}

/** A function with a role, a log group and a policy of its own. */
export class ResponseFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: ResponseFunctionProps) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.role = new iam.Role(this, 'Role', {
      roleName: props.roleName,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Log: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    const policy = new iam.Policy(this, 'Policy', { roles: [this.role], statements: props.statements });
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      code: lambda.Code.fromAsset(handlerAssetPath(props.handler)),
      handler: 'index.handler',
      runtime: lambda.determineLatestNodeRuntime(this),
      role: this.role,
      logGroup,
      environment: props.environment,
      memorySize: 256,
      timeout: props.timeout ?? Duration.minutes(1),
    });
    this.function.node.addDependency(policy);
  }
}
