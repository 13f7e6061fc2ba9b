import { BROKER_SIZES, Facts, KAFKA_VERSIONS, compareKafkaVersions, describeFinding, evaluate } from '../../lib/rules';
import type { BrokerSizeData, KafkaVersionData, Template } from '../../lib/rules';
import { base64, change, resource } from './templates';
import type { Properties } from './templates';

/** A generator of the same numbers in every run (mulberry32). */
function generator(seed: number) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const number = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(values: readonly T[]): T => values[number(0, values.length - 1)];
  const some = <T>(values: readonly T[]): T[] => values.filter(() => next() < 0.5);
  const text = (alphabet: string, length: number) => Array.from({ length }, () => pick([...alphabet])).join('');
  return { number, pick, some, text, chance: (p: number) => next() < p };
}

type Random = ReturnType<typeof generator>;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789';

const BROKER_PROPERTIES = [
  'num.partitions=6',
  'log.retention.hours=168',
  'auto.create.topics.enable=false',
  'compression.type=zstd',
  'message.max.bytes=2097152',
  'default.replication.factor=2',
  'unclean.leader.election.enable=false',
];

const STANDARD_CONFIGS = {
  'retention.ms': '86400000',
  'segment.bytes': '1048576',
  'cleanup.policy': 'compact',
  'min.insync.replicas': '1',
};
const EXPRESS_CONFIGS = { 'retention.ms': '86400000', 'cleanup.policy': 'delete', 'max.message.bytes': '1048576' };

function runs(size: BrokerSizeData, version: KafkaVersionData): boolean {
  return (
    (size.class === 'EXPRESS' ? version.express : version.standard) &&
    (size.minKafkaVersion === undefined ||
      compareKafkaVersions(version.version, size.minKafkaVersion) >= 0 ||
      size.olderKafkaVersions?.includes(version.version) === true)
  );
}

function authentication(random: Random, express: boolean): Properties {
  const iam = random.chance(0.6);
  const scram = random.chance(0.3);
  const tls = random.chance(0.3);
  const open = random.chance(0.3) || !(iam || scram || tls);
  const encryption = [
    'TLS',
    ...(open || !(iam || scram) ? ['TLS_PLAINTEXT'] : []),
    ...(iam || scram || tls ? [] : ['PLAINTEXT']),
  ];
  return {
    ClientAuthentication: {
      Sasl: { Iam: { Enabled: iam }, Scram: { Enabled: random.pick([scram, String(scram)]) } },
      Tls: tls ? { Enabled: true, CertificateAuthorityArnList: ['arn:aws:acm-pca:eu-west-1:1:ca/a'] } : undefined,
      Unauthenticated: { Enabled: open },
    },
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: express ? 'TLS' : random.pick(encryption) } },
  };
}

function storage(random: Random, size: BrokerSizeData): Properties {
  const throughput = size.provisionedThroughput && random.chance(0.5);
  return {
    EBSStorageInfo: {
      VolumeSize: random.number(1, 16384),
      ProvisionedThroughput: throughput ? { Enabled: true, VolumeThroughput: random.number(250, 1000) } : undefined,
    },
  };
}

/** A valid app of one to two stacks, with everything in it that errors are about. */
function randomApp(random: Random): Record<string, Template> {
  const size = random.pick(BROKER_SIZES);
  const version = random.pick(KAFKA_VERSIONS.filter((candidate) => runs(size, candidate)));
  const express = size.class === 'EXPRESS';
  const zones = express ? 3 : random.number(2, 3);
  const brokers = zones * random.number(1, 10);
  const tiered = version.tieredStorage && size.tieredStorage && random.chance(0.5);
  const subnets = Array.from({ length: zones }, (_, i) => random.pick([`subnet-${i}`, { Ref: `Subnet${i}` }]));
  const resources: Record<string, unknown> = {
    Configuration: resource('AWS::MSK::Configuration', {
      Name: `c${random.text(`${LETTERS}-`, random.number(0, 30))}`,
      ServerProperties: (express ? ['num.partitions=6'] : random.some(BROKER_PROPERTIES)).join('\n'),
    }),
    Cluster: resource('AWS::MSK::Cluster', {
      ClusterName: random.text(`${LETTERS}-`, random.number(1, 64)),
      KafkaVersion: version.version,
      NumberOfBrokerNodes: random.pick([brokers, String(brokers)]),
      BrokerNodeGroupInfo: {
        ClientSubnets: random.pick([subnets, subnets, { Ref: 'Subnets' }]),
        InstanceType: size.size,
        StorageInfo: express ? undefined : storage(random, size),
      },
      StorageMode: tiered ? 'TIERED' : undefined,
      ConfigurationInfo: {
        Arn: { Ref: 'Configuration' },
        Revision: { 'Fn::GetAtt': ['Configuration', 'LatestRevision.Revision'] },
      },
      ...authentication(random, express),
    }),
  };
  const apart = random.chance(0.5);
  const reference = apart
    ? random.pick([
        { 'Fn::ImportValue': 'Arn' },
        { 'Fn::GetStackOutput': { StackName: 'Clusters', OutputName: 'Arn' } },
      ])
    : random.pick([{ Ref: 'Cluster' }, { 'Fn::GetAtt': ['Cluster', 'Arn'] }]);
  const topics: Record<string, unknown> = {};
  const count = compareKafkaVersions(version.version, '3.6.0') >= 0 ? random.number(1, 5) : 0;
  for (let i = 0; i < count; i++) {
    const configs: Record<string, string> = express ? EXPRESS_CONFIGS : STANDARD_CONFIGS;
    const chosen = Object.fromEntries(random.some(Object.entries(configs)));
    topics[`Topic${i}`] = resource('AWS::MSK::Topic', {
      ClusterArn: reference,
      TopicName: `${i}${random.text(`${LETTERS}._-`, random.number(0, 200))}`,
      PartitionCount: random.number(1, 1000),
      ReplicationFactor: express ? 3 : random.number(1, Math.min(brokers, 3)),
      Configs: base64(tiered ? { ...chosen, 'remote.storage.enable': 'true' } : chosen),
    });
  }
  const Outputs = { Arn: { Value: { 'Fn::GetAtt': ['Cluster', 'Arn'] }, Export: { Name: 'Arn' } } };
  return apart
    ? { Clusters: { Resources: resources, Outputs }, Topics: { Resources: topics } }
    : { Clusters: { Resources: { ...resources, ...topics } } };
}

/** What one changed property must raise; `needs` tells the apps in which the change is one for the worse. */
const MUTATIONS: {
  id: string;
  type: string;
  changes: Record<string, unknown>;
  needs?: (cluster: Properties) => boolean;
}[] = [
  { id: 'MSK-CLUSTER-NAME', type: 'AWS::MSK::Cluster', changes: { ClusterName: 'under_score' } },
  {
    id: 'MSK-CLUSTER-ZONES',
    type: 'AWS::MSK::Cluster',
    changes: { 'BrokerNodeGroupInfo.ClientSubnets': ['a', 'b', 'c', 'd'] },
  },
  {
    id: 'MSK-CLUSTER-BROKER-COUNT',
    type: 'AWS::MSK::Cluster',
    changes: { NumberOfBrokerNodes: 31 },
    needs: ({ BrokerNodeGroupInfo: { ClientSubnets, InstanceType } }) =>
      Array.isArray(ClientSubnets) || InstanceType.startsWith('express'),
  },
  {
    id: 'MSK-CLUSTER-BROKER-SIZE',
    type: 'AWS::MSK::Cluster',
    changes: { 'BrokerNodeGroupInfo.InstanceType': 'kafka.x9.huge' },
  },
  { id: 'MSK-CLUSTER-VERSION', type: 'AWS::MSK::Cluster', changes: { KafkaVersion: '4.0.x' } },
  { id: 'MSK-CLUSTER-VERSION-UNKNOWN', type: 'AWS::MSK::Cluster', changes: { KafkaVersion: '0.0.1' } },
  {
    id: 'MSK-CLUSTER-AUTHENTICATION',
    type: 'AWS::MSK::Cluster',
    changes: { 'ClientAuthentication.Tls': { Enabled: true } },
  },
  {
    id: 'MSK-CLUSTER-STORAGE',
    type: 'AWS::MSK::Cluster',
    changes: { 'BrokerNodeGroupInfo.StorageInfo': { EBSStorageInfo: { VolumeSize: 20000 } } },
  },
  { id: 'MSK-CONFIGURATION-NAME', type: 'AWS::MSK::Configuration', changes: { Name: '-orders' } },
  {
    id: 'MSK-CONFIGURATION-PROPERTIES',
    type: 'AWS::MSK::Configuration',
    changes: { ServerProperties: 'listeners=PLAINTEXT://:9092' },
  },
  { id: 'MSK-TOPIC-NAME', type: 'AWS::MSK::Topic', changes: { TopicName: 'no spaces' } },
  { id: 'MSK-TOPIC-PARTITIONS', type: 'AWS::MSK::Topic', changes: { PartitionCount: 0 } },
  { id: 'MSK-TOPIC-CONFIGS', type: 'AWS::MSK::Topic', changes: { Configs: 'retention.ms=1' } },
  {
    id: 'MSK-TOPIC-REPLICATION',
    type: 'AWS::MSK::Topic',
    changes: { ReplicationFactor: 99 },
    needs: ({ BrokerNodeGroupInfo: { InstanceType } }) => InstanceType.startsWith('kafka'),
  },
];

function errorsOf(templates: Record<string, Template>): string[] {
  return evaluate(Facts.fromTemplates(templates))
    .filter(({ severity }) => severity === 'error')
    .map(describeFinding);
}

function mutate(
  templates: Record<string, Template>,
  type: string,
  changes: Record<string, unknown>,
): Record<string, Template> | undefined {
  const copy = structuredClone(templates);
  for (const { Resources = {} } of Object.values(copy)) {
    const found = Object.values(Resources as Record<string, any>).find(({ Type }) => Type === type);
    if (found !== undefined) {
      found.Properties = change(found.Properties, changes);
      return copy;
    }
  }
  return undefined;
}

const SEEDS = Array.from({ length: 400 }, (_, i) => i + 1);
const FEW = SEEDS.slice(0, 80);

test('[111] random valid apps raise no error', () => {
  for (const seed of SEEDS) {
    const templates = randomApp(generator(seed));
    expect([seed, errorsOf(templates)]).toEqual([seed, []]);
  }
});

test.each(MUTATIONS)('$id is raised in random apps once $changes', ({ id, type, changes, needs }) => {
  let raised = 0;
  for (const seed of FEW) {
    const templates = randomApp(generator(seed));
    const { Properties } = (templates.Clusters.Resources as Record<string, any>).Cluster;
    const mutated = mutate(templates, type, changes);
    if (mutated !== undefined && (needs === undefined || needs(Properties))) {
      const ids = evaluate(Facts.fromTemplates(mutated)).map(({ ruleId }) => ruleId);
      expect([seed, ids]).toEqual([seed, expect.arrayContaining([id])]);
      raised++;
    }
  }
  expect(raised).toBeGreaterThan(20);
});

test('every resource and property of random apps may be unknown', () => {
  for (const seed of FEW) {
    const templates = randomApp(generator(seed));
    for (const { Resources = {} } of Object.values(templates)) {
      for (const subject of Object.values(Resources as Record<string, any>)) {
        for (const name of Object.keys(subject.Properties)) {
          const known = subject.Properties[name];
          subject.Properties[name] = { Ref: `Parameter${name}` };
          expect([seed, name, errorsOf(templates)]).toEqual([seed, name, []]);
          subject.Properties[name] = known;
        }
      }
    }
  }
});
