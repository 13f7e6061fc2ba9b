import { kafkaConsumer, SchemaType } from '@aws-lambda-powertools/kafka';
import type { ConsumerRecord, ConsumerRecords } from '@aws-lambda-powertools/kafka/types';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { ClicksPerMinute } from './clicks';

const logger = new Logger({ serviceName: 'click-metrics' });
const metrics = new Metrics({ namespace: 'ClicksToDashboard', serviceName: 'click-metrics' });

/** A record that became no metric. */
interface BatchItemFailure {
  readonly itemIdentifier: { readonly partition: string; readonly offset: number };
}

/** Prints each minute as a metric; CloudWatch reads them from the log, so nothing has to be called. */
export const handler = kafkaConsumer<string, ClicksPerMinute>(
  ({ records }: ConsumerRecords<string, ClicksPerMinute>): Promise<{ batchItemFailures: BatchItemFailure[] }> =>
    Promise.resolve({ batchItemFailures: records.flatMap(publish) }),
  { value: { type: SchemaType.JSON, parserSchema: ClicksPerMinute } },
);

function publish(record: ConsumerRecord<string, ClicksPerMinute>): BatchItemFailure[] {
  const { topic, partition, offset } = record;
  try {
    // A value that is not of the schema throws here.
    const { opens, section, clicks, visitors } = record.value;
    metrics.addDimension('section', section);
    metrics.setTimestamp(new Date(opens));
    metrics.addMetric('Clicks', MetricUnit.Count, clicks);
    metrics.addMetric('Visitors', MetricUnit.Count, visitors);
    metrics.publishStoredMetrics();
    return [];
  } catch (error) {
    logger.error('no metric', { topic, partition, offset, reason: (error as Error).name });
    return [{ itemIdentifier: { partition: `${topic}-${partition}`, offset } }];
  }
}
