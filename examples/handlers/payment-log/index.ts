import { Logger } from '@aws-lambda-powertools/logger';
import type { MSKEvent } from 'aws-lambda';

const logger = new Logger({ serviceName: 'payment-log' });

/** Says how many payments came, and from which partitions: which consumer brought them shows in its group's metrics. */
export const handler = (event: MSKEvent): Promise<void> => {
  for (const [partition, records] of Object.entries(event.records)) {
    logger.info('payments', { partition, count: records.length });
  }
  return Promise.resolve();
};
