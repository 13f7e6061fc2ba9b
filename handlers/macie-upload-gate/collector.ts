import { isThrottled } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import { inParallel } from './in-turn';
import type { GateObjects, Marked } from './objects';
import type { Batch, GateTable, Member } from './table';
import { idOf, pending } from './upload';
import type { Upload } from './upload';

/** A message about an upload. */
export interface Notified {
  readonly receipt: string;
  readonly upload: Upload;
}

/** Where uploads are announced. A message that is not finished comes back. */
export interface Announcements {
  receive(): Promise<Notified[]>;
  finish(messages: readonly Notified[]): Promise<void>;
}

export interface GateJobs {
  /** A job that a former run has made for the batch without noting it. */
  find(batch: string): Promise<string | undefined>;
  /** The same job for the same batch, however often it is asked for. */
  create(batch: string): Promise<string>;
}

export interface Collecting {
  readonly table: GateTable;
  readonly objects: GateObjects;
  readonly announcements: Announcements;
  readonly jobs: GateJobs;
  readonly clock: Clock;
  newBatchId(): string;
}

export interface CollectOptions {
  readonly maxObjects: number;
  readonly maxJobsPerDay: number;

  /** For how long uploads are collected before the job is made. */
  readonly forMs: number;
}

/** What happened, as metrics. */
export type Counts = Record<string, number>;

/**
 * Puts uploads into a batch and has the batch scanned: at most one job in a run, and none where a day has had enough.
 *
 * Macie takes no list of objects, so the objects of a batch carry its name in their tag, and the job is for that tag.
 *
 * @see https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html#jobs-model-tagscopeterm
 */
export async function collect(gate: Collecting, options: CollectOptions): Promise<Counts> {
  const { table, clock } = gate;
  const batches = await table.batches();
  const waiting = batches.find(({ sealed, jobId }) => sealed !== undefined && jobId === undefined);
  const turn = await table.mayStart(clock.now(), waiting === undefined, options.maxJobsPerDay);
  // Uploads wait where they are: in a queue that keeps them longer than a batch could.
  if (turn !== 'yes') return { DayExhausted: turn === 'tomorrow' ? 1 : 0 };
  const counts: Counts = { DayExhausted: 0, Collected: 0 };
  const batch = waiting ?? (await fill(gate, options, batches, counts));
  if (batch && (await table.takeTurn(batch, clock.now(), options.maxJobsPerDay))) {
    Object.assign(counts, await start(gate, batch));
  }
  return counts;
}

/** @returns the batch, if there is anything in it */
async function fill(
  gate: Collecting,
  { maxObjects, forMs }: CollectOptions,
  batches: Batch[],
  counts: Counts,
): Promise<Batch | undefined> {
  const { table, announcements, clock } = gate;
  const end = clock.now() + forMs;
  const batch =
    batches.find(({ sealed }) => sealed === undefined) ?? (await table.open(gate.newBatchId(), clock.now()));
  let size = (await table.members(batch.id)).length; // a run before this one may not have come to its end
  const again = await table.again(Math.max(0, maxObjects - size));
  await inParallel(again, async (member) => {
    if (await readmit(gate, batch, member)) size++;
  });

  const take = async () => {
    while (size < maxObjects && clock.now() < end) {
      const messages = await announcements.receive();
      if (messages.length === 0) return;
      size += await admit(gate, batch, messages, counts);
    }
  };
  await Promise.all(Array.from({ length: 8 }, take));
  counts.Collected += size;
  return size > 0 ? batch : undefined;
}

async function readmit({ table, objects }: Collecting, batch: Batch, member: Member): Promise<boolean> {
  const marked = (await objects.isLatest(member)) ? await objects.read(member) : undefined;
  // Macie reads no older versions; this one stays as unreadable as it is.
  if (!marked || ['released', 'reviewed', 'held'].includes(marked.state.is)) {
    await table.drop(undefined, member);
    return false;
  }
  if (!(await table.readmit(batch.id, member))) return false;
  await objects.mark(marked, pending(batch.id));
  return true;
}

/** Rows first, then tags, then the end of the messages: whoever stops in between is made up for by their return. */
async function admit(
  { table, objects, announcements, clock }: Collecting,
  batch: Batch,
  messages: Notified[],
  counts: Counts,
): Promise<number> {
  const uploads = new Map(messages.map(({ upload }) => [idOf(upload), upload]));
  const wanted: Marked[] = [];
  await inParallel([...uploads.values()], async (upload) => {
    const marked = await objects.read(upload);
    if (!marked || (await isSettled(table, marked))) return;
    if (objects.hasRoom(marked)) return void wanted.push(marked);
    if (await table.isHeld(upload)) return;
    await table.hold(batch.id, { ...upload, at: clock.now(), attempts: 0 }, 'TAGS');
    counts.HeldUnread = (counts.HeldUnread ?? 0) + 1;
  });
  if (wanted.length > 0) {
    const members = wanted.map(({ upload: { key, versionId } }) => ({ key, versionId, at: clock.now(), attempts: 0 }));
    if (!(await table.admit(batch.id, members))) return 0; // sealed by now: the messages come back
    await inParallel(wanted, (marked) => objects.mark(marked, pending(batch.id)));
  }
  await announcements.finish(messages);
  return wanted.length;
}

/** Whether there is nothing to do about an upload: it is decided, or waits already. */
export async function isSettled(table: GateTable, { upload, state }: Marked): Promise<boolean> {
  switch (state.is) {
    case 'released':
    case 'held':
      return true;
    case 'reviewed': // by people, who look only into what is held; an upload may have brought such a tag along
      return table.isHeld(upload);
    case 'pending':
      return table.isWaiting(state.batch, upload);
    default:
      return false;
  }
}

async function start({ table, jobs }: Collecting, { id, sealed }: Batch): Promise<Counts> {
  try {
    // A batch that was sealed by a former run may have a job that nobody noted.
    const jobId = (sealed === undefined ? undefined : await jobs.find(id)) ?? (await jobs.create(id));
    await table.started(id, jobId);
    return { JobsStarted: 1 };
  } catch (error) {
    if (!isThrottled(error as AwsError)) throw error;
    return { Throttled: 1 }; // the next run goes on with this batch
  }
}
