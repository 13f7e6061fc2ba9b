import { listing } from '../rule';
import type { Problem, Rule } from '../rule';

const PIPE = 'AWS::Pipes::Pipe';
const SOURCE = 'SourceParameters.ManagedStreamingKafkaParameters';
const GUIDE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-msk.html';

export const pipeSource: Rule = {
  id: 'PIPES-MSK-SOURCE',
  title:
    'A pipe begins at TRIM_HORIZON or LATEST, with up to 10,000 records in a batch and five minutes to wait for it',
  remedy: 'Use what the message names',
  basis: 'service',
  severity: 'error',
  appliesTo: [PIPE],
  sources: [GUIDE],
  check(pipe) {
    const problems: Problem[] = [];
    const position = pipe.text(`${SOURCE}.StartingPosition`);
    if (position !== undefined && position !== 'TRIM_HORIZON' && position !== 'LATEST') {
      const message = `a pipe does not begin at ${position}`;
      problems.push({ path: `${SOURCE}.StartingPosition`, message, fix: 'use TRIM_HORIZON or LATEST' });
    }
    for (const [name, least, most] of [
      ['BatchSize', 1, 10_000],
      ['MaximumBatchingWindowInSeconds', 0, 300],
    ] as const) {
      const value = pipe.number(`${SOURCE}.${name}`);
      if (value !== undefined && (value < least || value > most)) {
        problems.push({
          path: `${SOURCE}.${name}`,
          message: `${name} is ${value}`,
          fix: `use a number from ${least} to ${most}`,
        });
      }
    }
    return problems;
  },
};

export const pipeReach: Rule = {
  id: 'PIPES-MSK-REACH',
  title: 'A pipe has a way from the subnets of the cluster to EventBridge, STS and, for its secret, Secrets Manager',
  remedy: 'Use a NAT gateway, or interface endpoints in the VPC of the cluster',
  basis: 'service',
  severity: 'warning',
  appliesTo: [PIPE],
  sources: [GUIDE],
  check(pipe) {
    const subnets = pipe.extra('pollerSubnets');
    const missing = (pipe.extra('missingEndpoints') ?? []) as string[];
    if ((subnets !== 'isolated' && subnets !== 'public') || missing.length === 0) {
      return [];
    }
    const which = subnets === 'public' ? 'public, where pollers have private addresses' : 'isolated';
    return [
      {
        path: 'VpcEndpoints',
        message: `the subnets of the cluster are ${which}, and there is no endpoint for ${listing(missing)}`,
        fix:
          `use ${subnets === 'public' ? '' : 'a NAT gateway, or '}endpoints for ${listing(missing)} that admit the ` +
          'security groups of the cluster on port 443',
      },
    ];
  },
};
