import type { Mapping, Provisioned } from './mapping';

/** With the service's defaults, but for the window: nothing waits. */
export const SAMPLE_MAPPING: Mapping = {
  eventSourceArn: 'arn:cluster',
  functionName: 'billing',
  enabled: true,
  topic: 'orders',
  group: 'billing',
  startingPosition: 'TRIM_HORIZON',
  batchSize: 100,
  windowMs: 0,
  filters: [],
};

export const SAMPLE_PROVISIONED: Provisioned = {
  minimumPollers: 1,
  retryAttempts: 1,
  maxRecordAgeMs: Infinity,
  bisect: true,
  partialAnswers: true,
};
