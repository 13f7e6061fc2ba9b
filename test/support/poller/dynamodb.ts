import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attribute, Item, Substitutes } from './dynamodb-expressions';
import { meets, updated } from './dynamodb-expressions';

interface Write extends Substitutes {
  readonly TableName: string;
  readonly ConditionExpression?: string;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE';
}
type Put = Write & { readonly Item: Item };
type Update = Write & { readonly Key: Item; readonly UpdateExpression: string };
type Delete = Write & { readonly Key: Item };
type Change =
  | { readonly Put: Put }
  | { readonly Update: Update }
  | { readonly Delete: Delete }
  | { readonly ConditionCheck: Delete };

/** One call, with the rights that it takes. */
export interface Call {
  readonly action: string;
  readonly table: string;
}

const PREFIX = 'com.amazonaws.dynamodb.v20120810#';

class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly members: object = {},
  ) {
    super(message);
  }
}

/**
 * As much of DynamoDB as the reference stacks call, in memory: conditions, updates and transactions are evaluated as they
 * were sent, what is not known is refused. An emulator that takes longer for a transaction the more items there are would
 * not get through ten thousand orders.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export class LocalDynamoDb {
  /** The table names that functions use, and the attributes of their keys, separated by a comma. */
  static async start(tables: Readonly<Record<string, string>>): Promise<LocalDynamoDb> {
    const local = new LocalDynamoDb(tables);
    await once(local.server.listen(0, '127.0.0.1'), 'listening');
    return local;
  }

  /** Told of every call that has had its effect, before the caller hears of it. */
  onEffect: (operation: string) => unknown = () => undefined;

  private readonly server = createServer((request, response) => void this.serve(request, response));
  private readonly items: Map<string, Map<string, Item>>;
  private readonly transactions = new Set<string>();
  private readonly seen = new Map<string, Call>();

  private constructor(private readonly keys: Readonly<Record<string, string>>) {
    this.items = new Map(Object.keys(keys).map((table) => [table, new Map()]));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Each kind of call that there has been. */
  get calls(): Call[] {
    return [...this.seen.values()];
  }

  /** What is in a table now. */
  scan(table: string): Item[] {
    return [...this.table(table).values()];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    let status = 200;
    let body: object;
    try {
      body = this.perform(operation, JSON.parse(Buffer.concat(chunks).toString('utf8')));
      await this.onEffect(operation);
    } catch (error) {
      const { code, message, members } =
        error instanceof Refusal ? error : new Refusal('ValidationException', (error as Error).message);
      status = 400;
      body = { __type: `${PREFIX}${code}`, message, ...members };
    }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  }

  private perform(operation: string, input: any): object {
    switch (operation) {
      case 'GetItem': {
        const item = this.find('GetItem', input.TableName, input.Key);
        return item === undefined ? {} : { Item: item };
      }
      case 'PutItem':
        return this.single({ Put: input });
      case 'UpdateItem':
        return this.single({ Update: input });
      case 'DeleteItem':
        return this.single({ Delete: input });
      case 'Query':
        return this.query(input);
      case 'TransactWriteItems':
        return this.transact(input.TransactItems, input.ClientRequestToken);
      default:
        throw new Refusal('UnknownOperationException', `${operation} cannot be played`);
    }
  }

  /** By one attribute, of an index or of the key. */
  private query({
    TableName,
    IndexName,
    KeyConditionExpression,
    ExpressionAttributeValues,
    Limit = Infinity,
  }: any): object {
    const [, name, value] = /^(\w+) = (:\w+)$/.exec(KeyConditionExpression)!;
    const table = IndexName === undefined ? TableName : `${TableName}/index/${IndexName}`;
    this.seen.set(`Query ${table}`, { action: 'dynamodb:Query', table });
    const { S } = ExpressionAttributeValues[value];
    return {
      Items: this.scan(TableName)
        .filter((item) => item[name]?.S === S)
        .slice(0, Limit),
    };
  }

  /** Forgets items and calls. */
  reset(): void {
    this.items.forEach((table) => table.clear());
    this.seen.clear();
  }

  private single(change: Change): object {
    const planned = this.plan(change);
    if (!planned.met) {
      throw new Refusal('ConditionalCheckFailedException', 'The conditional request failed', planned.old);
    }
    planned.apply();
    return {};
  }

  /** All or nothing; a second time with the same token, nothing. */
  private transact(changes: readonly Change[], token: string): object {
    if (this.transactions.has(token)) {
      return {};
    }
    const planned = changes.map((change) => this.plan(change));
    if (planned.some(({ met }) => !met)) {
      const reasons = planned.map(({ met, old }) =>
        met ? { Code: 'None' } : { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', ...old },
      );
      const codes = reasons.map(({ Code }) => Code).join(', ');
      throw new Refusal(
        'TransactionCanceledException',
        `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
        { CancellationReasons: reasons },
      );
    }
    planned.forEach(({ apply }) => apply());
    this.transactions.add(token);
    return {};
  }

  private plan(change: Change): { met: boolean; old: object; apply: () => void } {
    const [kind, write] = Object.entries(change)[0] as [string, Put & Update];
    const action = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`;
    const key = kind === 'Put' ? this.keyOf(write.TableName, write.Item) : write.Key;
    const item = this.find(action, write.TableName, key);
    const old = write.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item !== undefined ? { Item: item } : {};
    const met = write.ConditionExpression === undefined || meets(write.ConditionExpression, write, item ?? {});
    const table = this.table(write.TableName);
    const id = JSON.stringify(key);
    const after = kind === 'Update' ? updated(write.UpdateExpression, write, item ?? key) : write.Item;
    const apply = () => {
      if (kind === 'Delete') {
        table.delete(id);
      } else if (kind !== 'ConditionCheck') {
        table.set(id, after);
      }
    };
    return { met, old, apply };
  }

  private find(action: string, table: string, key: Item): Item | undefined {
    this.seen.set(`${action} ${table}`, { action: `dynamodb:${action}`, table });
    const items = this.table(table);
    if (Object.keys(key).length !== this.keys[table].split(',').length) {
      throw new Error('The provided key element does not match the schema');
    }
    return items.get(JSON.stringify(this.keyOf(table, key)));
  }

  private keyOf(table: string, item: Item): Item {
    this.table(table);
    const key = this.keys[table].split(',').map((name): [string, Attribute] => {
      if (!(name in item)) {
        throw new Error(`One or more parameter values were invalid: Missing the key ${name} in the item`);
      }
      return [name, item[name]];
    });
    return Object.fromEntries(key);
  }

  private table(name: string): Map<string, Item> {
    const table = this.items.get(name);
    if (table === undefined) {
      throw new Refusal('ResourceNotFoundException', `Requested resource not found: table ${name}`);
    }
    return table;
  }
}
