import type { EventSource, PolledRecord } from './event';
import { lambdaEvent, partitionName } from './event';
import type { Answer } from './outcome';
import type { Undecodable } from './schemas';

/** Why records are given up. `RecordAgeExceeded` is how other streams name it; for Kafka no source shows it. */
export type Condition = 'RetryAttemptsExhausted' | 'MaximumPayloadSizeExceeded' | 'RecordAgeExceeded' | Undecodable;

export interface RecordsInfo {
  readonly firstRecordOffset: string;
  readonly lastRecordOffset: string;
  readonly firstRecordTimestamp: string;
  readonly lastRecordTimestamp: string;
}

/** What the destination gets: where the records are, not the records. */
export interface FailureRecord {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: Condition;
    readonly approximateInvokeCount: number;
  };
  readonly responseContext?: {
    readonly statusCode: number;
    readonly executedVersion: string;
    readonly functionError?: string;
  };
  readonly version: string;
  readonly timestamp: string;
  readonly KafkaBatchInfo: {
    readonly batchSize: number;
    readonly eventSourceArn: string;
    readonly bootstrapServers: string;
    readonly payloadSize: number;
    readonly recordsInfo: Record<string, RecordsInfo>;
  };
  /** A bucket gets the event too. */
  readonly payload?: string;
}

export interface GivenUp {
  readonly records: readonly PolledRecord[];
  readonly condition: Condition;
  readonly invocations: number;
  /** The last answer of the function, if it was asked. */
  readonly answer?: Answer;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html */
export function failureRecord(
  source: EventSource,
  functionArn: string,
  givenUp: GivenUp,
  context: { readonly requestId: string; readonly now: Date; readonly destination: string },
): FailureRecord {
  const { records, condition, invocations, answer } = givenUp;
  const { eventSourceArn, bootstrapServers } = source;
  const payload = JSON.stringify(lambdaEvent(source, records));
  return {
    requestContext: { requestId: context.requestId, functionArn, condition, approximateInvokeCount: invocations },
    ...(answer && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...('functionError' in answer && { functionError: answer.functionError }),
      },
    }),
    version: '1.0',
    timestamp: context.now.toISOString(),
    KafkaBatchInfo: {
      batchSize: records.length,
      eventSourceArn,
      bootstrapServers,
      payloadSize: Buffer.byteLength(payload),
      recordsInfo: recordsInfo(records),
    },
    ...(/^arn:[^:]+:s3:/.test(context.destination) && { payload }),
  };
}

/**
 * What a topic of the cluster gets for each record: its failure and the record in one.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
 */
export function topicFailureRecord(
  source: EventSource,
  functionArn: string,
  givenUp: GivenUp,
  context: { readonly requestId: string; readonly now: Date; readonly destination: string },
): object {
  const { KafkaBatchInfo, requestContext, ...rest } = failureRecord(source, functionArn, givenUp, context);
  const [{ offset, timestamp }] = givenUp.records;
  const condition = givenUp.condition === 'RetryAttemptsExhausted' ? 'RetriesExhausted' : givenUp.condition;
  return {
    ...rest,
    requestContext: { ...requestContext, condition },
    KafkaBatchInfo: {
      ...KafkaBatchInfo,
      recordsInfo: undefined,
      recordInfo: { offset: String(offset), timestamp: new Date(timestamp).toISOString() },
    },
    payload: lambdaEvent(source, givenUp.records),
  };
}

function recordsInfo(records: readonly PolledRecord[]): Record<string, RecordsInfo> {
  const info: Record<string, RecordsInfo> = {};
  for (const record of records) {
    const name = partitionName(record);
    const offset = String(record.offset);
    const time = new Date(record.timestamp).toISOString();
    info[name] = {
      firstRecordOffset: info[name]?.firstRecordOffset ?? offset,
      lastRecordOffset: offset,
      firstRecordTimestamp: info[name]?.firstRecordTimestamp ?? time,
      lastRecordTimestamp: time,
    };
  }
  return info;
}
