import { readFileSync } from 'fs';
import { Token } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/** One statement of a script. */
export interface FlinkSqlStatement {
  /** Which one it is, from 1. */
  readonly number: number;

  /** The line that it begins on, from 1. */
  readonly line: number;

  /** As it was written, without the semicolon. */
  readonly text: string;
}

/**
 * SQL for Flink: statements that end in semicolons, among them at least one `INSERT INTO`. All `INSERT`s run as one job.
 *
 * `${name}` stands for a variable.
 */
export class FlinkSqlScript {
  /** SQL as a text of the program. It is plain text: what is known to CloudFormation only goes into a variable. */
  public static inline(sql: string): FlinkSqlScript {
    return new FlinkSqlScript(sql, 'the SQL');
  }

  /**
   * SQL from a file.
   *
   * @param path of the file, in UTF-8
   */
  public static fromFile(path: string): FlinkSqlScript {
    return new FlinkSqlScript(readFileSync(path, 'utf8'), path);
  }

  /**
   * The statements in their order.
   *
   * @internal
   */
  public readonly _statements: FlinkSqlStatement[];

  private constructor(
    sql: string,
    private readonly name: string,
  ) {
    if (Token.isUnresolved(sql)) {
      throw validationError(
        'FLINK-SQL-TOKEN',
        `${name} holds a value that is not known yet: write \`\${name}\` and give the value in \`variables\``,
      );
    }
    this._statements = this.split(sql);
    for (const statement of this._statements) {
      this.requireKind(statement);
    }
    if (!this._statements.some(isInsert)) {
      throw validationError('FLINK-SQL-INSERT', `${name} has no INSERT statement, so it would do nothing`);
    }
    this.requireOneInsertPerTable();
  }

  /**
   * Where a statement stands, for messages.
   *
   * @internal
   */
  public _place({ number, line }: FlinkSqlStatement): string {
    return `statement ${number} on line ${line} of ${this.name}`;
  }

  private split(sql: string): FlinkSqlStatement[] {
    const statements: FlinkSqlStatement[] = [];
    let start: number | undefined;
    let at = 0;
    const end = () => {
      if (start !== undefined) {
        statements.push({ number: statements.length + 1, line: lineOf(sql, start), text: sql.slice(start, at).trim() });
      }
      start = undefined;
    };
    while (at < sql.length) {
      const rest = sql.slice(at, at + 2);
      const closing = CLOSING[rest] ?? CLOSING[rest[0]];
      if (closing !== undefined) {
        const from = at + (CLOSING[rest] ? 2 : 1);
        const close = sql.indexOf(closing, from);
        if (close < 0 && closing !== '\n') {
          throw validationError(
            'FLINK-SQL-OPEN',
            `\`${CLOSING[rest] ? rest : rest[0]}\` on line ${lineOf(sql, at)} of ${this.name} has no \`${closing}\``,
          );
        }
        const isComment = CLOSING[rest] !== undefined;
        start = isComment ? start : (start ?? at);
        at = close < 0 ? sql.length : close + closing.length;
      } else if (rest.startsWith(';')) {
        end();
        at++;
      } else {
        start = /\s/.test(rest[0]) ? start : (start ?? at);
        at++;
      }
    }
    end();
    return statements;
  }

  private requireKind(statement: FlinkSqlStatement): void {
    const kind = /^\w*/.exec(statement.text)![0].toUpperCase();
    if (KINDS.includes(kind)) {
      return;
    }
    const hint = ['BEGIN', 'END', 'EXECUTE'].includes(kind)
      ? 'leave the statement set out, as all INSERT statements run as one'
      : `use ${KINDS.join(', ')}`;
    throw validationError('FLINK-SQL-KIND', `${this._place(statement)} begins with '${kind}': ${hint}`);
  }

  /** Two sinks with one transactional id prefix abort each other's transactions. */
  private requireOneInsertPerTable(): void {
    const seen = new Map<string, FlinkSqlStatement>();
    for (const statement of this._statements.filter(isInsert)) {
      const table = /^INSERT\s+(?:INTO|OVERWRITE)\s+([\w.`]+)/i.exec(statement.text)?.[1].replace(/`/g, '');
      const other = table === undefined ? undefined : seen.get(table);
      if (other) {
        throw validationError(
          'FLINK-SQL-SINK-TWICE',
          `${this._place(statement)} writes '${table}', as statement ${other.number} does, and their transactions would end ` +
            'each other: write one INSERT with UNION ALL',
        );
      }
      seen.set(table ?? '', statement);
    }
  }
}

/** What begins something in which a semicolon ends nothing, and what ends it. A doubled quote begins anew. */
const CLOSING: Record<string, string> = { "'": "'", '"': '"', '`': '`', '--': '\n', '/*': '*/' };

const KINDS = ['ALTER', 'CREATE', 'DROP', 'INSERT', 'SET', 'USE'];

export function isInsert({ text }: FlinkSqlStatement): boolean {
  return /^INSERT\s/i.test(text);
}

function lineOf(sql: string, at: number): number {
  return sql.slice(0, at).split('\n').length;
}
