import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { AwsError } from '../shared/aws-errors';
import { fromItem, toItem } from '../shared/response-table';
import type { Item } from '../shared/response-table';
import { idOf } from './upload';
import type { Upload } from './upload';

/** Uploads that one job scans. */
export interface Batch {
  readonly id: string;
  readonly since: number;

  /** Nothing more gets in: its job is there, or about to be. */
  readonly sealed?: number;
  readonly jobId?: string;

  /** When its job was first seen to be over. */
  readonly ended?: number;

  /** What it holds back, for the message about it. */
  readonly found?: number;
  readonly unread?: number;
}

/** `FOUND`: sensitive data. `UNREAD`: Macie could not read it, or not to its end. `TAGS`: there is no room for a tag. */
export type HeldFor = 'FOUND' | 'UNREAD' | 'TAGS';

/** An upload that is not decided yet. */
export interface Member extends Upload {
  readonly at: number;

  /** How many jobs have said nothing about it. */
  readonly attempts: number;
}

/** How jobs are rationed. */
interface Ration {
  readonly day: string;
  readonly jobs: number;
  readonly at: number;
}

const BATCHES = 'batch';
const AGAIN = 'again';
const HELD = 'held';
const RATION = { pk: 'ration', sk: 'jobs' };

/** Macie creates one job in ten seconds. https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html */
const BETWEEN_JOBS = 10_000;

const inBatch = (batch: string) => `in#${batch}`;
const dayOf = (now: number) => new Date(now).toISOString().slice(0, 10);

/** What waits, in which batch, and what is held: every row is written before the tag that it stands for. */
export class GateTable {
  public constructor(
    private readonly client: Pick<DynamoDBClient, 'send'>,
    private readonly name: string,
  ) {}

  public async batches(): Promise<Batch[]> {
    const rows = await this.query<Batch & { sk: string }>(BATCHES);
    return rows.map((row) => ({ ...row, id: row.sk })).sort((a, b) => a.since - b.since);
  }

  public async open(id: string, since: number): Promise<Batch> {
    const row = { pk: BATCHES, sk: id, since };
    await this.client.send(new PutItemCommand({ TableName: this.name, Item: toItem(row) }));
    return { id, since };
  }

  public members(batch: string): Promise<Member[]> {
    return this.query(inBatch(batch));
  }

  public again(most?: number): Promise<Member[]> {
    return this.query(AGAIN, most);
  }

  public held(): Promise<Member[]> {
    return this.query(HELD);
  }

  public async isHeld(upload: Upload): Promise<boolean> {
    return this.has(HELD, upload);
  }

  /** Whether a batch has the upload, or the next one will. */
  public async isWaiting(batch: string, upload: Upload): Promise<boolean> {
    return (await this.has(inBatch(batch), upload)) || (await this.has(AGAIN, upload));
  }

  /** @returns whether the batch still took them */
  public admit(batch: string, members: Member[]): Promise<boolean> {
    return this.write([this.whileOpen(batch), ...members.map((member) => this.put(inBatch(batch), member))]);
  }

  public readmit(batch: string, member: Member): Promise<boolean> {
    return this.write([this.whileOpen(batch), this.put(inBatch(batch), member), this.delete(AGAIN, member)]);
  }

  public repeat(batch: string, member: Member): Promise<boolean> {
    return this.write([this.put(AGAIN, member), this.delete(inBatch(batch), member)]);
  }

  public async drop(batch: string | undefined, upload: Upload): Promise<void> {
    await this.remove(batch === undefined ? AGAIN : inBatch(batch), upload);
  }

  /** Counted in its batch with the same write, so that the message about the batch has it once. */
  public hold(batch: string, member: Member, reason: HeldFor): Promise<boolean> {
    return this.write([
      this.put(HELD, member, reason),
      // What has no room for a tag never was in a batch.
      ...(reason === 'TAGS' ? [] : [this.delete(inBatch(batch), member)]),
      {
        Update: {
          TableName: this.name,
          Key: toItem({ pk: BATCHES, sk: batch }),
          UpdateExpression: 'ADD #count :one',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeNames: { '#count': reason === 'FOUND' ? 'found' : 'unread' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    ]);
  }

  public async forget(upload: Upload): Promise<void> {
    await this.remove(HELD, upload);
  }

  /** How far a search of the bucket has come: one that was cut off goes on there. */
  public async searchedTo(prefix: string): Promise<Partial<Upload> | undefined> {
    const { Item: row } = await this.client.send(
      new GetItemCommand({ TableName: this.name, Key: searchOf(prefix), ConsistentRead: true }),
    );
    return row && fromItem<Partial<Upload>>(row);
  }

  public async searched(prefix: string, to: Partial<Upload> | undefined): Promise<void> {
    const row = { TableName: this.name, Item: { ...searchOf(prefix), ...toItem(to ?? {}) } };
    await (to
      ? this.client.send(new PutItemCommand(row))
      : this.client.send(new DeleteItemCommand({ TableName: this.name, Key: searchOf(prefix) })));
  }

  /** What keeps a job from being made now. */
  public async mayStart(now: number, isNew: boolean, mostPerDay: number): Promise<'yes' | 'soon' | 'tomorrow'> {
    const ration = await this.ration();
    if (now - (ration?.at ?? 0) < BETWEEN_JOBS) return 'soon';
    return isNew && ration?.day === dayOf(now) && ration.jobs >= mostPerDay ? 'tomorrow' : 'yes';
  }

  /** Seals a batch and takes a job of the day for it, once; and at most once in ten seconds for all batches. */
  public async takeTurn({ id, sealed }: Batch, now: number, mostPerDay: number): Promise<boolean> {
    if ((await this.mayStart(now, !sealed, mostPerDay)) !== 'yes') return false;
    const last = await this.ration();
    const jobs = (last?.day === dayOf(now) ? last.jobs : 0) + (sealed ? 0 : 1);
    return this.write([
      {
        Put: {
          TableName: this.name,
          Item: toItem({ ...RATION, day: dayOf(now), jobs, at: now }),
          ...(last
            ? {
                ConditionExpression: '#at = :at AND jobs = :jobs',
                ExpressionAttributeNames: { '#at': 'at' },
                ExpressionAttributeValues: { ':at': { N: String(last.at) }, ':jobs': { N: String(last.jobs) } },
              }
            : { ConditionExpression: 'attribute_not_exists(pk)' }),
        },
      },
      {
        Update: {
          TableName: this.name,
          Key: toItem({ pk: BATCHES, sk: id }),
          UpdateExpression: 'SET sealed = :now',
          ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(jobId)',
          ExpressionAttributeValues: { ':now': { N: String(now) } },
        },
      },
    ]);
  }

  public async started(batch: string, jobId: string): Promise<void> {
    await this.set(batch, 'jobId', { S: jobId });
  }

  public async ended(batch: string, now: number): Promise<void> {
    await this.set(batch, 'ended', { N: String(now) });
  }

  public async close(batch: string): Promise<void> {
    const Key = toItem({ pk: BATCHES, sk: batch });
    await this.client.send(new DeleteItemCommand({ TableName: this.name, Key }));
  }

  private async remove(pk: string, upload: Upload): Promise<void> {
    await this.client.send(new DeleteItemCommand({ TableName: this.name, Key: keyOf(pk, upload) }));
  }

  private async set(batch: string, name: 'jobId' | 'ended', value: Item[string]): Promise<void> {
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.name,
        Key: toItem({ pk: BATCHES, sk: batch }),
        UpdateExpression: `SET ${name} = :value`,
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':value': value },
      }),
    );
  }

  private async ration(): Promise<Ration | undefined> {
    const { Item: row } = await this.client.send(
      new GetItemCommand({ TableName: this.name, Key: toItem(RATION), ConsistentRead: true }),
    );
    return row && fromItem<Ration>(row);
  }

  private async has(pk: string, upload: Upload): Promise<boolean> {
    const { Item: row } = await this.client.send(
      new GetItemCommand({ TableName: this.name, Key: keyOf(pk, upload), ConsistentRead: true }),
    );
    return row !== undefined;
  }

  private async query<T>(pk: string, most = Infinity): Promise<T[]> {
    const rows: T[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.name,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: pk } },
          ExclusiveStartKey,
        }),
      );
      rows.push(...(page.Items ?? []).map((row) => fromItem<T>(row)));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey && rows.length < most);
    return rows.slice(0, most);
  }

  private put(pk: string, { key, versionId, at, attempts }: Member, reason?: HeldFor): TransactWriteItem {
    const row = { pk, sk: idOf({ key, versionId }), key, versionId, at, attempts, reason };
    return { Put: { TableName: this.name, Item: toItem(row) } };
  }

  private delete(pk: string, upload: Upload): TransactWriteItem {
    return { Delete: { TableName: this.name, Key: keyOf(pk, upload), ConditionExpression: 'attribute_exists(pk)' } };
  }

  private whileOpen(batch: string): TransactWriteItem {
    return {
      ConditionCheck: {
        TableName: this.name,
        Key: toItem({ pk: BATCHES, sk: batch }),
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(sealed)',
      },
    };
  }

  /** All or nothing; false where somebody else was faster. */
  private async write(TransactItems: TransactWriteItem[]): Promise<boolean> {
    try {
      await this.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return true;
    } catch (error) {
      if ((error as AwsError).name === 'TransactionCanceledException') return false;
      throw error;
    }
  }
}

/** No key may be empty. */
function searchOf(prefix: string): Item {
  return toItem({ pk: 'search', sk: `from ${prefix}` });
}

function keyOf(pk: string, upload: Upload): Item {
  return toItem({ pk, sk: idOf(upload) });
}
