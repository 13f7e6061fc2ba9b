import { spawn } from 'child_process';
import type { ChildProcess } from 'child_process';
import { createServer } from 'net';
import type { AddressInfo } from 'net';
import { setTimeout as sleep } from 'timers/promises';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { LocalDynamoDb } from '../support/poller';
import { pythonWith } from '../support/python';

jest.setTimeout(300_000);

describe('the DynamoDB of the tests', () => {
  const TABLE = { TableName: 'ledger' };
  const key = (pk: string) => ({ pk: { S: pk } });
  const notThere = { ConditionExpression: 'attribute_not_exists(pk)' };
  const transfer = (invoice: string, amount: string, token?: string) =>
    new TransactWriteItemsCommand({
      ClientRequestToken: token,
      TransactItems: [
        { Put: { ...TABLE, Item: { ...key(invoice), amount: { N: amount } }, ...notThere } },
        {
          Update: {
            ...TABLE,
            Key: key('customer'),
            UpdateExpression: 'ADD owed :amount, invoices :one',
            ExpressionAttributeValues: { ':amount': { N: amount }, ':one': { N: '1' } },
          },
        },
      ],
    });
  const lock = (now: string) =>
    new PutItemCommand({
      ...TABLE,
      Item: { ...key('lock'), status: { S: 'INPROGRESS' }, until: { N: '100' } },
      ConditionExpression: 'attribute_not_exists(#id) OR #until < :now OR (#s = :done AND attribute_exists(#until))',
      ExpressionAttributeNames: { '#id': 'pk', '#until': 'until', '#s': 'status' },
      ExpressionAttributeValues: { ':now': { N: now }, ':done': { S: 'DONE' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  const commands = () => [
    new GetItemCommand({ ...TABLE, Key: key('customer') }),
    transfer('invoice#1', '500'),
    transfer('invoice#1', '500'),
    transfer('invoice#2', '70'),
    new GetItemCommand({ ...TABLE, Key: key('customer') }),
    lock('50'),
    lock('50'),
    lock('101'),
    new UpdateItemCommand({
      ...TABLE,
      Key: key('lock'),
      UpdateExpression: 'SET #s = :done, #until = :until',
      ExpressionAttributeNames: { '#s': 'status', '#until': 'until' },
      ExpressionAttributeValues: { ':done': { S: 'DONE' }, ':until': { N: '200' } },
    }),
    lock('150'),
    new DeleteItemCommand({ ...TABLE, Key: key('invoice#2'), ConditionExpression: 'attribute_exists(pk)' }),
    new DeleteItemCommand({ ...TABLE, Key: key('invoice#2'), ConditionExpression: 'attribute_exists(pk)' }),
    new GetItemCommand({ ...TABLE, Key: key('invoice#2') }),
    new PutItemCommand({ ...TABLE, Item: { other: { S: 'x' } } }),
    new GetItemCommand({ TableName: 'nobody', Key: key('x') }),
  ];

  const client = (endpoint: string) =>
    new DynamoDBClient({
      endpoint,
      region: 'eu-west-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'of-nobody' },
    });

  async function outcomes(endpoint: string): Promise<unknown[]> {
    const dynamodb = client(endpoint);
    const seen: unknown[] = [];
    for (const command of commands()) {
      seen.push(
        await dynamodb.send(command as PutItemCommand).then(
          (answer) => ({ Item: (answer as { Item?: object }).Item }),
          ({ name, CancellationReasons, Item }) => ({
            name,
            reasons: CancellationReasons?.map(({ Code }: { Code: string }) => Code),
            Item,
          }),
        ),
      );
    }
    dynamodb.destroy();
    return seen;
  }

  test('answers as moto, an emulator that is not ours, does', async () => {
    const local = await LocalDynamoDb.start({ ledger: 'pk' });
    const python = pythonWith('moto[server]==5.2.5');
    const port = await freePort();
    const moto = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
    try {
      const endpoint = `http://127.0.0.1:${port}`;
      await listening(port, moto);
      const schema = {
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
        BillingMode: 'PAY_PER_REQUEST' as const,
      };
      await client(endpoint).send(new CreateTableCommand({ ...TABLE, ...schema }));
      const [ours, theirs] = [await outcomes(local.endpoint), await outcomes(endpoint)];
      expect(ours).toEqual(theirs);
      expect(ours[4]).toEqual({ Item: { ...key('customer'), owed: { N: '570' }, invoices: { N: '2' } } });
      expect(ours.filter((each) => (each as Error).name !== undefined)).toHaveLength(5);
    } finally {
      moto.kill('SIGKILL');
      await local.stop();
    }
  });

  test('does a transaction with a token once', async () => {
    const local = await LocalDynamoDb.start({ ledger: 'pk' });
    const dynamodb = client(local.endpoint);
    await dynamodb.send(transfer('invoice#1', '500', 'token'));
    await dynamodb.send(transfer('invoice#1', '500', 'token'));
    await expect(dynamodb.send(transfer('invoice#1', '500', 'another'))).rejects.toThrow(
      'ConditionalCheckFailed, None',
    );
    expect(local.scan('ledger')).toContainEqual({ ...key('customer'), owed: { N: '500' }, invoices: { N: '1' } });
    await local.stop();
  });

  test('refuses what it does not know', async () => {
    const local = await LocalDynamoDb.start({ ledger: 'pk' });
    const dynamodb = client(local.endpoint);
    const update = (UpdateExpression: string) =>
      dynamodb.send(new UpdateItemCommand({ ...TABLE, Key: key('x'), UpdateExpression }));
    await expect(update('REMOVE a')).rejects.toThrow('REMOVE in an update cannot be played');
    await expect(update('SET a = b')).rejects.toThrow('b in SET a = b is no value');
    const condition = (ConditionExpression: string) =>
      dynamodb.send(new PutItemCommand({ ...TABLE, Item: key('x'), ConditionExpression }));
    await expect(condition('size(a) > :b')).rejects.toThrow('size(a) > :b');
    await expect(condition('attribute_exists(a) b')).rejects.toThrow('b in attribute_exists(a) b is too much');
    await local.stop();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  while ((await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) === undefined) {
    if (child.exitCode !== null) {
      throw new Error('moto ended');
    }
    await sleep(100);
  }
}
