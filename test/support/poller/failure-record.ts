import type { EventSource, PolledRecord } from './event';
import { lambdaEvent, partitionName } from './event';
import type { Answer } from './outcome';

/** Why records are given up. The last one is how other streams name it; for Kafka no source shows it. */
export type Condition = 'RetryAttemptsExhausted' | 'MaximumPayloadSizeExceeded' | 'RecordAgeExceeded';

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
