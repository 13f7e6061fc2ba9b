import type { Clock } from '../shared/clock';
import { isSettled } from './collector';
import type { Counts } from './collector';
import { inParallel } from './in-turn';
import type { GateObjects } from './objects';
import type { GateTable } from './table';
import type { Upload } from './upload';

export interface Reconciling {
  readonly table: GateTable;
  readonly objects: GateObjects;
  readonly clock: Clock;
  announce(uploads: Upload[]): Promise<void>;
}

/** What is younger may well be on its way. */
const YOUNG = 3_600_000;

/** Finds what no event has told of, or has lost its tag, and forgets what was held and is gone. */
export async function reconcile(gate: Reconciling, prefixes: readonly string[]): Promise<Counts> {
  const { table, objects, clock } = gate;
  const counts: Counts = { Missed: 0, Held: 0 };
  for (const prefix of prefixes) {
    for await (const { uploads, next } of objects.latest(prefix, await table.searchedTo(prefix))) {
      const missed: Upload[] = [];
      await inParallel(
        uploads.filter(({ modified }) => clock.now() - modified > YOUNG),
        async (upload) => {
          const marked = await objects.read(upload);
          if (marked && !(await table.isHeld(upload)) && !(await isSettled(table, marked))) missed.push(upload);
        },
      );
      await gate.announce(missed);
      counts.Missed += missed.length;
      await table.searched(prefix, next);
    }
  }
  await inParallel(await table.held(), async (upload) => {
    const marked = await objects.read(upload);
    if (!marked) return table.forget(upload);
    if (marked.state.is !== 'reviewed') counts.Held++;
  });
  return counts;
}
