import type { Clock } from '../shared/clock';
import type { Counts } from './collector';
import { inParallel } from './in-turn';
import type { GateObjects } from './objects';
import { verdictsOf } from './results';
import type { ResultFiles, Verdict } from './results';
import type { Batch, GateTable, HeldFor, Member } from './table';
import { held, idOf, released } from './upload';

/** What a job is at; `undefined` where Macie knows of none. */
export interface JobProgress {
  status(jobId: string): Promise<string | undefined>;
}

export interface Releasing {
  readonly table: GateTable;
  readonly objects: GateObjects;
  readonly jobs: JobProgress;
  readonly results: ResultFiles;
  readonly bucket: string;
  readonly clock: Clock;
  tell(batch: Batch): Promise<void>;
}

export interface ReleaseOptions {
  /** How long results may take after a job is over. */
  readonly graceMs: number;

  /** How many jobs may say nothing about an upload before it counts as unreadable. */
  readonly attempts: number;

  /** Whether what Macie can not read is released. */
  readonly releaseUnread: boolean;
}

const PAUSED = ['PAUSED', 'USER_PAUSED'];
const OVER = [undefined, 'CANCELLED', 'COMPLETE'];

/**
 * Releases what jobs have found to be clean, and holds the rest.
 *
 * A job that was cancelled, or that is gone, has said nothing about whatever it had not come to: that is scanned again.
 */
export async function release(gate: Releasing, options: ReleaseOptions): Promise<Counts> {
  const { table, clock } = gate;
  const counts: Counts = { Released: 0, HeldForFindings: 0, HeldUnread: 0, JobsPaused: 0, ScannedAgain: 0 };
  for (const batch of await table.batches()) {
    if (batch.jobId === undefined) continue;
    const status = await gate.jobs.status(batch.jobId);
    if (PAUSED.includes(status!)) counts.JobsPaused++;
    if (OVER.includes(status)) await settle(gate, options, batch, counts);
  }
  const again = (await table.again()).map(({ at }) => at);
  const oldest = [...(await table.batches()).flatMap(({ sealed }) => sealed ?? []), ...again];
  return { ...counts, OldestWaitingSeconds: Math.round((clock.now() - Math.min(clock.now(), ...oldest)) / 1_000) };
}

async function settle(gate: Releasing, options: ReleaseOptions, batch: Batch, counts: Counts): Promise<void> {
  const { table, clock } = gate;
  const ended = batch.ended ?? clock.now();
  if (batch.ended === undefined) await table.ended(batch.id, ended);
  const isLate = clock.now() - ended >= options.graceMs;
  const verdicts = await verdictsOf(gate.results, batch.jobId!, gate.bucket);
  await inParallel(await table.members(batch.id), async (member) => {
    const outcome = await decide(gate, options, batch, member, verdicts.get(idOf(member)), isLate);
    if (outcome !== undefined) counts[outcome]++;
  });
  if ((await table.members(batch.id)).length > 0) return;
  const now = (await table.batches()).find(({ id }) => id === batch.id);
  if (!now) return;
  if (now.found || now.unread) await gate.tell(now);
  await table.close(batch.id);
}

/** The tag goes first: whoever stops before the row is written finds the tag and writes the row. */
async function decide(
  { table, objects }: Releasing,
  { attempts, releaseUnread }: ReleaseOptions,
  batch: Batch,
  member: Member,
  verdict: Verdict | undefined,
  isLate: boolean,
): Promise<string | undefined> {
  const marked = await objects.read(member);
  const hold = async (reason: HeldFor) => {
    await table.hold(batch.id, member, reason);
    return reason === 'FOUND' ? 'HeldForFindings' : 'HeldUnread';
  };
  const put = async (fate: Verdict) => {
    const isFree = fate === 'CLEAN' || (fate === 'UNREAD' && releaseUnread);
    await objects.mark(marked!, isFree ? released(member) : held(member));
    if (fate !== 'CLEAN' && !isFree) return hold(fate);
    await table.drop(batch.id, member);
    return 'Released';
  };

  if (!marked) return void (await table.drop(batch.id, member));
  switch (marked.state.is) {
    case 'held':
      return hold(verdict === 'FOUND' ? 'FOUND' : 'UNREAD');
    case 'pending':
      if (marked.state.batch === batch.id) break;
      return void (await table.drop(batch.id, member)); // another batch has it
    case 'untagged':
    case 'foreign':
      // Not tagged for this job, or not any more: whatever the job says is not about what is there now.
      if (isLate) await table.repeat(batch.id, member);
      return undefined;
    default:
      return void (await table.drop(batch.id, member));
  }
  if (verdict !== undefined) return put(verdict);
  if (!isLate) return undefined;
  if (member.attempts + 1 >= attempts) return put('UNREAD');
  await table.repeat(batch.id, { ...member, attempts: member.attempts + 1 });
  return 'ScannedAgain';
}
