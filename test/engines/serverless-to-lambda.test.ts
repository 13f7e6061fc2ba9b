import { ServerlessToLambda } from '../../examples/serverless-to-lambda';
import { EventRuler } from '../support/event-ruler';
import { app } from '../support/fixtures';
import { resourcesOf, startKafka } from '../support/kafka';
import { AdminOnKafka, expectTopic } from '../support/kafka-admin';
import { Deployment, synthesized } from '../support/poller';
import type { LocalFunction } from '../support/poller';

jest.setTimeout(300_000);

const STACK = 'serverless-to-lambda';
const TOPIC = 'clicks.pages';
const MINUTE = Date.UTC(2026, 10, 20, 14, 0);
const MINUTES = 60;

/** A minute of a section of the site; every third one nobody clicked in. */
const minutes = Array.from({ length: MINUTES }, (_, index) => ({
  opens: new Date(MINUTE + index * 60_000).toISOString(),
  section: `section-${index % 7}`,
  clicks: index % 3 === 0 ? 0 : index,
  visitors: Math.ceil(index / 2),
}));
/** The filter lets it through, and the function can make no metric of it. */
const POISON = JSON.stringify({ clicks: 5, opens: 'yesterday' });

describe('[S-04] serverless-to-lambda on Kafka 3.9.2 with the limits of MSK Serverless, from its own template', () => {
  const scope = app({ analyticsReporting: false });
  const example = new ServerlessToLambda(scope, STACK);
  const stack = synthesized(scope, STACK);
  const { template } = stack;
  const [[topicId, { Properties: topicProperties }]] = resourcesOf(template, 'Custom::MskTopic');
  const clickMetrics = Object.keys(template.Resources).find((id) => /^ClickMetrics[0-9A-F]{8}$/.test(id))!;

  let deployment: Deployment;
  let admin: AdminOnKafka;
  let ruler: EventRuler;
  let metrics: LocalFunction;

  beforeAll(async () => {
    const kafka = await startKafka({ version: '3.9.2', profile: 'serverless' });
    deployment = new Deployment(kafka, stack);
    admin = await AdminOnKafka.start(kafka, example);
    ruler = await EventRuler.start();
    metrics = await deployment.function(clickMetrics);
  });
  afterAll(async () => {
    await Promise.all([metrics?.stop(), ruler?.stop(), admin?.stop()]);
    await deployment?.kafka.stop();
  });

  test('[61] the admin handler makes the topic as the template has it', async () => {
    // CloudFormation hands properties to a custom resource as text.
    const { PartitionCount, ...rest } = deployment.resolve(topicProperties);
    const properties = { ...rest, PartitionCount: String(PartitionCount) };
    expect(await admin.stack('Custom::MskTopic', STACK).deploy({ [topicId]: properties })).toBe('COMPLETE');
    expect(admin.services.calls.map(({ of }) => of)).toContain(properties.Function);
    await expectTopic(deployment.kafka, TOPIC, {
      partitions: 6,
      replicas: 1,
      settings: { 'retention.ms': '86400000' },
    });
    expect(admin.refusedConnections()).toEqual([]);
  });

  test('[S-04] what was clicked becomes metrics, what was not is filtered, and what is no minute goes to the queue', async () => {
    await deployment.write(TOPIC, [...minutes.map((minute) => JSON.stringify(minute)), POISON]);
    const poller = await deployment.consume({ ruler, retryDelayMs: 20, invoke: (event) => metrics.invoke(event) });
    try {
      await poller.caughtUp(60_000);
    } finally {
      await poller.stop();
      await metrics.stop(); // All that it printed has come then.
    }
    const clicked = minutes.filter(({ clicks }) => clicks > 0);
    expect(poller.counts).toMatchObject({ read: MINUTES + 1, filtered: MINUTES - clicked.length });
    expect(poller.counts.done).toBe(clicked.length + 1);
    expect(poller.givenUp.map(({ value }) => value!.toString())).toEqual([POISON]);
    const [[queue, reports]] = [...deployment.deadLetters];
    expect(queue).toMatch(/:Failures[0-9A-F]{8}$/);
    expect(reports.map(({ KafkaBatchInfo }) => KafkaBatchInfo.batchSize)).toEqual([1]);
    expect(metricsOf(metrics).sort(byTime)).toEqual(
      clicked.map(({ opens, section, clicks, visitors }) => [Date.parse(opens), section, clicks, visitors]),
    );
  });
});

type Row = [opens: number, section: string, clicks: number, visitors: number];

/** What CloudWatch would read as metrics of what the function printed. */
function metricsOf({ output }: LocalFunction): Row[] {
  const printed = output.split('\n').filter((line) => line.startsWith('{'));
  return printed
    .map((line) => JSON.parse(line))
    .filter(({ _aws }) => _aws !== undefined)
    .map(({ _aws, section, Clicks, Visitors }): Row => [_aws.Timestamp, section, Clicks, Visitors]);
}

const byTime = ([one]: Row, [other]: Row) => one - other;
