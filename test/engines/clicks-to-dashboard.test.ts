import { App } from 'aws-cdk-lib';
import { ClicksToDashboard } from '../../examples/clicks-to-dashboard';
import { TestFlink, runnerJar } from '../support/flink';
import { kafkaClient, resourcesOf } from '../support/kafka';
import { FLINK_VERSIONS } from '../support/kafka/versions';
import { Deployment, startCluster, synthesized } from '../support/poller';
import type { LocalFunction, Poller } from '../support/poller';
import { obstacles } from '../support/poller/network';
import { brokerGroups, portOf } from '../support/poller/preflight';

jest.setTimeout(400_000);

const STACK = 'clicks-to-dashboard';
const CLICKS = 6_000;
const MINUTES = 3;
const MINUTE_MS = 60_000;

/** What a browser could send, and no minute must be lost over it. */
const ODD = [
  undefined,
  Buffer.alloc(0),
  Buffer.from([0xc3, 0x28]),
  ...[
    'null',
    '[]',
    '"home"',
    '{"section":"home"',
    '{"section":null,"visitor":"v"}',
    '{"section":{"a":1},"visitor":"v"}',
    '{"section":"home","visitor":"odd-1"}',
    '{"section":"home","visitor":"odd-2","clickedAt":"yesterday"}',
    '{"section":"home","visitor":"odd-3","clickedAt":9223372036854775807}',
    '{"section":"home","visitor":"odd-4","clickedAt":-1}',
    '{"section":"home","visitor":"odd-5","clickedAt":99999999999999999999}',
    '{"section":"\' OR 1=1 --","visitor":"odd-6"}',
  ].map((text) => Buffer.from(text)),
];

interface Emitted {
  readonly metric: string;
  readonly value: number;
  readonly timestamp: number;
  readonly dimensions: Record<string, string>;
  readonly namespace: string;
}

describe('[S-17] clicks-to-dashboard on real engines, from its own template', () => {
  const app = new App({ analyticsReporting: false });
  new ClicksToDashboard(app, STACK);
  const stack = synthesized(app, STACK);
  const { template } = stack;
  // All clicks are in whole minutes that have passed.
  const until = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 1;
  let deployment: Deployment;
  let flink: TestFlink;
  let producer: LocalFunction;
  let metrics: LocalFunction;
  let poller: Poller;

  const idOf = (type: string, name: string) =>
    resourcesOf(template, type)
      .map(([id]) => id)
      .find((id) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id))!;
  const application = resourcesOf(template, 'AWS::KinesisAnalyticsV2::Application')[0][1].Properties!
    .ApplicationConfiguration;

  beforeAll(async () => {
    runnerJar();
    deployment = new Deployment(await startCluster(template, '4.1.2'), stack);
    await deployment.createTopics();
    const { kafka, resolve } = deployment;
    const { credentials } = await kafka.addRole(template, idOf('AWS::IAM::Role', 'CountingApplicationRole'), {
      resolve,
    });
    producer = await deployment.function(idOf('AWS::Lambda::Function', 'ClickProducer'));
    metrics = await deployment.function(idOf('AWS::Lambda::Function', 'ClickMetrics'));
    flink = await TestFlink.create({
      version: FLINK_VERSIONS[1],
      properties: resolve(application.EnvironmentProperties.PropertyGroups),
      authorityFile: kafka.authority.file,
      env: {
        AWS_REGION: kafka.identity.region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken!,
      },
    });
    flink.startJobManager();
    flink.startTaskManager();
  });
  afterAll(async () => {
    await poller?.stop();
    await Promise.all([producer?.stop(), metrics?.stop(), flink?.stop()]);
    await deployment?.kafka.stop();
  });

  /** What CloudWatch would have read from the log of the function. */
  function emitted(): Emitted[] {
    return metrics.output.split('\n').flatMap((line) => {
      const { _aws, ...values } = line.startsWith('{"_aws"') ? JSON.parse(line) : ({} as any);
      const [directive] = _aws?.CloudWatchMetrics ?? [];
      return (directive?.Metrics ?? []).map(({ Name }: { Name: string }) => ({
        metric: Name,
        value: values[Name],
        timestamp: _aws.Timestamp,
        namespace: directive.Namespace,
        dimensions: Object.fromEntries(directive.Dimensions[0].map((name: string) => [name, values[name]])),
      }));
    });
  }

  /** As the dashboard shows them: the greatest value of a minute. */
  function shown(metric: string): Record<string, number> {
    const minutes: Record<string, number> = {};
    for (const each of emitted()) {
      if (each.metric === metric && each.timestamp <= until) {
        const key = `${new Date(each.timestamp).toISOString()} ${each.dimensions.section}`;
        minutes[key] = Math.max(minutes[key] ?? 0, each.value);
      }
    }
    return minutes;
  }

  const sum = (values: Record<string, number>) => Object.values(values).reduce((one, other) => one + other, 0);

  test('functions and application reach the brokers', async () => {
    const { resolve, kafka } = deployment;
    const [{ SecurityGroupIds }] = application.VpcConfigurations;
    const way = { from: resolve(SecurityGroupIds), to: brokerGroups(template, resolve), port: portOf(kafka) };
    expect(obstacles(template, resolve, way)).toEqual([]);
    expect(await deployment.obstaclesOf(idOf('AWS::Lambda::Function', 'ClickProducer'))).toEqual([]);
  });

  test('[S-17] every click is in a metric once, and in its minute', async () => {
    const acknowledged = { payload: { acknowledged: CLICKS } };
    expect(await producer.invoke({ clicks: CLICKS, minutes: MINUTES, until })).toEqual(acknowledged);
    await sendOdd();
    // What comes later closes the minutes before it.
    expect(await producer.invoke({ clicks: 500, minutes: 1, until: until + 3 * MINUTE_MS })).toMatchObject({
      payload: { acknowledged: 500 },
    });
    poller = await deployment.consume({ invoke: (event) => metrics.invoke(event) });
    const all = CLICKS + ODD.length;
    await flink.until(`${all} clicks in metrics`, async () => sum(shown('Clicks')) >= all);

    const records = (await deployment.records('clicks')).filter(({ timestamp }) => Number(timestamp) <= until);
    expect(records).toHaveLength(all);
    const { clicks, visitors } = counted(records);
    expect(shown('Clicks')).toEqual(clicks);
    expect(shown('Visitors')).toEqual(visitors);
    expect(poller.givenUp).toEqual([]);
  });

  test('[S-17] the dashboard shows each metric that the function writes, by the greatest value of a minute', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = JSON.parse(deployment.resolve(Properties!.DashboardBody));
    const onDashboard = body.widgets.flatMap(({ properties }: any) =>
      properties.metrics.map(([namespace, metric, ...rest]: any[]) => {
        const { stat, period } = rest.at(-1);
        return JSON.stringify([namespace, metric, dimensionsOf(rest.slice(0, -1)), stat, period ?? properties.period]);
      }),
    );
    const written = emitted().map(({ namespace, metric, dimensions }) =>
      JSON.stringify([namespace, metric, sorted(dimensions), 'Maximum', 60]),
    );
    expect(written.length).toBeGreaterThan(0);
    // How many visitors sent what can not be read, nobody knows.
    const missing = [...new Set(written)].filter((each) => !onDashboard.includes(each));
    expect(missing.filter((each) => !/"Visitors".*"unreadable"/.test(each))).toEqual([]);
  });

  async function sendOdd(): Promise<void> {
    const { connection } = await deployment.principal(idOf('AWS::Lambda::Function', 'ClickProducer'));
    const client = new kafkaClient.Producer({ ...connection, idempotent: true });
    const messages = ODD.map((value, index) => ({
      topic: 'clicks',
      key: Buffer.from(`odd-${index}`),
      value,
      timestamp: BigInt(until),
    }));
    await client.send({ acks: -1, messages });
    await client.close();
  }

  /** Clicks and visitors by minute and section, counted from the records by the rules that the SQL states. */
  function counted(records: readonly { value?: Buffer; timestamp: bigint }[]) {
    const clicks: Record<string, number> = {};
    const seen: Record<string, Set<string>> = {};
    for (const { value, timestamp } of records) {
      const received = Number(timestamp);
      const { section, visitor, clickedAt } = parsed(value);
      const known = ['home', 'search', 'product', 'basket', 'checkout'].includes(section as string);
      const name = known ? section : typeof section === 'string' ? 'other' : 'unreadable';
      const at =
        typeof clickedAt === 'number' && clickedAt <= received && clickedAt >= received - 30_000 ? clickedAt : received;
      const minute = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString();
      const key = `${minute} ${name as string}`;
      clicks[key] = (clicks[key] ?? 0) + 1;
      seen[key] ??= new Set();
      if (typeof visitor === 'string') {
        seen[key].add(visitor);
      }
    }
    return { clicks, visitors: Object.fromEntries(Object.entries(seen).map(([key, { size }]) => [key, size])) };
  }
});

function parsed(value?: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(value!.toString()) ?? {};
  } catch {
    return {};
  }
}

function dimensionsOf(flat: string[]): [string, string][] {
  const pairs = flat.filter((_, index) => index % 2 === 0).map((name, index) => [name, flat[2 * index + 1]]);
  return sorted(Object.fromEntries(pairs));
}

function sorted(dimensions: Record<string, string>): [string, string][] {
  return Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
}
