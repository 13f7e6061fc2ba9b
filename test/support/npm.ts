import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'fs';
import * as path from 'path';

const CACHE = path.join(__dirname, '..', '..', '.cache');

/**
 * The folder of a package that only a test needs, installed once beside the project's own.
 *
 * @param pack with its version: `kafkajs@2.2.4`
 */
export function npmPackage(pack: string): string {
  const home = path.join(CACHE, `npm-${pack}`);
  if (!existsSync(home)) {
    const fresh = `${home}-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    execFileSync('npm', ['install', '--prefix', fresh, '--no-save', '--ignore-scripts', '--no-audit', pack], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      renameSync(fresh, home);
    } catch {
      rmSync(fresh, { recursive: true }); // Another process was faster.
    }
  }
  return path.join(home, 'node_modules', pack.slice(0, pack.lastIndexOf('@')));
}
