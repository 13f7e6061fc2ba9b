import { ArnFormat, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { requireOnly } from '../../private/singleton';
import { exclusionsFor } from '../excluded-buckets';
import { ResponseFunction } from './response-function';
import { newResponseQueue } from './response-queue';
import { RESPONSE_RULE_PREFIX } from './response-rights';
import { WriteBack } from './write-back';

const NAMESPACE = 'CdkMskMacie/MacieResponse';

/** Whose budget ran out where responses are held. */
export enum HeldReason {
  /** That of one bucket. */
  BUCKET_BUDGET = 'BUCKET',

  /** That of one account. */
  ACCOUNT_BUDGET = 'ACCOUNT',
}

/** What the responses of an account and Region share. */
export interface IResponseHub extends IConstruct {
  /** The ARN of the queue that findings arrive in. */
  readonly queueArn: string;

  /** The ARN of the table of claims. */
  readonly claimsTableArn: string;

  /** The ARN of the table of what was done. */
  readonly ledgerTableArn: string;

  /** The ARN of the role that starts responses. */
  readonly dispatcherRoleArn: string;

  /** The ARN of the role that carries out what people decide. */
  readonly operatorRoleArn: string;

  /** The ARN of the function that tells people. */
  readonly messengerFunctionArn: string;
}

/** A hub that is not in this app. */
export interface ResponseHubAttributes {
  /** The ARN of the queue that findings arrive in. */
  readonly queueArn: string;

  /** The ARN of the table of claims. */
  readonly claimsTableArn: string;

  /** The ARN of the table of what was done. */
  readonly ledgerTableArn: string;

  /** The ARN of the role that starts responses. */
  readonly dispatcherRoleArn: string;

  /** The ARN of the role that carries out what people decide. */
  readonly operatorRoleArn: string;

  /** The ARN of the function that tells people. */
  readonly messengerFunctionArn: string;
}

/** What the responses of an account and Region share, and how much they may do. */
export interface ResponseHubProps {
  /**
   * Where people are told what was done, what waits for approval and what failed.
   *
   * @default - nobody is told; the ledger has it all
   */
  readonly topic?: sns.ITopic;

  /**
   * How many changing actions an hour are carried out in one bucket; beyond it all of them wait until a person resumes.
   *
   * @default 20
   */
  readonly maxActionsPerBucket?: number;

  /**
   * How many changing actions an hour are carried out in one account; beyond it all of them wait until a person resumes.
   *
   * @default 100
   */
  readonly maxActionsPerAccount?: number;

  /**
   * Whether findings that were acted on get a workflow status and a note in Security Hub: `RESOLVED` where what was found
   * is contained, `NOTIFIED` where a person has to look, `NEW` again when a person has it released.
   *
   * Macie has to publish its findings there, see `FindingsPublication`. A status never falls and nothing is suppressed;
   * notes of people stay. Dry runs write nothing.
   *
   * @default false
   * @see https://docs.aws.amazon.com/securityhub/latest/userguide/findings-workflow-status.html
   */
  readonly securityHub?: boolean;
}

/**
 * Receives the findings that responses want, and starts each response once for each version of an object.
 *
 * One in an account and Region, shared by all responses there. It reads each finding again before anything happens,
 * claims what it is about, keeps to a budget and writes a ledger.
 */
@injectable
export class ResponseHub extends Construct implements IResponseHub {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ResponseHub';

  /** Takes the hub of another app, of the same account and Region. */
  public static fromResponseHubAttributes(scope: Construct, id: string, attrs: ResponseHubAttributes): IResponseHub {
    class Import extends Construct implements IResponseHub {
      public readonly queueArn = attrs.queueArn;
      public readonly claimsTableArn = attrs.claimsTableArn;
      public readonly ledgerTableArn = attrs.ledgerTableArn;
      public readonly dispatcherRoleArn = attrs.dispatcherRoleArn;
      public readonly operatorRoleArn = attrs.operatorRoleArn;
      public readonly messengerFunctionArn = attrs.messengerFunctionArn;
    }
    return new Import(scope, id);
  }

  /** Where findings arrive: a message of this queue names a finding and the response that it is for. */
  public readonly queue: sqs.Queue;

  /** Messages that could not be dispatched. */
  public readonly deadLetterQueue: sqs.Queue;

  /** Who does what, what the budget has left, what waits for a person. Retained. */
  public readonly claimsTable: dynamodb.Table;

  /** What was done, by whom, with what was there before and after. Retained, with point-in-time recovery. */
  public readonly ledgerTable: dynamodb.Table;

  /** Starts responses. */
  public readonly dispatcherFunction: lambda.IFunction;

  /** Carries out what people decide. */
  public readonly operatorFunction: lambda.IFunction;

  /** Takes what people decide: approvals, releases, going on after the budget ran out. Only signed calls get in. */
  public readonly operatorUrl: lambda.FunctionUrl;

  /** Rings when a budget ran out, once, until a person resumes and nothing waits any more. */
  public readonly budgetAlarm: cloudwatch.Alarm;

  /** What Security Hub could not be told for some hours, most likely because Macie does not publish there. */
  public readonly securityHubDeadLetterQueue?: sqs.Queue;

  public readonly queueArn: string;
  public readonly claimsTableArn: string;
  public readonly ledgerTableArn: string;
  public readonly dispatcherRoleArn: string;
  public readonly operatorRoleArn: string;
  public readonly messengerFunctionArn: string;

  constructor(scope: Construct, id: string, props: ResponseHubProps = {}) {
    super(scope, id);
    requireOnly(this, 'MACIE-RESPONSE-HUB', 'the response hub of an account and Region', isHub);
    const { maxActionsPerBucket = 20, maxActionsPerAccount = 100, topic } = props;
    requirePositive(this, { maxActionsPerBucket, maxActionsPerAccount });

    this.deadLetterQueue = newResponseQueue(this, 'DeadLetterQueue');
    this.queue = newResponseQueue(this, 'Queue', { deadLetterQueue: this.deadLetterQueue, maxReceiveCount: 8 });
    this.queue.addToResourcePolicy(fromResponseRules(this, this.queue));
    this.claimsTable = newTable(this, 'Claims');
    this.claimsTable.addGlobalSecondaryIndex({
      indexName: 'held',
      partitionKey: { name: 'heldFor', type: dynamodb.AttributeType.STRING },
    });
    this.ledgerTable = newTable(this, 'Ledger');

    const environment = { HUB: this.queue.queueName, CLAIMS_TABLE: this.claimsTable.tableName };
    const writeBack = props.securityHub
      ? new WriteBack(this, 'WriteBack', { environment, claimsTable: this.claimsTable, ledgerTable: this.ledgerTable })
      : undefined;
    this.securityHubDeadLetterQueue = writeBack?.deadLetterQueue;
    const dispatching = {
      ...environment,
      ACCOUNT: Stack.of(this).account,
      BUDGET_PER_BUCKET: String(maxActionsPerBucket),
      BUDGET_PER_ACCOUNT: String(maxActionsPerAccount),
    };
    const claims = this.claimsTable.tableArn;
    const onClaims = (...actions: string[]) =>
      new iam.PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [claims] });
    const readFindings = new iam.PolicyStatement({ actions: ['macie2:GetFindings'], resources: ['*'] }); // knows no resource

    const dispatcher = new ResponseFunction(this, 'Dispatcher', {
      handler: 'macie-response-dispatcher',
      description: 'Claims what Macie findings are about and starts the responses to them',
      environment: {
        ...dispatching,
        ...writeBack?.senderEnvironment,
        // Complete only when the whole app is.
        OWN_BUCKETS: Lazy.string({ produce: () => exclusionsFor(this).bucketNames.join() || undefined }),
      },
      statements: [
        ...(writeBack?.senderStatements ?? []),
        readFindings,
        onClaims('ConditionCheckItem', 'PutItem', 'UpdateItem'),
        new iam.PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          resources: [this.queue.queueArn],
        }),
      ],
    });
    const mapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: dispatcher.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    mapping.node.addDependency(dispatcher);

    const operator = new ResponseFunction(this, 'Operator', {
      handler: 'macie-response-operator',
      description: 'Carries out what people decide about responses to Macie findings',
      environment: dispatching,
      timeout: Duration.minutes(5),
      statements: [
        readFindings,
        onClaims('ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'),
        new iam.PolicyStatement({ actions: ['dynamodb:Query'], resources: [`${claims}/index/held`] }),
        // Know no resource; the token itself is the right.
        new iam.PolicyStatement({ actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'], resources: ['*'] }),
      ],
    });
    this.operatorUrl = operator.function.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });

    const messenger = new ResponseFunction(this, 'Messenger', {
      handler: 'macie-response-messenger',
      description: 'Tells people about responses to Macie findings',
      environment: {
        ...environment,
        LEDGER_TABLE: this.ledgerTable.tableName,
        ...(topic && { TOPIC_ARN: topic.topicArn }),
        ...writeBack?.senderEnvironment,
      },
      statements: [
        ...(writeBack?.senderStatements ?? []),
        onClaims('GetItem', 'UpdateItem'),
        new iam.PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [this.ledgerTable.tableArn] }),
      ],
    });
    topic?.grantPublish(messenger.role);

    this.dispatcherFunction = dispatcher.function;
    this.operatorFunction = operator.function;
    // In a longer period the zero of whoever resumes would drown in what was held just before.
    this.budgetAlarm = this.metric('Held', { period: Duration.minutes(1) }).createAlarm(this, 'BudgetAlarm', {
      alarmDescription: 'Responses to Macie findings wait: a budget ran out. Look into it, then resume',
      threshold: 0,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // Silence is no sign that somebody looked into it.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
    this.queueArn = this.queue.queueArn;
    this.claimsTableArn = claims;
    this.ledgerTableArn = this.ledgerTable.tableArn;
    this.dispatcherRoleArn = dispatcher.role.roleArn;
    this.operatorRoleArn = operator.role.roleArn;
    this.messengerFunctionArn = messenger.function.functionArn;
  }

  /**
   * A metric of the hub, by the outcome that it counts, for example `Started`, `Held`, `DispatchFailed`, `StepREFUSED`.
   *
   * @default - the sum over 5 minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { Hub: this.queue.queueName },
      statistic: 'sum',
      ...options,
    });
  }

  /**
   * How many responses are held for one reason; `metric('Held')` counts both.
   *
   * @default - the sum over 5 minutes
   */
  public metricHeld(reason: HeldReason, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Held', { ...options, dimensionsMap: { Hub: this.queue.queueName, Reason: reason } });
  }
}

function isHub(construct: IConstruct): boolean {
  return construct instanceof ResponseHub;
}

/** EventBridge, for the rules of responses in any stack of the account: each names the finding and its plan. */
function fromResponseRules(scope: Construct, queue: sqs.Queue): iam.PolicyStatement {
  const rules = Stack.of(scope).formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: `${RESPONSE_RULE_PREFIX}*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  return new iam.PolicyStatement({
    actions: ['sqs:SendMessage'],
    principals: [new iam.ServicePrincipal('events.amazonaws.com')],
    resources: [queue.queueArn],
    conditions: { ArnLike: { 'aws:SourceArn': rules } },
  });
}

function newTable(scope: Construct, id: string): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    encryption: dynamodb.TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    timeToLiveAttribute: id === 'Claims' ? 'expires' : undefined,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

function requirePositive(scope: Construct, limits: Record<string, number>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (Number.isInteger(limit) && limit > 0) continue;
    throw validationError('ResponseBudget', `${name} is ${limit}; it has to be a whole number above 0`, scope);
  }
}
