import { existsSync, readFileSync, writeFileSync } from 'fs';
import * as path from 'path';

interface Compared {
  readonly ours: number;
  readonly byHand: number;
  readonly ratio: number;
}

interface Results {
  readonly node: string;
  readonly samples: number;
  readonly synth: readonly ({ readonly stack: string } & Record<string, Compared>)[];
  readonly handlerPath: Readonly<Record<string, number>>;
}

const FIGURES: Record<string, string> = {
  importMs: 'import, ms',
  firstMs: 'first synthesis, ms',
  warmMs: 'further synthesis, ms',
  heapMb: 'heap after 41 of them, MB',
  resources: 'resources',
  templateBytes: 'template, bytes',
};

const TEXT = `# Performance

Ratios, measured in one run: whatever else the machine does falls on both sides. \`npm run build && npm run bench\` measures again and writes this page; with \`-- --engines\` Spark and Flink too.
`;

/** Writes docs/performance.md from what has been measured. */
export function writeReport(): void {
  const { node, samples, synth, handlerPath } = read<Results>('results.json')!;
  const engines = read<Record<string, Record<string, unknown>>>('results-engines.json');
  const page = [
    TEXT,
    `## Synthesis\n\nAgainst the same stack by hand on the CloudFormation classes; the least of ${samples} processes each, Node ${node}, assemblies in memory. By hand, import means the modules of \`aws-cdk-lib\` that the library is made of, whose classes load when they are used first.\n`,
    ...synth.map(
      ({ stack, ...figures }) =>
        `${table(
          [`*${stack}*`, 'this library', 'by hand', 'ratio'],
          Object.entries(FIGURES).map(([name, label]) => cells(label, figures[name])),
        )}\n`,
    ),
    `## From the broker to the function\n\n${handlerPath.records.toLocaleString('en-US')} records of ${handlerPath.valueBytes} bytes through the poller of the tests to a function in a process of its own, against a bare client that only reads: ${handlerPath.recordsPerSecond.toLocaleString('en-US')} records a second against ${handlerPath.bareRecordsPerSecond.toLocaleString('en-US')}, a ratio of ${handlerPath.ratio}.\n`,
    ...(engines ? [`## Engines\n`, ...Object.entries(engines).map(engine)] : []),
  ];
  writeFileSync(path.join(__dirname, '..', 'docs', 'performance.md'), page.join('\n'));
}

function cells(label: string, { ours, byHand, ratio }: Compared): string[] {
  return [label, String(ours), String(byHand), String(ratio)];
}

const ENGINE_TITLES: Record<string, string> = {
  flink: "Flink SQL, against the same statements in a program of one's own",
  glue: 'The script for Glue, against Spark that reads and writes with nothing of ours',
};

const ENGINE_FIGURES: Record<string, string> = {
  flink: 'Flink',
  records: 'records',
  recordsPerBatch: 'records in a batch',
  rounds: 'rounds of both',
  jarMb: 'jar, MB',
  bareRecordsPerSecond: 'records a second, bare',
  recordsPerSecond: 'records a second, this library',
  ratio: 'ratio, the median of the rounds',
  ratios: 'ratio of each round',
};

function engine([name, figures]: [string, Record<string, unknown>]): string {
  const rows = Object.entries(figures).map(([figure, value]) => [
    ENGINE_FIGURES[figure],
    Array.isArray(value) ? value.join(', ') : typeof value === 'number' ? value.toLocaleString('en-US') : String(value),
  ]);
  return `${table([ENGINE_TITLES[name], ''], rows)}\n`;
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function read<T>(file: string): T | undefined {
  const full = path.join(__dirname, file);
  return existsSync(full) ? (JSON.parse(readFileSync(full, 'utf8')) as T) : undefined;
}
