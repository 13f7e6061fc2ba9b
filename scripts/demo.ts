/**
 * Shows the reference stack orders-to-lambda at work: a real Kafka, a producer, the consumer's function, what arrived.
 *
 *   npm run demo                                  three brokers on this machine; needs Java and Maven
 *   npm run demo -- --kill                        one of them is killed in the middle, and comes back
 *   npm run demo -- --bootstrap localhost:9092    any Kafka, in plain text
 */
import { execFileSync } from 'child_process';
import * as path from 'path';
import { parseArgs } from 'util';
import type { Poller } from '../test/support/poller';
import type { Stage } from './demo/stage';

const USAGE = 'usage: npm run demo -- [--kill | --bootstrap HOST:PORT] [--orders NUMBER]';
/** The release that stands for the version in the template. */
const VERSION = '3.9.2';
const CATCH_UP_MS = 90_000;

// The templates are checked by `npm run synth`; here they are only read.
process.env.CDK_VALIDATION = 'false';

void main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(
      `\n${error.message}\nwithout Java and Maven: npm run demo -- --bootstrap HOST:PORT of a Kafka of yours`,
    );
    process.exit(1);
  },
);

async function main(): Promise<number> {
  const { kill, bootstrap, orders } = options();
  console.log('orders-to-lambda, live\n');
  execFileSync('node', [path.join(__dirname, 'bundle-handlers.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  // What it holds is needed only now, and takes a while to load.
  const { anyKafka, ownKafka } = await import('./demo/stage');
  const stage = bootstrap === undefined ? await ownKafka(VERSION) : await anyKafka(bootstrap);
  try {
    stage.scenery.forEach(([what, text]) => console.log(`  ${what.padEnd(12)}${text}`));
    console.log();
    return await play(stage, orders, kill);
  } finally {
    await stage.stop();
  }
}

function options(): { kill: boolean; bootstrap?: string; orders: number } {
  try {
    const { values } = parseArgs({
      options: { kill: { type: 'boolean' }, bootstrap: { type: 'string' }, orders: { type: 'string' } },
    });
    const { kill = false, bootstrap, orders = '10000' } = values;
    if (kill && bootstrap !== undefined) {
      throw new Error('only brokers that the demo started can be killed');
    }
    if (!/^[1-9]\d{0,6}$/.test(orders)) {
      throw new Error(`not a number of orders: ${orders}`);
    }
    return { kill, bootstrap, orders: Number(orders) };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

interface Seen {
  acknowledged: number;
  lastAt: number;
  longestGapMs: number;
}

async function play(stage: Stage, orders: number, kill: boolean): Promise<number> {
  const begin = Date.now();
  const seen: Seen = { acknowledged: 0, lastAt: begin, longestGapMs: 0 };
  const poller = await stage.consume();
  const stopWatching = watch(stage, poller, seen);
  let fate: Promise<void> | undefined;
  try {
    await Promise.race([
      poller.failure,
      stage.produce(orders, (total) => {
        const now = Date.now();
        seen.longestGapMs = Math.max(seen.longestGapMs, now - seen.lastAt);
        Object.assign(seen, { acknowledged: total, lastAt: now });
        if (kill && total >= orders / 3) {
          fate ??= killAndRestart(stage);
        }
      }),
    ]);
    await stage.spoil();
    await fate;
    await poller.caughtUp(CATCH_UP_MS);
  } finally {
    stopWatching();
    await poller.stop();
  }
  return conclude(stage, poller, seen, (Date.now() - begin) / 1000);
}

async function killAndRestart({ brokers }: Stage): Promise<void> {
  await brokers!.kill();
  console.log('        a broker is killed');
  await new Promise((resolve) => setTimeout(resolve, 5000));
  await brokers!.restart();
  console.log('        it is back, and has what it missed');
}

/** A line a second. */
function watch(stage: Stage, poller: Poller, seen: Seen): () => void {
  const begin = Date.now();
  let lag = '?';
  let asking = false;
  const ticker = setInterval(() => {
    // While a broker is lost, the answer takes longer than a second.
    if (!asking) {
      asking = true;
      void poller
        .lag()
        .then((partitions) => (lag = count([...partitions.values()].reduce((sum, records) => sum + records, 0))))
        .catch(() => undefined)
        .finally(() => (asking = false));
    }
    const columns = [
      `${Math.round((Date.now() - begin) / 1000)} s`.padStart(6),
      `written ${count(seen.acknowledged)}`,
      `billed ${count(stage.billed().counted)}`,
      `lag ${lag}`,
      `dead letters ${reported(stage)}`,
      ...(stage.brokers ? [`brokers ${stage.brokers.running()}`] : []),
    ];
    console.log(
      columns
        .map((text, index) => text.padEnd(index === 0 ? 8 : 18))
        .join('')
        .trimEnd(),
    );
  }, 1000);
  return () => clearInterval(ticker);
}

async function conclude(stage: Stage, poller: Poller, seen: Seen, seconds: number): Promise<number> {
  const { orders, records, duplicates, owed, poison } = await stage.audit();
  const { invoices, counted, owed: charged } = stage.billed();
  const lost = [...orders].filter((order) => !invoices.has(order)).length;
  const unwritten = seen.acknowledged - orders.size;
  const wrong = [...owed].filter(([customer, cents]) => charged.get(customer) !== cents).length;
  const rows: [string, string, boolean?][] = [
    ['orders acknowledged', count(seen.acknowledged), unwritten === 0],
    ['records in the topic', `${count(records)}, ${count(duplicates)} of them written twice`],
    ['orders billed', count(invoices.size), lost === 0],
    ['orders lost', count(lost), lost === 0],
    ['orders billed twice', count(counted - invoices.size), counted === invoices.size],
    ['customers who owe what they ordered', `${owed.size - wrong} of ${owed.size}`, wrong === 0],
    ['bad records in dead letters', `${reported(stage)} of ${poison.length}`, reported(stage) === poison.length],
    ['invocations', `${count(poller.counts.invocations)}, ${count(poller.counts.failedInvocations)} with failures`],
    ['longest wait for an acknowledgement', `${(seen.longestGapMs / 1000).toFixed(1)} s`],
    ['seconds', seconds.toFixed(1)],
  ];
  console.log();
  rows.forEach(([what, value, good]) => {
    console.log(
      `  ${what.padEnd(38)}${value.padEnd(34)}${good === undefined ? '' : good ? 'good' : 'WRONG'}`.trimEnd(),
    );
  });
  return rows.some(([, , good]) => good === false) ? 1 : 0;
}

function reported(stage: Stage): number {
  return stage.deadLetters().reduce((sum, { KafkaBatchInfo }) => sum + KafkaBatchInfo.batchSize, 0);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
