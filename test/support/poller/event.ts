import type { MSKEvent, MSKRecord } from 'aws-lambda';

/** By which schema a key or value was decoded. */
export interface SchemaMetadata {
  readonly dataFormat: string;
  /** A number of Confluent's registry as text, or a version id of AWS Glue. */
  readonly schemaId: string;
}

/** A record as the broker gave it, or decoded by its schemas. */
export interface PolledRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: MSKRecord['timestampType'];
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  readonly keySchema?: SchemaMetadata;
  readonly valueSchema?: SchemaMetadata;
}

/** The public types know neither a record without a key nor a tombstone; the service sends both. */
export interface EventRecord extends Omit<MSKRecord, 'key' | 'value'> {
  key?: string | null;
  value?: string | null;
  keySchemaMetadata?: SchemaMetadata;
  valueSchemaMetadata?: SchemaMetadata;
}

export interface KafkaEvent extends Omit<MSKEvent, 'records'> {
  records: Record<string, EventRecord[]>;
}

/** How a key or value that is not there looks in an event. AWS shows both forms. */
export type Absent = 'omitted' | 'null';

export interface EventSource {
  readonly eventSourceArn: string;
  readonly bootstrapServers: string;
  readonly absent: Absent;
}

/** The most that one synchronous invocation takes. */
export const PAYLOAD_BYTES = 6_291_456;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html */
export function lambdaEvent(source: EventSource, records: readonly PolledRecord[]): KafkaEvent {
  const grouped: KafkaEvent['records'] = {};
  for (const record of records) {
    (grouped[partitionName(record)] ??= []).push(eventRecord(record, source.absent));
  }
  return {
    eventSource: 'aws:kafka',
    eventSourceArn: source.eventSourceArn,
    bootstrapServers: source.bootstrapServers,
    records: grouped,
  };
}

export function eventRecord(record: PolledRecord, absent: Absent): EventRecord {
  const { topic, partition, offset, timestamp, timestampType } = record;
  const payload = (name: 'key' | 'value') => {
    const bytes = record[name];
    return bytes === null ? (absent === 'null' ? { [name]: null } : {}) : { [name]: bytes.toString('base64') };
  };
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    ...payload('key'),
    ...payload('value'),
    headers: record.headers.map(([name, value]) => ({ [name]: signedBytes(value) })),
    ...(record.keySchema && { keySchemaMetadata: record.keySchema }),
    ...(record.valueSchema && { valueSchemaMetadata: record.valueSchema }),
  };
}

export function partitionName({ topic, partition }: Pick<PolledRecord, 'topic' | 'partition'>): string {
  return `${topic}-${partition}`;
}

/** Bytes of one record in the event, its comma included. */
export function bytesOf(record: PolledRecord, absent: Absent): number {
  return Buffer.byteLength(JSON.stringify(eventRecord(record, absent))) + 1;
}

/** Bytes of an event without records; every partition in it adds its name. */
export function envelopeBytes(source: EventSource): number {
  return Buffer.byteLength(JSON.stringify(lambdaEvent(source, [])));
}

/** `"name":[],` */
export function partitionBytes(record: PolledRecord): number {
  return Buffer.byteLength(JSON.stringify(partitionName(record))) + 4;
}

/** As Java prints bytes: from -128 to 127. A header without a value, of which AWS says nothing, is one without bytes. */
function signedBytes(value: Buffer | null): number[] {
  return value === null ? [] : [...new Int8Array(value)];
}
