import { change, resource } from '../templates';
import type { Case } from './case';

const SOURCE = 'SourceParameters.ManagedStreamingKafkaParameters';

function pipe(changes: Record<string, unknown> = {}) {
  const Properties = {
    Source: 'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-1',
    SourceParameters: { ManagedStreamingKafkaParameters: { TopicName: 'paid', StartingPosition: 'LATEST' } },
  };
  return resource('AWS::Pipes::Pipe', change(Properties, changes));
}

const source = (name: string, bad: unknown, good: unknown): Case => ({
  id: 'PIPES-MSK-SOURCE',
  wrong: `${name} of ${String(bad)}`,
  bad: { Pipe: pipe({ [`${SOURCE}.${name}`]: bad }) },
  good: { Pipe: pipe({ [`${SOURCE}.${name}`]: good }) },
  says: String(bad),
});

export const PIPE_CASES: Case[] = [
  source('StartingPosition', 'AT_TIMESTAMP', 'TRIM_HORIZON'),
  source('BatchSize', 10_001, 10_000),
  source('BatchSize', 0, 1),
  source('MaximumBatchingWindowInSeconds', 301, 300),
  {
    id: 'PIPES-MSK-REACH',
    wrong: 'isolated subnets without endpoints',
    bad: { Pipe: pipe() },
    extras: { Pipe: { facts: { pollerSubnets: 'isolated', missingEndpoints: ['pipes-data', 'sts'] } } },
    good: { Pipe: pipe() },
    goodExtras: { Pipe: { facts: { pollerSubnets: 'isolated', missingEndpoints: [] } } },
    says: 'pipes-data, sts',
  },
  {
    id: 'PIPES-MSK-REACH',
    wrong: 'public subnets without an endpoint',
    bad: { Pipe: pipe() },
    extras: { Pipe: { facts: { pollerSubnets: 'public', missingEndpoints: ['sts'] } } },
    good: { Pipe: pipe() },
    goodExtras: { Pipe: { facts: { pollerSubnets: 'egress', missingEndpoints: ['sts'] } } },
  },
];
