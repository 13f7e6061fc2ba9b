import type { Finding, ListFindingsCommandOutput } from '@aws-sdk/client-macie2';
import type { Clock } from '../shared/clock';
import { matches } from './pattern';

/** What one rule sends to one queue. */
export interface Route {
  /** What a finding has to be like. */
  readonly detail?: object;
  readonly queueArn: string;
  /** The message, with the names of `paths` in angle brackets; without it, the event. */
  readonly template?: string;
  readonly paths?: Record<string, string>;
}

export interface Calls {
  watermark(): Promise<number | undefined>;
  advance(time: number): Promise<unknown>;
  list(since: number, nextToken?: string): Promise<ListFindingsCommandOutput>;
  read(ids: string[]): Promise<Finding[]>;
  send(queueUrl: string, body: string): Promise<unknown>;
}

const HOUR_MS = 3_600_000;

/** The first run looks a day back. */
const FIRST_MS = 24 * HOUR_MS;

/** Findings can be seen a while after they were made. */
const OVERLAP_MS = HOUR_MS / 4;

/** Kept back from the time that is left. */
const REST_MS = 30_000;

/**
 * Sends what EventBridge may not have delivered: every finding since the last look, to the queues of the rules that it
 * matches, as the rules send it. Whoever reads those queues acts on a finding once, however often it comes.
 */
export class Reconciliation {
  constructor(
    private readonly calls: Calls,
    private readonly clock: Clock,
  ) {}

  public async run(routes: readonly Route[], timeLeft: () => number): Promise<{ readonly sent: number }> {
    const started = this.clock.now();
    const since = (await this.calls.watermark()) ?? started - FIRST_MS;
    let nextToken: string | undefined;
    let sent = 0;
    do {
      const page = await this.calls.list(since - OVERLAP_MS, nextToken);
      const ids = page.findingIds ?? [];
      const findings = ids.length > 0 ? await this.calls.read(ids) : [];
      for (const finding of findings) sent += await this.sendTo(routes, finding);
      nextToken = page.nextToken;
      if (nextToken && timeLeft() < REST_MS) {
        await this.calls.advance(latest(findings, since)); // the next run goes on here
        return { sent };
      }
    } while (nextToken);
    await this.calls.advance(started);
    return { sent };
  }

  private async sendTo(routes: readonly Route[], finding: Finding): Promise<number> {
    const detail = inEvent(finding);
    const meant = routes.filter(
      (route) => route.detail === undefined || matches(route.detail as never, detail as never),
    );
    for (const route of meant) await this.calls.send(queueUrl(route.queueArn), bodyFor(route, finding, detail));
    return meant.length;
  }
}

/** As a finding stands in an event: times are texts, and what is undefined is not there. */
function inEvent(finding: Finding): object {
  return JSON.parse(JSON.stringify(finding)) as object;
}

function latest(findings: readonly Finding[], since: number): number {
  return Math.max(since, ...findings.map(({ updatedAt }) => updatedAt?.getTime() ?? 0));
}

function bodyFor({ template, paths = {} }: Route, { region, accountId }: Finding, detail: object): string {
  const event = { source: 'aws.macie', 'detail-type': 'Macie Finding', account: accountId, region, detail };
  if (template === undefined) return JSON.stringify(event);
  return template.replace(/"?<([^<>]+)>"?/g, (whole, name: string) => {
    if (!(name in paths)) return whole;
    const steps = paths[name].split('.').slice(1);
    const value = steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], event);
    return JSON.stringify(value ?? null);
  });
}

function queueUrl(arn: string): string {
  const [, , , region, account, name] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}
