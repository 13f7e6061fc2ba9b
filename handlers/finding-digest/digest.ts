import type { FindingEvent } from '../shared/finding-events';
import { noticesOf } from '../shared/finding-notice';
import type { Level, Notice, NoticeOptions } from '../shared/finding-notice';

interface Group {
  /** By the id of the finding: a queue and an event bus may deliver one twice. */
  readonly notices: Map<string, Notice>;
  readonly receipts: string[];
}

const ORDER: readonly Level[] = ['Low', 'Medium', 'High', 'Critical'];

/** Findings of a quarter of an hour, gathered by bucket and category. */
export class Digest {
  private readonly byKey = new Map<string, Group>();

  constructor(private readonly options: NoticeOptions) {}

  /** @param receipt goes with the last finding of the event, so that it is given back after all of them are told */
  public add(body: string, receipt: string): void {
    const notices = noticesOf(JSON.parse(body) as FindingEvent, this.options);
    notices.forEach((notice, index) => {
      const key = JSON.stringify([notice.bucket, notice.category, notice.isSample]);
      const group = this.byKey.get(key) ?? { notices: new Map<string, Notice>(), receipts: [] };
      this.byKey.set(key, group);
      group.notices.set(notice.id, notice);
      if (index === notices.length - 1) group.receipts.push(receipt);
    });
  }

  public groups(): { readonly notice: Notice; readonly receipts: readonly string[] }[] {
    return [...this.byKey.values()].map(({ notices, receipts }) => ({
      notice: summary([...notices.values()]),
      receipts,
    }));
  }
}

/** One finding is told as it is. */
function summary(notices: Notice[]): Notice {
  const worst = notices.reduce((one, other) => (ORDER.indexOf(other.level) > ORDER.indexOf(one.level) ? other : one));
  if (notices.length === 1) return worst;
  const kept = new Set(['Bucket', 'Account', 'Region', 'Topic', 'Hour']);
  const count = notices.reduce((sum, one) => sum + one.count, 0);
  const shared = worst.facts.filter(
    ([name, value]) =>
      kept.has(name) && notices.every(({ facts }) => facts.some(([n, v]) => n === name && v === value)),
  );
  return {
    ...worst,
    count,
    what: `${notices.length} findings in a quarter of an hour: ${worst.category} in bucket ${worst.bucket}`,
    facts: [
      ...shared,
      ['Findings', String(notices.length)],
      ['How much', `${count.toLocaleString('en-US')} occurrences`],
      ['By severity', bySeverity(notices)],
    ],
  };
}

function bySeverity(notices: Notice[]): string {
  return [...ORDER]
    .reverse()
    .map((level) => [level, notices.filter((one) => one.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${level} ${count}`)
    .join(', ');
}
