import { Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { schedule } from './scheduled-function';
import type { FindingRule } from '../finding-rule';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { ShippedFunction } from '../../private/shipped-function';

const NAMESPACE = 'CdkMskMacie/Reconciliation';

/** Which findings are looked for, and how often. */
export interface FindingReconciliationProps {
  /**
   * Rules whose findings are looked for, in the stack of the reconciliation.
   *
   * Their queues get what the rules send them; targets of other kinds are passed over.
   */
  readonly rules: FindingRule[];

  /**
   * How often Macie is asked, from 15 minutes to a day.
   *
   * @default Duration.hours(1)
   */
  readonly interval?: Duration;
}

/**
 * Finds the findings that EventBridge did not deliver: Macie is asked for all since the last look, and they go to the
 * queues of the rules as if they had arrived.
 *
 * Macie publishes by best effort. What was delivered comes once more, so whoever reads the queues has to act on a finding
 * once, as the hub of responses does. Macie keeps 100,000 findings of a run and 5 percent of the rest.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-macie.html
 * @see https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
 */
@injectable
export class FindingReconciliation extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingReconciliation';

  private readonly interval: Duration;

  constructor(scope: Construct, id: string, props: FindingReconciliationProps) {
    super(scope, id);
    this.interval = props.interval ?? Duration.hours(1);
    const table = new dynamodb.Table(this, 'Watermark', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY, // a time; a new one looks a day back
    });
    const worker = new ShippedFunction(this, 'Worker', {
      handler: 'finding-reconciliation',
      environment: { NAMESPACE, TABLE_NAME: table.tableName },
      statements: [
        new iam.PolicyStatement({ actions: ['macie2:GetFindings', 'macie2:ListFindings'], resources: ['*'] }),
        new iam.PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], resources: [table.tableArn] }),
        new iam.PolicyStatement({
          actions: ['sqs:SendMessage'],
          resources: Lazy.list({
            produce: () => [...new Set(routesOf(this, props.rules).map(({ queueArn }) => queueArn))],
          }),
        }),
      ],
      timeout: Duration.minutes(14),
    });
    const routes = Lazy.any({ produce: () => routesOf(this, props.rules) });
    schedule(this, worker, this.interval, events.RuleTargetInput.fromObject({ routes }));
    this.node.addValidation({
      validate: () =>
        routesOf(this, props.rules).length > 0
          ? []
          : [
              'FindingReconciliationWithoutQueue: none of the rules has a queue as target; add one, or leave the reconciliation out',
            ],
    });
  }

  /**
   * How many findings were sent once more, delivered or not.
   *
   * @default - the sum over 5 minutes
   */
  public metricReconciled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName: 'FindingsReconciled',
      statistic: 'Sum',
      ...options,
    });
  }

  /** An alarm when Macie was not asked in two intervals. */
  public createSilenceAlarm(id: string): cloudwatch.Alarm {
    const done = new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName: 'ReconciliationDone',
      statistic: 'Sum',
      period: this.interval,
    });
    return done.createAlarm(this, id, {
      alarmDescription: 'Findings of Macie are not reconciled',
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 2,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

interface Route {
  readonly detail?: unknown;
  readonly queueArn: string;
  readonly template?: string;
  readonly paths?: unknown;
}

/** What the rules send to queues, read from the rules themselves: whatever is added to them later counts. */
function routesOf(scope: Construct, rules: FindingRule[]): Route[] {
  return rules.flatMap(({ rule }) => {
    if (Stack.of(rule) !== Stack.of(scope)) {
      throw validationError(
        'FindingReconciliationStack',
        `${rule.node.path} is in another stack; reconcile it there`,
        scope,
      );
    }
    const resource = rule.node.defaultChild as events.CfnRule;
    const stack = Stack.of(scope);
    const { detail } = (stack.resolve(resource.eventPattern) ?? {}) as { readonly detail?: unknown };
    const targets = (stack.resolve(resource.targets) ?? []) as events.CfnRule.TargetProperty[];
    return targets
      .filter(({ arn }) => isQueue(scope, arn))
      .map(({ arn, inputTransformer }) => {
        const { inputTemplate, inputPathsMap } = (inputTransformer ??
          {}) as Partial<events.CfnRule.InputTransformerProperty>;
        return { detail, queueArn: arn, template: inputTemplate, paths: inputPathsMap };
      });
  });
}

/** By the resource that the ARN refers to, or by the ARN itself. */
function isQueue(scope: Construct, arn: unknown): boolean {
  if (typeof arn === 'string' && !Token.isUnresolved(arn)) return arn.split(':')[2] === 'sqs';
  const reference = JSON.stringify(Stack.of(scope).resolve(arn));
  const id = /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(reference)?.[1];
  const resource = Stack.of(scope)
    .node.findAll()
    .find((one) => 'logicalId' in one && Stack.of(scope).resolve(one.logicalId) === id);
  return (resource as { readonly cfnResourceType?: string } | undefined)?.cfnResourceType === 'AWS::SQS::Queue';
}
