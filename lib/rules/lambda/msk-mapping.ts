import type { ResourceFact } from '../facts';
import { CLUSTER, SERVERLESS_CLUSTER } from '../msk/cluster-facts';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';

export const MAPPING = 'AWS::Lambda::EventSourceMapping';
const GROUP = 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId';
export const DESTINATION = 'DestinationConfig.OnFailure.Destination';
export const POLLERS = 'ProvisionedPollerConfig';

export function lambdaGuide(page: string): string {
  return `https://docs.aws.amazon.com/lambda/latest/dg/${page}.html`;
}

/** Whether a mapping surely reads from Amazon MSK. */
export function readsMsk(mapping: ResourceFact): boolean {
  const source = mapping.target('EventSourceArn')?.type;
  return (
    source === CLUSTER ||
    source === SERVERLESS_CLUSTER ||
    /^arn:[^:]+:kafka:/.test(mapping.text('EventSourceArn') ?? '') ||
    mapping.present('AmazonManagedKafkaEventSourceConfig') ||
    (mapping.present('Topics') && mapping.absent('SelfManagedEventSource'))
  );
}

/** The settings in use that only pollers of their own understand. */
function provisionedOnly(mapping: ResourceFact): string[] {
  const infinite = (path: string) => (mapping.number(path) ?? -1) === -1;
  const has = (path: string, member: string) => mapping.list(path)?.includes(member) === true;
  const used: Record<string, boolean> = {
    MaximumRetryAttempts: !infinite('MaximumRetryAttempts'),
    MaximumRecordAgeInSeconds: !infinite('MaximumRecordAgeInSeconds'),
    BisectBatchOnFunctionError: mapping.flag('BisectBatchOnFunctionError') === true,
    FunctionResponseTypes: has('FunctionResponseTypes', 'ReportBatchItemFailures'),
    [DESTINATION]: mapping.text(DESTINATION)?.startsWith('kafka://') === true,
    'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig': mapping.present(
      'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig',
    ),
    LoggingConfig: mapping.present('LoggingConfig'),
    'MetricsConfig.Metrics': has('MetricsConfig.Metrics', 'KafkaMetrics'),
  };
  return Object.keys(used).filter((path) => used[path]);
}

export const mappingScaling: Rule = {
  id: 'LAMBDA-MSK-SCALING',
  title: 'Retries, partial batches and their like go with provisioned pollers',
  remedy: 'Set ProvisionedPollerConfig, or leave these settings out',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('kafka-scaling-modes'), lambdaGuide('kafka-retry-configurations')],
  check(mapping) {
    return readsMsk(mapping) && mapping.absent(POLLERS)
      ? provisionedOnly(mapping).map((path) => ({
          path,
          message: `${path} does not exist for a mapping on demand`,
          fix: `set ${POLLERS}, or leave it out`,
        }))
      : [];
  },
};

export const mappingGroup: Rule = {
  id: 'LAMBDA-MSK-GROUP',
  title: 'The consumer group of a mapping has 1 to 200 characters that Lambda takes',
  remedy: 'Use letters, digits, dots, underscores and hyphens',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('kafka-consumer-group-id')],
  check(mapping) {
    const group = mapping.text(GROUP);
    if (group === undefined || /^[a-zA-Z0-9\-/*:_+=.@]{1,200}$/.test(group)) {
      return [];
    }
    const message = `the consumer group ${show(group)} is refused`;
    return [{ path: GROUP, message, fix: 'use 1 to 200 letters, digits, dots, underscores and hyphens' }];
  },
};

export const mappingGroupMetrics: Rule = {
  id: 'LAMBDA-MSK-GROUP-METRICS',
  title: 'The consumer group of a mapping has no colon and no asterisk',
  remedy: 'Use letters, digits, dots, underscores and hyphens',
  basis: 'service',
  severity: 'warning',
  appliesTo: [MAPPING],
  sources: [
    'https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html',
    lambdaGuide('kafka-consumer-group-id'),
  ],
  check(mapping) {
    const group = mapping.text(GROUP) ?? '';
    const fix = 'use letters, digits, dots, underscores and hyphens';
    const problems: Problem[] = [];
    if (group.includes(':')) {
      const message = `the colon in the consumer group ${show(group)} suppresses its lag metrics`;
      problems.push({ path: GROUP, message, fix });
    }
    if (group.includes('*')) {
      const message = `the asterisk in the consumer group ${show(group)} widens every permission that names it`;
      problems.push({ path: GROUP, message, fix });
    }
    return problems;
  },
};

export const mappingTopic: Rule = {
  id: 'LAMBDA-MSK-TOPIC',
  title: 'A mapping reads exactly one topic, with a name of 2 to 249 characters that does not start with a dot',
  remedy: 'Use one mapping for each topic',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html',
    lambdaGuide('msk-esm-parameters'),
  ],
  check(mapping) {
    const topics = mapping.absent('Topics') ? [] : mapping.list('Topics');
    if (topics === undefined || !readsMsk(mapping)) {
      return [];
    }
    if (topics.length !== 1) {
      const message = `the mapping names ${topics.length} topics`;
      return [{ path: 'Topics', message, fix: 'name exactly one, and make one mapping for each topic' }];
    }
    const name = mapping.text('Topics.0');
    if (name === undefined || (/^[\w-][\w.-]+$/.test(name) && name.length <= 249)) {
      return [];
    }
    const message = `the topic name ${show(name)} is refused by Lambda`;
    const fix = 'use 2 to 249 letters, digits, dots, underscores and hyphens, the first of them no dot';
    return [{ path: 'Topics.0', message, fix }];
  },
};

export const mappingDestination: Rule = {
  id: 'LAMBDA-MSK-DESTINATION',
  title:
    'A failure destination comes with a number of retries; a Kafka topic is not the one that is read, and has a name of 4 characters or more',
  remedy: 'Say how often to retry before a record goes to the destination',
  basis: 'service',
  severity: 'warning',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('kafka-on-failure-destination'), lambdaGuide('kafka-on-failure')],
  check(mapping) {
    if (!readsMsk(mapping) || mapping.absent(DESTINATION)) {
      return [];
    }
    const problems: Problem[] = [];
    const retries = mapping.absent('MaximumRetryAttempts') ? -1 : mapping.number('MaximumRetryAttempts');
    if (mapping.present(POLLERS) && retries === -1) {
      const message = 'with a failure destination, endless retries become 10 without a word';
      problems.push({ path: 'MaximumRetryAttempts', message, fix: 'set MaximumRetryAttempts to 0 or more' });
    }
    const topics = (mapping.list('Topics') ?? []).map((topic) => `kafka://${String(topic)}`);
    if (topics.includes(mapping.text(DESTINATION) ?? '')) {
      const message = `failed records go back to the topic they came from, ${listing(topics)}`;
      problems.push({ path: DESTINATION, message, fix: 'use another topic of the cluster' });
    }
    const failed = /^kafka:\/\/(.*)$/.exec(mapping.text(DESTINATION) ?? '')?.[1];
    if (failed !== undefined && failed.length < 4) {
      const message = `the name of the topic for failed records, ${show(failed)}, is too short for Lambda`;
      problems.push({ path: DESTINATION, message, fix: 'use 4 characters or more' });
    }
    return problems;
  },
};
