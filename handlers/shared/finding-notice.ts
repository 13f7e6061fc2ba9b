import type {
  ClassificationResult,
  FindingEvent,
  GuardDutyFinding,
  MacieFinding,
  SecurityHubFinding,
} from './finding-events';
import { inert } from './neutral-text';

export type Level = 'Low' | 'Medium' | 'High' | 'Critical';

/** What a person is told about a finding; every text of others in it is inert. */
export interface Notice {
  readonly level: Level;
  /** One sentence without a period. */
  readonly what: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly advice: readonly string[];
  readonly bucket?: string;
  /** What a digest groups by beside the bucket. */
  readonly category: string;
  readonly count: number;
  readonly id: string;
  readonly link: string;
  readonly isSample: boolean;
}

/** Where a stream lands: objects below the prefix are named by topic and hour. */
export interface Landing {
  readonly bucket: string;
  readonly prefix: string;
}

export interface NoticeOptions {
  /** Whether keys of objects are said. @default false */
  readonly showObjectKeys?: boolean;
  /** Where objects come from topics, so that a notice can name those. */
  readonly landings?: readonly Landing[];
}

/** Kinds of sensitive data in words. */
const CATEGORIES: Record<string, string> = {
  CREDENTIALS: 'credentials',
  CUSTOM_IDENTIFIER: 'data of custom identifiers',
  FINANCIAL_INFORMATION: 'financial information',
  PERSONAL_INFORMATION: 'personal information',
};

/** What a finding about a bucket means. */
const POLICIES: Record<string, string> = {
  S3BlockPublicAccessDisabled: 'public access is no longer blocked for',
  S3BucketEncryptionDisabled: 'default encryption was reset for',
  S3BucketPublic: 'everybody can access',
  S3BucketReplicatedExternally: 'an account outside of the organization gets copies of the objects of',
  S3BucketSharedExternally: 'an account outside of the organization can access',
  S3BucketSharedWithCloudFront: 'a CloudFront distribution can access',
};

/** Reads whatever events carry findings. One event of Security Hub may carry several. */
export function noticesOf(event: FindingEvent, options: NoticeOptions = {}): Notice[] {
  const detail = event.detail ?? {};
  switch (event.source) {
    case 'aws.macie':
      return [ofMacie(detail, event, options)];
    case 'aws.guardduty':
      return [ofGuardDuty(detail, event)];
    case 'aws.securityhub': {
      const { findings = [] } = detail as { readonly findings?: readonly SecurityHubFinding[] };
      return findings.map((finding) => ofSecurityHub(finding, event, options));
    }
    default:
      return [unknown(event)];
  }
}

function ofMacie(finding: MacieFinding, event: FindingEvent, options: NoticeOptions): Notice {
  const { s3Bucket, s3Object } = finding.resourcesAffected ?? {};
  const bucket = text(s3Bucket?.name);
  const region = text(finding.region ?? event.region);
  const level = LEVELS.find((one) => one === finding.severity?.description) ?? 'High';
  const common = {
    level,
    bucket,
    id: text(finding.id),
    link: consoleLink(region, 'macie', `findings?itemId=${encodeURIComponent(text(finding.id))}`),
    isSample: (finding.sample ?? event.sample) === true,
  };
  const place = [
    ['Bucket', bucket],
    ['Account', text(finding.accountId)],
    ['Region', region],
  ] as const;
  if (finding.category === 'POLICY') {
    const type = text(finding.type);
    const name = type.split('/').at(-1)!;
    const api = finding.policyDetails?.action?.apiCallDetails?.api;
    return {
      ...common,
      what: `${POLICIES[name] ?? `${name} of`} bucket ${bucket}`,
      category: name,
      count: number(finding.count),
      facts: [
        ...place,
        ['How much', times(number(finding.count))],
        ...(api ? [['By', text(api)] as const] : []),
        ['When', when(finding.updatedAt)],
      ],
      advice: [],
    };
  }
  const { categories, detections, total } = detected(finding.classificationDetails?.result);
  const landing = landingOf(s3Object?.key, s3Bucket?.name, options.landings);
  return {
    ...common,
    what: `${list(categories)} in ${landing ? `records of topic ${landing.topic}` : `an object of bucket ${bucket}`}`,
    category: list(categories),
    count: total,
    facts: [
      ...place,
      ['Object', objectName(s3Object?.key, options.showObjectKeys)],
      ...(landing ? [['Topic', landing.topic] as const, ['Hour', landing.hour] as const] : []),
      ['Found', detections],
      ['How much', `${howMuch(total)}${partial(finding.classificationDetails?.result)}`],
      ['By', origin(finding.classificationDetails)],
      ['When', when(finding.createdAt)],
    ],
    advice: landing
      ? [
          `The records stay in topic ${landing.topic} until its retention ends: whoever may read the topic can read them still`,
        ]
      : [],
  };
}

function detected(result: ClassificationResult | null | undefined) {
  const managed = (result?.sensitiveData ?? []).map((item) => ({
    category: CATEGORIES[item.category ?? ''] ?? words(text(item.category)),
    total: number(item.totalCount),
    parts: (item.detections ?? []).map((one) => `${words(text(one.type))} ${howMany(one.count)}`),
  }));
  const customCount = number(result?.customDataIdentifiers?.totalCount);
  const custom = {
    category: CATEGORIES.CUSTOM_IDENTIFIER,
    total: customCount,
    parts: (result?.customDataIdentifiers?.detections ?? []).map((one) => `${text(one.name)} ${howMany(one.count)}`),
  };
  const all = [...managed, ...(customCount > 0 ? [custom] : [])];
  const parts = all.flatMap((one) => one.parts);
  return {
    categories: all.length > 0 ? [...new Set(all.map(({ category }) => category))] : ['sensitive data'],
    detections: parts.length > 10 ? `${parts.slice(0, 10).join('; ')}; and more` : parts.join('; ') || 'not said',
    total: all.reduce((sum, { total }) => sum + total, 0),
  };
}

/**
 * A key can be as sensitive as what is inside: nothing of it is said but the end that names the format.
 */
function objectName(key: unknown, show = false): string {
  if (typeof key !== 'string') return 'not said';
  if (show) return inert(key);
  const extension = /\.[a-z0-9]{1,8}$/i.exec(key)?.[0] ?? '';
  return `…${FORMATS.test(extension) ? extension : ''} (name withheld)`;
}

/** Only names of formats are let through: what comes after the last period may be a name as well. */
const FORMATS = /^\.(avro|parquet|gz|gzip|tar|zip|docx?|pdf|xlsx?|eml|csv|jsonl?|html?|txt|tsv|xml|ya?ml|log|sql)$/i;

/** Names of topics hold nothing that would have to be neutralised. */
function landingOf(key: unknown, bucket: unknown, landings: readonly Landing[] = []) {
  if (typeof key !== 'string') return undefined;
  const landing = landings.find((one) => one.bucket === bucket && key.startsWith(one.prefix));
  const path = landing && /^([\w.-]{1,249})\/(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\//.exec(key.slice(landing.prefix.length));
  return path ? { topic: path[1], hour: `${path[2]}-${path[3]}-${path[4]} ${path[5]}:00 UTC` } : undefined;
}

function origin(details: MacieFinding['classificationDetails']): string {
  return details?.jobId ? `classification job ${text(details.jobId)}` : 'automated discovery';
}

function partial(result: ClassificationResult | null | undefined): string {
  const notes = [
    ...(result?.additionalOccurrences ? ['more than the finding lists'] : []),
    ...(result?.status?.code === 'PARTIAL' ? ['a part of the object was not read'] : []),
  ];
  return notes.length > 0 ? `; ${notes.join('; ')}` : '';
}

/** GuardDuty counts from 1 to 10. */
function ofGuardDuty(finding: GuardDutyFinding, event: FindingEvent): Notice {
  const buckets = (finding.resource?.s3BucketDetails ?? []).map((one) => text(one.name));
  const type = text(finding.type);
  const region = text(finding.region ?? event.region);
  const id = text(finding.id);
  return {
    level: guardDutyLevel(number(finding.severity)),
    what: `unusual access: ${type}${buckets.length > 0 ? ` on bucket ${list(buckets)}` : ''}`,
    category: type,
    count: number(finding.service?.count ?? 1),
    bucket: buckets[0],
    id,
    link: consoleLink(region, 'guardduty', `/findings?macros=current&fId=${encodeURIComponent(id)}`),
    isSample: finding.service?.additionalInfo?.sample === true,
    facts: [
      ['Bucket', list(buckets) || 'not said'],
      ['Account', text(finding.accountId)],
      ['Region', region],
      ['Call', text(finding.service?.action?.awsApiCallAction?.api ?? 'not said')],
      ['How much', times(number(finding.service?.count ?? 1))],
      ['When', when(finding.updatedAt)],
    ],
    advice: [],
  };
}

/** @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
function guardDutyLevel(severity: number): Level {
  if (severity >= 9) return 'Critical';
  return severity >= 7 ? 'High' : severity >= 4 ? 'Medium' : 'Low';
}

function ofSecurityHub(finding: SecurityHubFinding, event: FindingEvent, options: NoticeOptions): Notice {
  const resources = finding.Resources ?? [];
  const nameOf = (type: string) => {
    const id = resources.find((one) => one.Type === type)?.Id;
    return typeof id === 'string' ? id.split(':::')[1] : undefined;
  };
  const object = nameOf('AwsS3Object');
  const bucket = text(nameOf('AwsS3Bucket') ?? object?.split('/')[0]);
  const region = text(finding.Region ?? event.region);
  const type = text(finding.Types?.[0]).split('/').slice(2).join('/');
  const label = text(finding.Severity?.Label).toLowerCase();
  return {
    level: LEVELS.find((one) => one.toLowerCase() === label) ?? 'Low',
    what: `${inert(text(finding.ProductName ?? 'a product'))} through Security Hub: ${type} on bucket ${bucket}`,
    category: type,
    count: 1,
    bucket,
    id: text(finding.Id),
    link: consoleLink(region, 'securityhub', `/findings?search=Id%3D${encodeURIComponent(text(finding.Id))}`),
    isSample: finding.Sample === true,
    facts: [
      ['Bucket', bucket],
      ...(object
        ? [['Object', objectName(object.split('/').slice(1).join('/'), options.showObjectKeys)] as const]
        : []),
      ['Account', text(finding.AwsAccountId)],
      ['Region', region],
      ['When', when(finding.UpdatedAt)],
    ],
    advice: [],
  };
}

/** Events of this library, and kinds of findings that are newer than it. */
function unknown(event: FindingEvent): Notice {
  const region = text(event.region);
  // Of other events nobody knows which of their texts are sensitive.
  const isOurs = event.source?.startsWith('cdk-msk-macie') === true;
  const detail = Object.entries(isOurs ? (event.detail ?? {}) : {}).filter(([, value]) =>
    /^(string|number)$/.test(typeof value),
  );
  const { eventType } = (event.detail ?? {}) as { readonly eventType?: unknown };
  return {
    level: 'Medium',
    what: `${text(event['detail-type'])}${eventType ? `: ${words(text(eventType))}` : ''}`,
    category: text(event['detail-type']),
    count: 1,
    id: text(event.id),
    link: consoleLink(region, 'macie', 'jobs'),
    isSample: false,
    facts: [
      ['Account', text(event.account)],
      ['Region', region],
      ...detail.slice(0, 8).map(([name, value]) => [inert(name), inert(String(value))] as const),
      ['When', when(event.time)],
    ],
    advice: [],
  };
}

export const LEVELS: readonly Level[] = ['Low', 'Medium', 'High', 'Critical'];

export function consoleLink(region: string, service: string, rest: string): string {
  const name = /^[a-z0-9-]+$/.test(region) ? region : 'us-east-1';
  return `https://${name}.console.aws.amazon.com/${service}/home?region=${name}#${rest}`;
}

/** Text of others, made harmless. */
export function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? inert(value).replaceAll('＿', '_') : 'not said';
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function howMany(value: unknown): string {
  return number(value).toLocaleString('en-US');
}

function howMuch(total: number): string {
  return total === 1 ? '1 occurrence' : `${howMany(total)} occurrences`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${howMany(count)} times`;
}

/** `CREDIT_CARD_NUMBER` is written for machines. */
function words(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}

function list(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function when(time: unknown): string {
  const date = new Date(String(time));
  return Number.isNaN(date.getTime()) ? 'not said' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
