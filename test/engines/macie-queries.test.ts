import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { gzipSync } from 'zlib';
import { App, Stack } from 'aws-cdk-lib';
import { DiscoveryResultsExport, DiscoveryResultsTable, FindingsArchive, FindingsArchiveTable } from '../../lib/macie';
import { askNamedQueries } from '../support/athena';
import { macieSample } from '../support/findings';
import { seeded } from '../support/seeded';

jest.setTimeout(300_000);

const PLACE = { account: '123456789012', region: 'eu-west-1' };

let stack: Stack;
let folder: string;
beforeEach(() => {
  stack = new Stack(new App(), 'Keep', { env: PLACE });
  folder = mkdtempSync(path.join(tmpdir(), 'athena-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, lines: (object | string)[]): void {
  const at = path.join(folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  writeFileSync(at, gzipSync(text));
}

/** Adds up numbers by keys, as rows with the names of the keys. */
function tally<T>(rows: T[], keysOf: (row: T) => Record<string, unknown>, sums: Record<string, (row: T) => number>) {
  const groups = new Map<string, any>();
  for (const row of rows) {
    const keys = keysOf(row);
    const group = groups.get(JSON.stringify(keys)) ?? { ...keys };
    for (const [name, of] of Object.entries(sums)) group[name] = (group[name] ?? 0) + of(row);
    groups.set(JSON.stringify(keys), group);
  }
  return [...groups.values()];
}

const sorted = (rows: object[]) => rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

const CATEGORIES = ['CREDENTIALS', 'FINANCIAL_INFORMATION', 'PERSONAL_INFORMATION'];

/** A record as Macie writes it for an object that it has looked at. */
function resultOf(at: number, random: () => number): any {
  const { resourcesAffected, classificationDetails } = macieSample('multiple').detail;
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const status = pick([
    { code: 'COMPLETE' },
    { code: 'COMPLETE', reason: null },
    { code: 'PARTIAL', reason: 'ARCHIVE_CONTAINS_UNPROCESSED_FILES' },
    { code: 'SKIPPED', reason: 'PERMISSION_ERROR' },
  ]);
  const detected = status.code === 'SKIPPED' ? [] : CATEGORIES.filter(() => random() < 0.3);
  const sensitiveData = detected.map((category) => ({
    category,
    totalCount: pick([1, 2, 99, 100, 12_345]),
    detections: [{ type: 'X', count: 1, occurrences: { lineRanges: [{ start: 1, end: 1, startColumn: 2 }] } }],
  }));
  const custom = status.code !== 'SKIPPED' && random() < 0.3 ? pick([1, 7]) : 0;
  const embedded = random() < 0.2 ? { filePath: 'in/inside.csv', fileExtension: 'csv', fileSize: '12' } : undefined;
  return {
    schemaVersion: '1.0',
    id: `result-${at}`,
    accountId: PLACE.account,
    region: PLACE.region,
    partition: 'aws',
    category: 'CLASSIFICATION',
    createdAt: `2026-10-${pick(['01', '02', '31'])}T10:00:00.000Z`,
    updatedAt: '2026-10-31T10:00:00.000Z',
    resourcesAffected: {
      s3Bucket: { ...resourcesAffected.s3Bucket, name: pick(['orders', 'exports']) },
      s3Object: { ...resourcesAffected.s3Object, ...(embedded && { embeddedFileDetails: embedded }) },
    },
    classificationDetails: {
      ...classificationDetails,
      result: {
        status,
        sizeClassified: 12,
        mimeType: 'text/csv',
        sensitiveData: sensitiveData.length === 0 && random() < 0.5 ? null : sensitiveData,
        customDataIdentifiers: {
          totalCount: custom,
          detections: custom === 0 ? [] : [{ arn: 'arn:x', name: 'number', count: custom }],
        },
      },
    },
  };
}

test('[S-28] the queries of discovery results answer what counting the records answers', () => {
  const resultsExport = new DiscoveryResultsExport(stack, 'Results');
  new DiscoveryResultsTable(stack, 'Table', { resultsExport });
  const random = seeded(28);
  const records = Array.from({ length: 400 }, (_, at) => resultOf(at, random));
  for (let file = 0; file < 8; file++) {
    const lines = records.filter((_, at) => at % 8 === file);
    write(`${resultsExport.resultsPrefix}job${file % 3}/${file}.jsonl.gz`, file === 0 ? ['', '{', ...lines] : lines);
  }
  const answers = askNamedQueries(stack, 'discovery_results', path.join(folder, resultsExport.resultsPrefix));

  const objects = records.filter(({ resourcesAffected: { s3Object } }) => !s3Object.embeddedFileDetails);
  const found = objects.flatMap((record) => {
    const { sensitiveData, customDataIdentifiers } = record.classificationDetails.result;
    const { totalCount } = customDataIdentifiers;
    const all = [...(sensitiveData ?? []), ...(totalCount ? [{ category: 'CUSTOM_IDENTIFIER', totalCount }] : [])];
    return all.map((data) => ({
      id: record.id,
      bucket: record.resourcesAffected.s3Bucket.name,
      day: record.createdAt.slice(0, 10),
      category: data.category,
      count: data.totalCount,
    }));
  });
  expect([objects.length, found.length].every((length) => length > 100)).toBe(true);
  const sums = { objects: () => 1, occurrences: ({ count }: { count: number }) => count };
  const same = (name: string, rows: object[]) => expect([name, sorted(answers[name])]).toEqual([name, sorted(rows)]);
  same(
    'macie-by-bucket',
    tally(found, ({ bucket, category }) => ({ bucket, category }), sums),
  );
  same(
    'macie-by-category',
    tally(found, ({ category }) => ({ category }), sums),
  );
  same(
    'macie-by-day',
    tally(found, ({ day, category }) => ({ day, category }), sums),
  );
  const ids = [...new Set(found.map(({ id }) => id))];
  const rated = ids.map((id) => {
    const of = found.filter((one) => one.id === id);
    const isHigh = of.some(({ category, count }) => category === 'CREDENTIALS' || count >= 100);
    const severity = isHigh ? 'High' : of.some(({ count }) => count > 1) ? 'Medium' : 'Low';
    return { bucket: of[0].bucket, severity };
  });
  same(
    'macie-by-severity',
    tally(rated, (one) => one, { objects: () => 1 }),
  );
  same(
    'macie-not-read',
    tally(
      objects.filter(({ classificationDetails }) => classificationDetails.result.status.code !== 'COMPLETE'),
      ({ resourcesAffected, classificationDetails: { result } }) => ({
        bucket: resourcesAffected.s3Bucket.name,
        status: result.status.code,
        reason: result.status.reason,
      }),
      { objects: () => 1 },
    ),
  );
});

test('[188] [S-28] the queries of archived findings count each finding once, however often it was delivered', () => {
  const archive = new FindingsArchive(stack, 'Archive');
  new FindingsArchiveTable(stack, 'Table', { archive });
  const random = seeded(188);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const findings = Array.from({ length: 120 }, (_, at) => {
    const isPolicy = random() < 0.4;
    const event = macieSample(isPolicy ? 'policy-bucket-public' : pick(['financial', 'personal', 'credentials']));
    const createdAt = `2026-${pick(['08', '09'])}-0${pick(['1', '2'])}T10:00:00.000Z`;
    event.detail.resourcesAffected.s3Bucket.name = pick(['orders', 'exports']);
    Object.assign(event.detail, { id: `finding-${at}`, createdAt, count: 1 });
    return { event, counts: isPolicy ? pick([[1], [1, 2, 3]]) : pick([[1], [1, 1]]) };
  });
  const events = findings.flatMap(({ event, counts }) =>
    counts.map((count) => ({ ...event, detail: { ...event.detail, count } })),
  );
  for (const day of ['2026-09-01', '2026-09-02']) {
    const lines = events.filter((_, at) => (at % 2 === 0) === (day === '2026-09-01'));
    write(`${archive.findingsPrefix}day=${day}/part.jsonl.gz`, lines);
  }
  const answers = askNamedQueries(stack, 'findings', path.join(folder, archive.findingsPrefix));

  const rows = findings.map(({ event: { detail }, counts }) => ({
    account: detail.accountId,
    bucket: detail.resourcesAffected.s3Bucket.name,
    type: detail.type,
    severity: detail.severity.description,
    month: detail.createdAt.slice(0, 7),
    occurred: counts[counts.length - 1],
  }));
  const sums = { findings: () => 1, occurred: ({ occurred }: { occurred: number }) => occurred };
  const same = (name: string, expected: object[]) =>
    expect([name, sorted(answers[name])]).toEqual([name, sorted(expected)]);
  same(
    'macie-findings-by-bucket',
    tally(rows, ({ account, bucket, type }) => ({ account, bucket, type }), sums),
  );
  same(
    'macie-findings-by-severity',
    tally(rows, ({ severity, type }) => ({ severity, type }), sums),
  );
  same(
    'macie-findings-by-month',
    tally(rows, ({ month, severity }) => ({ month, severity }), { findings: () => 1 }),
  );
});
