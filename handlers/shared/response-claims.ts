import { createHash } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { AttributeValue, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Clock } from './clock';
import type { Case, CaseStatus, Target } from './response-case';
import type { Phase } from './response-ledger';
import { fromItem, toItem } from './response-table';

/** How many changing actions an hour are carried out without a person. */
export interface Budget {
  readonly perBucket: number;
  readonly perAccount: number;
}

/** How long a start may take, of a function that lives a minute. */
const LEASE_MS = 90_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Longer than a function can be at an object. */
const LOCK_MS = 16 * 60_000;

export type Claim =
  | { readonly kind: 'TAKEN' }
  | { readonly kind: 'KNOWN'; readonly known: Case }
  | { readonly kind: 'STOPPED'; readonly scope: string }
  | { readonly kind: 'SPENT'; readonly scope: string };

/** What a person said about a case, or is asked. */
export interface Decision {
  /** What the waiting step is answered by. */
  readonly token?: string;
  readonly by?: string;
  readonly answer?: 'APPROVED' | 'REJECTED';
  readonly at?: string;
}

const DECISIONS: Record<Phase, string> = { APPLY: 'approval', UNDO: 'release' };

/** The index of the cases that wait for a person. */
export const HELD_INDEX = 'held';

/**
 * The table of claims: cases, what the budget has left, and where it ran out.
 *
 * A case is never deleted: it is the memory by which a scan that finds the same object again changes nothing.
 */
export class Claims {
  constructor(
    private readonly client: Pick<DynamoDBClient, 'send'>,
    private readonly table: string,
    private readonly clock: Clock,
  ) {}

  async find(id: string): Promise<Case | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ ...this.row(id), ConsistentRead: true }));
    return Item && fromItem<Case>(Item);
  }

  /** Takes a case and what it costs in one step, or neither. */
  async claim(wanted: Case, changes: number, budget: Budget): Promise<Claim> {
    const scopes = scopesOf(wanted);
    const hour = Math.floor(this.clock.now() / HOUR_MS);
    const limits = [budget.perAccount, budget.perBucket];
    const guards: TransactWriteItem[] =
      changes === 0
        ? []
        : [
            ...scopes.map((scope) => ({
              ConditionCheck: { ...this.row(`stop#${scope}`), ConditionExpression: 'attribute_not_exists(id)' },
            })),
            ...scopes.map((scope, i) => ({
              Update: {
                ...this.row(`spent#${scope}#${hour}`),
                UpdateExpression: 'ADD spent :changes SET expires = :expires',
                // More than the whole budget is beyond it from the first hour on.
                ConditionExpression: `${limits[i] < changes ? '' : 'attribute_not_exists(id) OR '}spent <= :left`,
                ExpressionAttributeValues: {
                  ':changes': { N: String(changes) },
                  ':left': { N: String(limits[i] - changes) },
                  ':expires': { N: String((hour + 48) * 3_600) },
                },
              },
            })),
          ];
    try {
      await this.client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { ...this.fresh(wanted), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
            ...guards,
          ],
        }),
      );
      return { kind: 'TAKEN' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      if (reasons[0]?.Item) return { kind: 'KNOWN', known: fromItem<Case>(reasons[0].Item) };
      const refused = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed') - 1;
      if (refused < 0) throw error; // another transaction was at the same rows
      return { kind: refused < scopes.length ? 'STOPPED' : 'SPENT', scope: scopes[refused % scopes.length] };
    }
  }

  /** The budget of a scope ran out: from now on everything waits, whatever the next hour would allow. */
  async stop(scope: string): Promise<void> {
    await unlessRefused(
      this.client.send(
        new PutItemCommand({
          TableName: this.table,
          Item: toItem({ id: `stop#${scope}`, at: this.time() }),
          ConditionExpression: 'attribute_not_exists(id)',
        }),
      ),
    );
  }

  async resume(scope: string): Promise<void> {
    await this.client.send(new DeleteItemCommand(this.row(`stop#${scope}`)));
  }

  /** Keeps a case for the person who resumes; one that somebody else took stays theirs. */
  async hold(wanted: Case, scope: string): Promise<void> {
    await unlessRefused(
      this.client.send(new PutItemCommand(this.fresh({ ...wanted, status: 'HELD', heldFor: scope }))),
    );
  }

  /** Some of the cases that wait for a scope. */
  async held(scope: string): Promise<Case[]> {
    const { Items = [] } = await this.client.send(
      new QueryCommand({
        TableName: this.table,
        IndexName: HELD_INDEX,
        KeyConditionExpression: 'heldFor = :scope',
        ExpressionAttributeValues: { ':scope': { S: scope } },
        Limit: 100,
      }),
    );
    return Items.map((item) => fromItem<Case>(item));
  }

  /** A lease that begins now. */
  lease(): number {
    return this.clock.now() + LEASE_MS;
  }

  /** Whether whoever claimed the case may still be starting it. */
  isBusy({ status, lease }: Case): boolean {
    return status === 'CLAIMED' && lease > this.clock.now();
  }

  /** Takes a case from whoever let the lease run out. */
  async takeOver({ id, lease }: Case): Promise<boolean> {
    return this.change(id, 'SET lease = :lease', 'lease = :old', {
      ':lease': { N: String(this.lease()) },
      ':old': { N: String(lease) },
    });
  }

  async move(id: string, to: CaseStatus, from: CaseStatus): Promise<boolean> {
    return this.change(id, 'SET #status = :to', '#status = :from', { ':to': { S: to }, ':from': { S: from } });
  }

  /** Keeps all other steps away from an object; whoever died with the lock gives it up when it has run out. */
  async lock(target: Target, owner: string): Promise<void> {
    const taken = await this.keep(`lock#${placeOf(target)}`, owner, LOCK_MS);
    if (!taken) throw Object.assign(new Error('another step is at this object'), { name: 'Busy' });
  }

  async unlock(target: Target, owner: string): Promise<void> {
    await unlessRefused(
      this.client.send(
        new DeleteItemCommand({
          ...this.row(`lock#${placeOf(target)}`),
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: owner } },
        }),
      ),
    );
  }

  /** Whether no other case has changed the bucket within a day. */
  async firstToday({ id, accountId, bucket }: Case): Promise<boolean> {
    return this.keep(`daily#${accountId}#${bucket}`, id, DAY_MS);
  }

  /** Keeps what a waiting step is answered by; a step that waits anew has another. */
  async ask(id: string, token: string): Promise<void> {
    await this.change(`approval#${id}`, 'SET #token = :token', 'attribute_not_exists(answer)', {
      ':token': { S: token },
    });
  }

  /** Writes an answer down unless there is one; what holds now is returned. */
  async decide(id: string, answer: 'APPROVED' | 'REJECTED', by: string): Promise<Decision | undefined> {
    await this.change(
      `approval#${id}`,
      'SET answer = :answer, #by = :by, #at = :at',
      'attribute_exists(id) AND attribute_not_exists(answer)',
      { ':answer': { S: answer }, ':by': { S: by }, ':at': { S: this.time() } },
    );
    return this.decision(id, 'APPLY');
  }

  async release(id: string, by: string): Promise<void> {
    await this.change(`release#${id}`, 'SET #by = :by, #at = :at', 'attribute_not_exists(id)', {
      ':by': { S: by },
      ':at': { S: this.time() },
    });
  }

  async isTold(id: string, occasion: string): Promise<boolean> {
    const { Item } = await this.client.send(
      new GetItemCommand({ ...this.row(`told#${occasion}#${id}`), ConsistentRead: true }),
    );
    return Item !== undefined;
  }

  async told(id: string, occasion: string): Promise<void> {
    await this.change(`told#${occasion}#${id}`, 'SET #at = :at', 'attribute_not_exists(id)', {
      ':at': { S: this.time() },
    });
  }

  /** Whoever approved a case, or wants it released. */
  async decidedBy(id: string, phase: Phase): Promise<string | undefined> {
    return (await this.decision(id, phase))?.by;
  }

  async decision(id: string, phase: Phase): Promise<Decision | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ ...this.row(`${DECISIONS[phase]}#${id}`), ConsistentRead: true }),
    );
    return Item && fromItem<Decision>(Item);
  }

  /** Keeps a name for an owner for a while; the same owner may come again. */
  private async keep(id: string, owner: string, forMs: number): Promise<boolean> {
    const now = this.clock.now();
    return unlessRefused(
      this.client.send(
        new PutItemCommand({
          TableName: this.table,
          Item: toItem({ id, owner, until: now + forMs, expires: Math.ceil((now + forMs) / 1_000) }),
          ConditionExpression: 'attribute_not_exists(id) OR #owner = :owner OR #until < :now',
          ExpressionAttributeNames: { '#owner': 'owner', '#until': 'until' },
          ExpressionAttributeValues: { ':owner': { S: owner }, ':now': { N: String(now) } },
        }),
      ),
    );
  }

  private async change(
    id: string,
    UpdateExpression: string,
    ConditionExpression: string,
    ExpressionAttributeValues: Record<string, AttributeValue>,
  ): Promise<boolean> {
    const names = `${UpdateExpression} ${ConditionExpression}`.match(/#\w+/g) ?? [];
    return unlessRefused(
      this.client.send(
        new UpdateItemCommand({
          ...this.row(id),
          UpdateExpression,
          ConditionExpression,
          ExpressionAttributeNames:
            names.length > 0 ? Object.fromEntries(names.map((name) => [name, name.slice(1)])) : undefined,
          ExpressionAttributeValues,
        }),
      ),
    );
  }

  private time(): string {
    return new Date(this.clock.now()).toISOString();
  }

  private fresh(wanted: Case) {
    return {
      TableName: this.table,
      Item: toItem(wanted),
      ConditionExpression: 'attribute_not_exists(id) OR #status = :held',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':held': { S: 'HELD' } },
    };
  }

  private row(id: string) {
    return { TableName: this.table, Key: { id: { S: id } } };
  }
}

/** Names of locks tell nothing about keys. */
function placeOf({ accountId, bucket, key }: Target): string {
  return createHash('sha256')
    .update(JSON.stringify([accountId, bucket, key]))
    .digest('hex');
}

/** The account, and the bucket in it. */
function scopesOf({ accountId, bucket }: Case): string[] {
  return [accountId, `${accountId}#${bucket}`];
}

async function unlessRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
