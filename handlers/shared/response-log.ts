import type { AwsError } from './aws-errors';

const NAMESPACE = 'CdkMskMacie/MacieResponse';

/**
 * One line that is both the log and, in the embedded metric format, a metric: nothing in it but ids and outcomes. With a
 * reason it counts twice, for the hub and for the reason.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function report(
  metrics: Record<string, number>,
  ids: Record<string, string | undefined> = {},
  Reason?: string,
): void {
  const Metrics = Object.keys(metrics).map((Name) => ({ Name, Unit: 'Count' }));
  const Dimensions = [['Hub'], ...(Reason === undefined ? [] : [['Hub', 'Reason']])];
  const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions, Metrics }];
  console.log(
    JSON.stringify({
      _aws: { Timestamp: Date.now(), CloudWatchMetrics },
      Hub: process.env.HUB,
      Reason,
      ...metrics,
      ...ids,
    }),
  );
}

/** An error as others may see it: what a service says can hold the key of an object, its name can not. */
export function discreet(error: unknown, doing: string): Error {
  const { name, $metadata } = error as AwsError;
  const discreetError = new Error(`${doing}: ${name} ${$metadata?.httpStatusCode ?? ''}`.trim());
  discreetError.name = name;
  discreetError.stack = undefined;
  return discreetError;
}
