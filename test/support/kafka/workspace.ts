import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const REPORTS = path.join(__dirname, '..', '..', '..', 'reports', 'kafka');
const LOGS_KEPT = 20;
const PREFIX = 'cdk-msk-kafka-';

/** A fresh folder for the data of one cluster, named after this process so that a later one can tell it was left behind. */
export function runFolder(): string {
  return mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** A folder for the logs of one run. Those of the latest runs stay, failed or not. */
export function logFolder(name: string): string {
  const folder = path.join(REPORTS, `${new Date().toISOString().replace(/[:.]/g, '-')}-${name}`);
  mkdirSync(folder, { recursive: true });
  const old = readdirSync(REPORTS).sort().slice(0, -LOGS_KEPT);
  old.forEach((run) => rmSync(path.join(REPORTS, run), { recursive: true, force: true }));
  return folder;
}

/** Removes what processes that no longer live have left behind: folders, and brokers should one have outlived its parent. */
export function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : undefined;
    if (owner === undefined || isAlive(owner)) {
      continue;
    }
    const folder = path.join(tmpdir(), name);
    try {
      readdirSync(folder)
        .filter((file) => file.endsWith('.pid'))
        .map((file) => Number(readFileSync(path.join(folder, file), 'utf8')))
        .filter((pid) => commandLine(pid).includes(folder))
        .forEach((pid) => process.kill(pid, 'SIGKILL'));
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process sweeps at the same time; what it misses, the next one finds.
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Empty where the system has no `/proc`; there the life line of the brokers has to do. */
function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
