import * as path from 'path';
import { macieSample } from './findings';

/**
 * STAND-IN for Macie's detector, which nobody but AWS can run: two kinds of data, behind the gate of formats that Macie
 * documents. It says nothing about what Macie finds, only about what Macie is given to read.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html
 */
export function standInFinding(bucket: string, key: string, body: string): any {
  const lines = readable(key, body);
  const numbers = lines.flatMap((line) => [...line.matchAll(/\b\d{16}\b/g)].map(([number]) => number)).filter(isCard);
  if (numbers.length === 0) return undefined;
  const event = macieSample('financial');
  const { resourcesAffected, classificationDetails } = event.detail;
  resourcesAffected.s3Bucket.name = bucket;
  Object.assign(resourcesAffected.s3Object, { key, path: `${bucket}/${key}`, extension: path.extname(key).slice(1) });
  classificationDetails.result.additionalOccurrences = false;
  classificationDetails.result.sensitiveData = [
    {
      category: 'FINANCIAL_INFORMATION',
      totalCount: numbers.length,
      detections: [{ type: 'CREDIT_CARD_NUMBER', count: numbers.length, occurrences: null }],
    },
  ];
  return event;
}

/** What the gate lets through: nothing of an object whose extension is none of the documented ones. */
function readable(key: string, body: string): string[] {
  const extension = /\.(\w+)$/.exec(key)?.[1];
  if (extension === undefined || !['jsonl', 'json', 'txt', 'csv', 'tsv', 'xml', 'yaml', 'html'].includes(extension)) {
    return [];
  }
  const lines = body.split('\n').filter((line) => line !== '');
  if (extension === 'jsonl') lines.forEach((line) => JSON.parse(line)); // a line that is no JSON is not read as such
  return lines;
}

function isCard(number: string): boolean {
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce(
    (total, digit, at) => total + (at % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit),
    0,
  );
  return sum % 10 === 0;
}
