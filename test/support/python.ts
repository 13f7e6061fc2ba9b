import { execFileSync } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, renameSync, rmSync } from 'fs';
import * as path from 'path';

const CACHE = path.join(__dirname, '..', '..', '.cache');

/**
 * A virtual environment with exactly these packages, made once per list.
 *
 * @returns its interpreter. Scripts of packages lie beside it and are run by it: their own first line names a folder that is gone
 */
export function pythonWith(...packages: string[]): string {
  const key = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const folder = path.join(CACHE, `python-${key}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    rmSync(making, { recursive: true, force: true });
    run('python3', ['-m', 'venv', making]);
    run(path.join(making, 'bin', 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...packages,
    ]);
    try {
      renameSync(making, folder);
    } catch (error) {
      if (!existsSync(folder)) {
        throw error;
      }
      rmSync(making, { recursive: true }); // Another process was faster.
    }
  }
  return path.join(folder, 'bin', 'python');
}

function run(command: string, args: string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    throw new Error(
      `${command} ${args.join(' ')} failed; Python 3.11 with venv and pip is needed\n${stderr?.toString() ?? ''}`,
    );
  }
}
