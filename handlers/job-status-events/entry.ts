/**
 * A line of the log.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-monitor-cw-logs-ref.html
 */
export interface LogLine {
  readonly eventType?: string;
  readonly jobId?: string;
  readonly jobName?: string;
  readonly occurredAt?: string;
  readonly runDate?: string;
  readonly operation?: string;
  readonly affectedAccount?: string;
  readonly affectedResource?: { readonly type?: string; readonly value?: string };
}

/** The event of a line; none for what is no line of a job. Macie's own sentence about it is left out: it names names. */
export function entryOf(line: LogLine, jobArnPrefix: string) {
  const { eventType, jobId, jobName, occurredAt, runDate, operation, affectedAccount, affectedResource } = line;
  if (typeof eventType !== 'string' || typeof jobId !== 'string') return undefined;
  const time = new Date(occurredAt ?? NaN);
  return {
    Source: 'cdk-msk-macie.jobs',
    DetailType: 'Macie Job Status',
    Resources: [`${jobArnPrefix}${jobId}`],
    ...(Number.isNaN(time.getTime()) ? {} : { Time: time }),
    Detail: JSON.stringify({
      eventType,
      jobId,
      jobName,
      occurredAt,
      runDate,
      operation,
      affectedAccount,
      affectedBucket: bucketOf(affectedResource),
    }),
  };
}

function bucketOf(resource: LogLine['affectedResource']): string | undefined {
  return resource?.type?.includes('BUCKET') ? resource.value : undefined;
}
