import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { fromItem, toItem } from './response-table';

/**
 * `INTENDED`: about to be changed, or nobody knows whether it was. `WOULD_CHANGE`: a dry run. `GONE`, `REPLACED`: the
 * object of the finding is not there any more, or another one is in its place. `REFUSED`: a person has to look.
 */
export type StepOutcome = 'INTENDED' | 'CHANGED' | 'UNCHANGED' | 'WOULD_CHANGE' | 'GONE' | 'REPLACED' | 'REFUSED';

export type Phase = 'APPLY' | 'UNDO';

/** What one step of a case did, or would have done. */
export interface LedgerEntry {
  readonly id: string;
  readonly caseId: string;
  readonly step: number;
  readonly phase: Phase;
  readonly action: string;
  readonly mode: string;
  readonly outcome: StepOutcome;
  readonly reason?: string;

  /** What was there before, as far as a step may change it: settings and tags, never content. JSON. */
  readonly before?: string;

  /** What is there now. JSON. */
  readonly after?: string;

  readonly response: string;
  readonly findingId: string;
  readonly accountId: string;
  readonly region: string;
  readonly bucket: string;
  readonly key?: string;
  readonly versionId?: string;
  readonly etag?: string;

  /** The role that the step works with. */
  readonly actor: string;

  /** Whoever approved the step, or asked for its release. */
  readonly approver?: string;

  readonly at: string;
}

export function entryId(caseId: string, step: number, phase: Phase): string {
  return `${caseId}#${step}#${phase}`;
}

/** One row for each step of a case and for its release; rows are never deleted from here. */
export class Ledger {
  constructor(
    private readonly client: Pick<DynamoDBClient, 'send'>,
    private readonly table: string,
  ) {}

  async find(id: string): Promise<LedgerEntry | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: { id: { S: id } }, ConsistentRead: true }),
    );
    return Item && fromItem<LedgerEntry>(Item);
  }

  /** Writes an entry that is not there yet; the one that is there stays, and is returned. */
  async open(entry: LedgerEntry): Promise<LedgerEntry> {
    try {
      await this.client.send(
        new PutItemCommand({
          TableName: this.table,
          Item: toItem(entry),
          ConditionExpression: 'attribute_not_exists(id)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return entry;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException && error.Item) return fromItem<LedgerEntry>(error.Item);
      throw error;
    }
  }

  /** Says how it ended, once. */
  async close(id: string, outcome: StepOutcome, reason?: string, after?: string): Promise<void> {
    const values = { ':outcome': { S: outcome }, ':intended': { S: 'INTENDED' } };
    const more = [
      ...(reason === undefined ? [] : ([['reason', reason]] as const)),
      ...(after === undefined ? [] : ([['after', after]] as const)),
    ];
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: { id: { S: id } },
          UpdateExpression: ['SET outcome = :outcome', ...more.map(([name]) => `#${name} = :${name}`)].join(', '),
          ConditionExpression: 'outcome = :intended',
          ExpressionAttributeNames:
            more.length === 0 ? undefined : Object.fromEntries(more.map(([name]) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ...values,
            ...Object.fromEntries(more.map(([name, value]) => [`:${name}`, { S: value }])),
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error; // it was closed already
    }
  }
}
