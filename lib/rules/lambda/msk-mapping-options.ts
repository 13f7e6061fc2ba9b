import type { ResourceFact } from '../facts';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import { DESTINATION, lambdaGuide, MAPPING, POLLERS, readsMsk } from './msk-mapping';

const TYPE_REFERENCE =
  'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html';
const SCHEMAS = 'AmazonManagedKafkaEventSourceConfig.SchemaRegistryConfig';
const TIME = 'StartingPositionTimestamp';
const POLLER_GROUP = `${POLLERS}.PollerGroupName`;

/** The least and the most that the service takes, by property. */
const RANGES: Record<string, readonly [number, number]> = {
  BatchSize: [1, 10_000],
  MaximumBatchingWindowInSeconds: [0, 300],
  MaximumRetryAttempts: [-1, 10_000],
  [`${POLLERS}.MinimumPollers`]: [1, 200],
  [`${POLLERS}.MaximumPollers`]: [1, 2_000],
};

export const mappingRanges: Rule = {
  id: 'LAMBDA-MSK-RANGES',
  title: 'The numbers of a mapping are within what Lambda takes',
  remedy: 'Use a number within the range that the message names',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('msk-esm-parameters'), lambdaGuide('kafka-scaling-modes'), TYPE_REFERENCE],
  check(mapping) {
    if (!readsMsk(mapping)) {
      return [];
    }
    const problems: Problem[] = [];
    for (const [path, [least, most]] of Object.entries(RANGES)) {
      const value = mapping.number(path);
      if (value !== undefined && (value < least || value > most)) {
        problems.push({ path, message: `${path} is ${value}`, fix: `use a number from ${least} to ${most}` });
      }
    }
    const age = mapping.number('MaximumRecordAgeInSeconds');
    if (age !== undefined && age !== -1 && (age < 60 || age > 604_800)) {
      const message = `MaximumRecordAgeInSeconds is ${age}`;
      problems.push({ path: 'MaximumRecordAgeInSeconds', message, fix: 'use 60 to 604800, or -1 for no limit' });
    }
    const least = mapping.number(`${POLLERS}.MinimumPollers`);
    const most = mapping.number(`${POLLERS}.MaximumPollers`);
    if (least !== undefined && most !== undefined && least > most) {
      const message = `there are at least ${least} pollers and at most ${most}`;
      problems.push({ path: `${POLLERS}.MinimumPollers`, message, fix: 'let the least be no more than the most' });
    }
    const group = mapping.text(POLLER_GROUP);
    if (group !== undefined && group.length > 128) {
      const message = `the poller group ${show(group)} has ${group.length} characters`;
      problems.push({ path: POLLER_GROUP, message, fix: 'use at most 128' });
    }
    return problems;
  },
};

export const mappingPosition: Rule = {
  id: 'LAMBDA-MSK-POSITION',
  title: 'A mapping has a starting position, with a time if it is AT_TIMESTAMP and without one otherwise',
  remedy: 'Give StartingPosition, and StartingPositionTimestamp together with AT_TIMESTAMP alone',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('kafka-starting-positions')],
  check(mapping) {
    if (!readsMsk(mapping)) {
      return [];
    }
    const position = mapping.text('StartingPosition');
    if (mapping.absent('StartingPosition')) {
      const message = 'the mapping has no starting position';
      return [{ path: 'StartingPosition', message, fix: 'use TRIM_HORIZON, LATEST or AT_TIMESTAMP' }];
    }
    if (position === 'AT_TIMESTAMP' && mapping.absent(TIME)) {
      return [{ path: TIME, message: 'AT_TIMESTAMP names no time', fix: 'give seconds since 1970' }];
    }
    if (position !== undefined && position !== 'AT_TIMESTAMP' && mapping.present(TIME)) {
      return [{ path: TIME, message: `${position} takes no time`, fix: 'use AT_TIMESTAMP, or leave the time out' }];
    }
    return [];
  },
};

export const mappingFilters: Rule = {
  id: 'LAMBDA-MSK-FILTERS',
  title: 'A mapping has at most 20 filters, each a pattern of JSON with at most 4,096 characters and lists for leaves',
  remedy: 'Write each condition as a list, {"value":{"status":["PAID"]}}',
  basis: 'service',
  severity: 'error',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('kafka-filtering'), lambdaGuide('invocation-eventfiltering'), TYPE_REFERENCE],
  check(mapping) {
    const filters = readsMsk(mapping) ? mapping.list('FilterCriteria.Filters') : undefined;
    if (filters === undefined) {
      return [];
    }
    const fix = 'use at most 20; one filter may name several values';
    const problems: Problem[] =
      filters.length > 20
        ? [{ path: 'FilterCriteria.Filters', message: `the mapping has ${filters.length} filters`, fix }]
        : [];
    return [...problems, ...filters.flatMap((_, index) => filterProblems(mapping, index))];
  },
};

function filterProblems(mapping: ResourceFact, index: number): Problem[] {
  const path = `FilterCriteria.Filters.${index}.Pattern`;
  const pattern = mapping.text(path);
  if (pattern === undefined) {
    return [];
  }
  if (pattern.length > 4096) {
    return [
      { path, message: `a filter has ${pattern.length} characters`, fix: 'use at most 4096, in several filters' },
    ];
  }
  const fix = 'write an object whose leaves are lists of alternatives';
  try {
    const leaf = strangeLeaf(JSON.parse(pattern));
    return leaf === undefined ? [] : [{ path, message: `the filter ${show(pattern)} has the leaf ${show(leaf)}`, fix }];
  } catch {
    return [{ path, message: `the filter ${show(pattern)} is no JSON`, fix }];
  }
}

/** A part of a pattern that is neither an object nor a list. */
function strangeLeaf(part: unknown): unknown {
  if (Array.isArray(part)) {
    return undefined;
  }
  if (typeof part !== 'object' || part === null) {
    return part ?? 'null';
  }
  return Object.values(part)
    .map(strangeLeaf)
    .find((leaf) => leaf !== undefined);
}

export const mappingSchemas: Rule = {
  id: 'LAMBDA-MSK-SCHEMAS',
  title: 'A schema registry comes with what it decodes, and with a place for what it can not decode',
  remedy: 'Give EventRecordFormat, SchemaValidationConfigs and a failure destination beside the registry',
  basis: 'service',
  severity: 'warning',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('services-consume-kafka-events')],
  check(mapping) {
    if (!mapping.present(SCHEMAS)) {
      return [];
    }
    const problems: Problem[] = [];
    const missing = ['SchemaRegistryURI', 'EventRecordFormat', 'SchemaValidationConfigs'].filter((name) =>
      mapping.absent(`${SCHEMAS}.${name}`),
    );
    if (missing.length > 0) {
      problems.push({
        path: SCHEMAS,
        message: `the registry comes without ${listing(missing)}`,
        fix: 'give all three',
      });
    }
    const access = mapping.list(`${SCHEMAS}.AccessConfigs`) ?? [];
    if (access.length > 2) {
      const message = `the registry is accessed by ${access.length} secrets`;
      problems.push({ path: `${SCHEMAS}.AccessConfigs`, message, fix: 'use at most 2' });
    }
    const uri = mapping.text(`${SCHEMAS}.SchemaRegistryURI`);
    if (uri !== undefined && !/^(https:\/\/|arn:[^:]+:glue:[^:]*:[^:]*:registry\/)/.test(uri)) {
      const message = `the registry ${show(uri)} is neither of AWS Glue nor reached by https`;
      problems.push({ path: `${SCHEMAS}.SchemaRegistryURI`, message, fix: 'use the ARN of a registry, or https://' });
    }
    if (mapping.absent(DESTINATION)) {
      const message = 'records that can not be decoded are dropped without a word';
      problems.push({ path: DESTINATION, message, fix: 'name a failure destination' });
    }
    return problems;
  },
};

export const mappingReach: Rule = {
  id: 'LAMBDA-MSK-REACH',
  title:
    'Pollers on demand have a way from the subnets of the cluster to Lambda, STS and, for their secret, Secrets Manager',
  remedy: 'Use provisioned pollers, a NAT gateway, or interface endpoints in the VPC of the cluster',
  basis: 'service',
  severity: 'warning',
  appliesTo: [MAPPING],
  sources: [lambdaGuide('with-msk-cluster-network')],
  check(mapping) {
    const subnets = mapping.extra('pollerSubnets');
    const missing = (mapping.extra('missingEndpoints') ?? []) as string[];
    if (mapping.present(POLLERS) || subnets === undefined || subnets === 'egress' || missing.length === 0) {
      return [];
    }
    const which = subnets === 'public' ? 'public, where pollers have private addresses' : 'isolated';
    const message = `the subnets of the cluster are ${which}, and there is no endpoint for ${listing(missing)}`;
    const fix =
      `use provisioned pollers, ${subnets === 'public' ? '' : 'a NAT gateway, '}or endpoints for ${listing(missing)} ` +
      'that admit the security groups of the cluster on port 443';
    return [{ path: POLLERS, message, fix }];
  },
};
