import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import * as path from 'node:path';
import { CACHE } from './java';

/**
 * A class data archive for one JDK and class path: it halves the time that a broker takes to start. The first cluster
 * writes it when it stops.
 */
export class ClassArchive {
  private readonly file: string;
  private readonly fresh: string;

  constructor(jdk: string, classPath: string) {
    const key = createHash('sha256').update(`${jdk}\0${classPath}`).digest('hex').slice(0, 16);
    this.file = path.join(CACHE, 'cds', `${key}.jsa`);
    this.fresh = `${this.file}.${randomUUID()}`;
  }

  get exists(): boolean {
    return existsSync(this.file);
  }

  /** JVM options of a process that uses the archive if there is one. */
  use(): string[] {
    return this.exists ? [`-XX:SharedArchiveFile=${this.file}`] : [];
  }

  /** JVM options of a process that uses the archive, or writes it at its end. */
  useOrWrite(): string[] {
    mkdirSync(path.dirname(this.file), { recursive: true });
    return this.exists ? this.use() : [`-XX:ArchiveClassesAtExit=${this.fresh}`];
  }

  /** Takes what the process has written. */
  keep(): void {
    if (existsSync(this.fresh)) {
      renameSync(this.fresh, this.file);
    }
  }
}
