import { App } from 'aws-cdk-lib';
import { EventsToLakehouse } from '../../examples/events-to-lakehouse';
import { FakeAws, LocalJob, askFolders, askTable } from '../support/glue';
import { resourcesOf } from '../support/kafka';
import { Deployment, startCluster, synthesized } from '../support/poller';
import { obstacles } from '../support/poller/network';
import { brokerGroups, portOf } from '../support/poller/preflight';

jest.setTimeout(400_000);

const STACK = 'events-to-lakehouse';
const EVENTS = 20_000;
const DAY_MS = 86_400_000;
/** Of the three days before today. */
const UNTIL = Math.floor(Date.now() / DAY_MS) * DAY_MS;

interface Event {
  readonly event_id: string;
  readonly kind: string;
  readonly product: string;
  readonly country: string;
  readonly amount?: number;
  readonly happened_at: string;
  /** When Kafka had it. */
  readonly told: number;
}

describe('[S-18] events-to-lakehouse on real engines, from its own template', () => {
  const app = new App({ analyticsReporting: false });
  new EventsToLakehouse(app, STACK);
  const stack = synthesized(app, STACK);
  const { template } = stack;
  const aws = new FakeAws();
  let deployment: Deployment;
  let job: LocalJob;
  let events: Event[];
  let unreadable: number;

  const idOf = (type: string, name: string) =>
    resourcesOf(template, type)
      .map(([id]) => id)
      .find((id) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id))!;

  beforeAll(async () => {
    deployment = new Deployment(await startCluster(template, '4.1.2'), stack);
    await deployment.createTopics();
    const { kafka, resolve } = deployment;
    job = new LocalJob({
      template,
      resolve,
      kafka,
      endpoint: await aws.start(),
      role: await kafka.addRole(template, idOf('AWS::IAM::Role', 'LandingRole'), { resolve }),
    });
  });
  afterAll(async () => {
    job?.stop();
    aws.stop();
    await deployment?.kafka.stop();
  });

  test('the producer and the job reach the brokers', async () => {
    const { resolve, kafka } = deployment;
    const [[, { Properties }]] = resourcesOf(template, 'AWS::Glue::Connection');
    const from: string[] = resolve(Properties!.ConnectionInput.PhysicalConnectionRequirements.SecurityGroupIdList);
    const way = { from, to: brokerGroups(template, resolve), port: portOf(kafka) };
    expect(obstacles(template, resolve, way)).toEqual([]);
    expect(await deployment.obstaclesOf(idOf('AWS::Lambda::Function', 'EventProducer'))).toEqual([]);
  });

  test('[S-18] each record is a row, and what is no event is a dead letter', async () => {
    const producer = await deployment.function(idOf('AWS::Lambda::Function', 'EventProducer'));
    const answer = await producer.invoke({ events: EVENTS, days: 3, until: UNTIL });
    await producer.stop();
    expect(answer).toEqual({ payload: { acknowledged: EVENTS } });
    const records = await deployment.records('events');
    expect(records).toHaveLength(EVENTS);
    const read = records.map(({ value, timestamp }) => parsed(value!.toString(), Number(timestamp)));
    events = read.filter((each) => each !== undefined);
    unreadable = read.length - events.length;
    expect(unreadable).toBeGreaterThan(0);

    const { code, output } = await job.finish({ '--max_records_per_batch': '8000' });
    expect([code, code === 0 ? '' : output]).toEqual([0, '']);
    const places = 'count(DISTINCT (kafka_topic, kafka_partition, kafka_offset))';
    const [[facts]] = askTable(job.folder('--iceberg_location'), 'events', [
      `SELECT count(*) AS all, ${places} AS records, count(DISTINCT event_id) AS events FROM events`,
    ]);
    const { length } = events;
    expect(facts).toEqual({ all: length, records: length, events: length });
    expect(askFolders(job.folder('--dead_letter_path'), (files) => `SELECT count(*), ${places} FROM ${files}`)).toEqual(
      [[unreadable, unreadable]],
    );
  });

  test('[S-18] the named queries of the workgroup answer what the records say', () => {
    const queries = Object.fromEntries(
      resourcesOf(template, 'AWS::Athena::NamedQuery').map(([, { Properties }]) => {
        // All of them are for the table that the job writes, in the workgroup of the stack.
        const { Name, QueryString, Database, WorkGroup } = Properties!;
        expect(job.settings['--iceberg_table']).toBe(`glue_catalog.${Database}.events`);
        expect(Object.values(template.Resources).some((each) => each.Properties?.Name === WorkGroup)).toBe(true);
        return [Name as string, QueryString as string];
      }),
    );
    const names = Object.keys(queries).sort();
    expect(names).toEqual(['conversion-by-product', 'revenue-by-day', 'stored-twice', 'told-late']);
    const [conversion, revenue, twice, late] = askTable(
      job.folder('--iceberg_location'),
      'events',
      names.map((name) => queries[name]),
    );

    expect(revenue.map(({ day, country, orders, revenue: sum }) => [day.slice(0, 10), country, orders, sum])).toEqual(
      grouped(
        events.filter(({ kind }) => kind === 'order'),
        ({ happened_at, country }) => [happened_at.slice(0, 10), country],
        (orders) => [orders.length, (orders.reduce((sum, { amount }) => sum + cents(amount), 0) / 100).toFixed(2)],
      ),
    );
    expect(conversion.map(({ product, views, orders }) => [product, views, orders]).sort(byText)).toEqual(
      grouped(
        events,
        ({ product }) => [product],
        (of) => [of.filter(({ kind }) => kind === 'view').length, of.filter(({ kind }) => kind === 'order').length],
      ),
    );
    const percents = conversion.map(({ percent }) => Number(percent));
    expect(percents).toEqual([...percents].sort((one, other) => other - one));
    expect(twice).toEqual([]);
    // Athena counts whole seconds, DuckDB the turns of the clock between.
    const lateness = grouped(
      events,
      ({ happened_at }) => [happened_at.slice(0, 10)],
      (of) => {
        const seconds = of.map(({ told, happened_at }) => (told - Date.parse(happened_at)) / 1000);
        return [of.length, Math.max(...seconds), seconds.reduce((sum, each) => sum + each, 0) / of.length];
      },
    ) as [string, number, number, number][];
    expect(late.map(({ day, events: count }) => [day.slice(0, 10), count])).toEqual(
      lateness.map(([day, count]) => [day, count]),
    );
    late.forEach(({ latest, average }, index) => {
      expect(Math.abs(latest - lateness[index][2])).toBeLessThanOrEqual(1);
      expect(Math.abs(average - lateness[index][3])).toBeLessThanOrEqual(1);
    });
  });
});

function parsed(value: string, told: number): Event | undefined {
  try {
    return { ...JSON.parse(value), told };
  } catch {
    return undefined;
  }
}

const cents = (amount = 0) => Math.round(amount * 100);

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

/** Rows as a GROUP BY gives them, in the order of the keys. */
function grouped(
  all: readonly Event[],
  key: (event: Event) => string[],
  facts: (group: Event[]) => unknown[],
): unknown[][] {
  const groups = new Map<string, Event[]>();
  for (const event of all) {
    const name = JSON.stringify(key(event));
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(event);
  }
  return [...groups]
    .map(([name, group]) => [...(JSON.parse(name) as string[]), ...facts(group)] as unknown[])
    .sort(byText);
}
