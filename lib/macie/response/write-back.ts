import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ResponseFunction } from './response-function';
import { newResponseQueue } from './response-queue';

export interface WriteBackProps {
  readonly environment: Record<string, string>;
  readonly claimsTable: dynamodb.Table;
  readonly ledgerTable: dynamodb.Table;
}

/**
 * Tells Security Hub how cases ended.
 *
 * By a queue, because a finding gets there some time after it got here: a message comes again for three hours.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
 */
export class WriteBack extends Construct {
  public readonly deadLetterQueue: sqs.Queue;
  public readonly senderEnvironment: Record<string, string>;
  public readonly senderStatements: iam.PolicyStatement[];

  constructor(scope: Construct, id: string, { environment, claimsTable, ledgerTable }: WriteBackProps) {
    super(scope, id);
    this.deadLetterQueue = newResponseQueue(this, 'DeadLetterQueue');
    const queue = newResponseQueue(this, 'Queue', {
      deadLetterQueue: this.deadLetterQueue,
      maxReceiveCount: 30,
      deliveryDelay: Duration.minutes(1),
    });
    const writer = new ResponseFunction(this, 'Writer', {
      handler: 'macie-response-write-back',
      description: 'Tells Security Hub how responses to Macie findings ended',
      environment: { ...environment, LEDGER_TABLE: ledgerTable.tableName },
      statements: [
        new iam.PolicyStatement({
          actions: ['dynamodb:GetItem'],
          resources: [claimsTable.tableArn, ledgerTable.tableArn],
        }),
        ...securityHubStatements(this),
        new iam.PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          resources: [queue.queueArn],
        }),
      ],
    });
    const mapping = new lambda.EventSourceMapping(this, 'Mapping', {
      target: writer.function,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      maxConcurrency: 2, // Security Hub answers three times a second
      reportBatchItemFailures: true,
    });
    mapping.node.addDependency(writer);
    this.senderEnvironment = { WRITE_BACK_QUEUE: queue.queueUrl };
    this.senderStatements = [new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] })];
  }
}

/**
 * Reading, and giving a status that suppresses nothing.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/batchupdatefindings-configure-access.html
 */
function securityHubStatements(scope: Construct): iam.PolicyStatement[] {
  const resources = [
    Stack.of(scope).formatArn({
      service: 'securityhub',
      resource: 'hub',
      resourceName: 'default',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }),
  ];
  return [
    new iam.PolicyStatement({ actions: ['securityhub:GetFindings'], resources }),
    new iam.PolicyStatement({
      actions: ['securityhub:BatchUpdateFindings'],
      resources,
      conditions: { StringEquals: { 'securityhub:ASFFSyntaxPath/Workflow.Status': ['NEW', 'NOTIFIED', 'RESOLVED'] } },
    }),
  ];
}
