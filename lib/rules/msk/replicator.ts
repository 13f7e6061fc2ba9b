import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import {
  CLUSTER,
  SERVERLESS_CLUSTER,
  brokerClass,
  mskGuide,
  repeated,
  subnetsOf,
  templateReference,
} from './cluster-facts';

const REPLICATOR = 'AWS::MSK::Replicator';
const REFERENCE = templateReference('aws-resource-msk-replicator');
const PREPARE = mskGuide('msk-replicator-prepare-clusters');
const INFO = 'ReplicationInfoList.0';
const SOURCE = `${INFO}.SourceKafkaClusterArn`;
const TARGET = `${INFO}.TargetKafkaClusterArn`;

export const replicatorName: Rule = {
  id: 'MSK-REPLICATOR-NAME',
  title: 'The name of a replicator has 1 to 128 letters, digits and hyphens, its description at most 1024 characters',
  remedy: 'Rename the replicator before it exists: a later change of the name replaces it',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [REFERENCE],
  check(replicator) {
    const problems: Problem[] = [];
    const name = replicator.text('ReplicatorName');
    if (name !== undefined && !/^[0-9A-Za-z][0-9A-Za-z-]{0,127}$/.test(name)) {
      const message = `the replicator name ${show(name)} is refused`;
      const fix = 'use 1 to 128 letters, digits and hyphens, and begin with a letter or digit';
      problems.push({ path: 'ReplicatorName', message, fix });
    }
    const description = replicator.text('Description');
    if (description !== undefined && description.length > 1024) {
      const message = `the description has ${description.length} characters`;
      problems.push({ path: 'Description', message, fix: 'use at most 1024' });
    }
    return problems;
  },
};

export const replicatorClusters: Rule = {
  id: 'MSK-REPLICATOR-CLUSTERS',
  title: 'A replicator copies from one cluster to another one of the same account, both with IAM',
  remedy: 'List both clusters, name one as source and one as target, and turn on IAM for both',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [REFERENCE, PREPARE],
  check(replicator) {
    const problems: Problem[] = [];
    const clusters = replicator.list('KafkaClusters');
    if (clusters !== undefined && clusters.length !== 2) {
      const message = `a replicator is given ${clusters.length} clusters`;
      return [{ path: 'KafkaClusters', message, fix: 'use a source and a target' }];
    }
    const flows = replicator.list('ReplicationInfoList');
    if (flows !== undefined && flows.length !== 1) {
      const message = `a replicator is given ${flows.length} flows`;
      return [{ path: 'ReplicationInfoList', message, fix: 'use one, and another replicator for another flow' }];
    }
    const [source, target] = [replicator.identity(SOURCE), replicator.identity(TARGET)];
    if (source !== undefined && source === target) {
      problems.push({ path: TARGET, message: 'source and target are the same cluster', fix: 'use two clusters' });
    }
    const [from, to] = [accountOf(replicator.text(SOURCE)), accountOf(replicator.text(TARGET))];
    if (from !== undefined && to !== undefined && from !== to) {
      const message = `source and target belong to the accounts ${from} and ${to}`;
      problems.push({ path: TARGET, message, fix: 'use clusters of one account' });
    }
    for (const path of [SOURCE, TARGET]) {
      const cluster = replicator.target(path);
      if (cluster?.type === CLUSTER && cluster.off('ClientAuthentication.Sasl.Iam.Enabled')) {
        const message = `${cluster.logicalId} does not let a replicator in, which knows IAM only`;
        problems.push({ path, message, fix: 'turn on IAM for it' });
      }
    }
    return problems;
  },
};

function accountOf(arn: string | undefined): string | undefined {
  return arn === undefined ? undefined : /^arn:[^:]+:kafka:[^:]+:(\d{12}):/.exec(arn)?.[1];
}

export const replicatorNetwork: Rule = {
  id: 'MSK-REPLICATOR-NETWORK',
  title: 'A replicator has 2 or 3 subnets and 1 to 16 security groups beside each cluster',
  remedy: 'Use the subnets of the cluster',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [templateReference('aws-properties-msk-replicator-kafkaclusterclientvpcconfig')],
  check(replicator) {
    const problems: Problem[] = [];
    (replicator.list('KafkaClusters') ?? []).forEach((_cluster, i) => {
      const path = `KafkaClusters.${i}.VpcConfig`;
      const subnets = subnetsOf(replicator, `${path}.SubnetIds`);
      if (subnets !== undefined && (subnets.length < 2 || subnets.length > 3 || repeated(subnets).length > 0)) {
        const message = `a replicator is given ${subnets.length} subnets${repeated(subnets).length > 0 ? ', one of them twice' : ''}`;
        problems.push({ path: `${path}.SubnetIds`, message, fix: 'use 2 or 3 different ones' });
      }
      const groups = replicator.identities(`${path}.SecurityGroupIds`);
      if (groups !== undefined && (groups.length < 1 || groups.length > 16)) {
        const message = `a replicator is given ${groups.length} security groups`;
        problems.push({ path: `${path}.SecurityGroupIds`, message, fix: 'use 1 to 16' });
      }
    });
    return problems;
  },
};

interface PatternLimits {
  readonly path: string;
  readonly least: number;
  readonly longest: number;
}

const PATTERNS: PatternLimits[] = [
  { path: `${INFO}.TopicReplication.TopicsToReplicate`, least: 1, longest: 249 },
  { path: `${INFO}.TopicReplication.TopicsToExclude`, least: 1, longest: 249 },
  { path: `${INFO}.ConsumerGroupReplication.ConsumerGroupsToReplicate`, least: 0, longest: 256 },
  { path: `${INFO}.ConsumerGroupReplication.ConsumerGroupsToExclude`, least: 1, longest: 256 },
];

export const replicatorPatterns: Rule = {
  id: 'MSK-REPLICATOR-PATTERNS',
  title: 'Lists of patterns of a replicator have up to 100 members, none of them too long, and are not empty',
  remedy: 'Leave out a list of exclusions that is empty, and join patterns into one expression where there are many',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [
    templateReference('aws-properties-msk-replicator-topicreplication'),
    templateReference('aws-properties-msk-replicator-consumergroupreplication'),
  ],
  check(replicator) {
    return PATTERNS.flatMap(({ path, least, longest }) => {
      const patterns = replicator.list(path);
      if (patterns === undefined) {
        return [];
      }
      if (patterns.length < least || patterns.length > 100) {
        const message = `a replicator is given a list of ${patterns.length} patterns`;
        return [
          { path, message, fix: least === 0 ? 'use up to 100' : 'use 1 to 100, or leave out a list of exclusions' },
        ];
      }
      const long = patterns.filter((pattern) => typeof pattern === 'string' && pattern.length > longest);
      return long.length === 0
        ? []
        : [{ path, message: `the pattern ${show(long[0])} is too long`, fix: `use at most ${longest} characters` }];
    });
  },
};

const COMPRESSIONS = ['NONE', 'GZIP', 'SNAPPY', 'LZ4', 'ZSTD'];

export const replicatorSettings: Rule = {
  id: 'MSK-REPLICATOR-SETTINGS',
  title: 'A replicator is told about topics, consumer groups and compression',
  remedy: 'Set TopicReplication, ConsumerGroupReplication and TargetCompressionType',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [templateReference('aws-properties-msk-replicator-replicationinfo')],
  check(replicator) {
    if (!replicator.present(INFO)) {
      return [];
    }
    const missing = ['TopicReplication', 'ConsumerGroupReplication', 'TargetCompressionType'].filter((member) =>
      replicator.absent(`${INFO}.${member}`),
    );
    const problems: Problem[] = missing.map((member) => ({
      path: `${INFO}.${member}`,
      message: `${member} is missing`,
      fix: 'set it',
    }));
    const compression = replicator.text(`${INFO}.TargetCompressionType`);
    if (compression !== undefined && !COMPRESSIONS.includes(compression)) {
      const message = `there is no compression ${show(compression)}`;
      problems.push({ path: `${INFO}.TargetCompressionType`, message, fix: `use one of ${listing(COMPRESSIONS)}` });
    }
    return problems;
  },
};

export const replicatorOffsets: Rule = {
  id: 'MSK-REPLICATOR-OFFSETS',
  title: 'Offsets that follow producers to either side presume topics that are called the same',
  remedy: 'Use the naming IDENTICAL and a second replicator in the opposite direction, or the mode LEGACY',
  basis: 'service',
  severity: 'warning',
  appliesTo: [REPLICATOR],
  sources: [mskGuide('msk-replicator-bidirectional-offset-sync')],
  check(replicator) {
    const path = `${INFO}.ConsumerGroupReplication.ConsumerGroupOffsetSyncMode`;
    const naming = `${INFO}.TopicReplication.TopicNameConfiguration.Type`;
    const prefixed = replicator.absent(naming) || replicator.text(naming) === 'PREFIXED_WITH_SOURCE_CLUSTER_ALIAS';
    return replicator.text(path) === 'ENHANCED' && prefixed
      ? [
          {
            path,
            message: 'the mode ENHANCED needs topics with identical names',
            fix: 'use IDENTICAL names, or LEGACY',
          },
        ]
      : [];
  },
};

export const replicatorSelfManaged: Rule = {
  id: 'MSK-REPLICATOR-SELF-MANAGED',
  title: 'A cluster of Apache Kafka outside Amazon MSK is paired with express brokers, over TLS',
  remedy: 'Use a cluster with express brokers on the other side',
  basis: 'service',
  severity: 'error',
  appliesTo: [REPLICATOR],
  sources: [mskGuide('msk-replicator-migrate-external'), REFERENCE],
  check(replicator) {
    const members = (replicator.list('KafkaClusters') ?? []).map((_cluster, i) => `KafkaClusters.${i}`);
    const own = members.find((path) => replicator.present(`${path}.ApacheKafkaCluster`));
    if (own === undefined) {
      return [];
    }
    const problems: Problem[] = [];
    const encryption = replicator.text(`${own}.EncryptionInTransit.EncryptionType`);
    if (encryption !== undefined && encryption !== 'TLS') {
      const message = `a replicator does not connect over ${show(encryption)}`;
      problems.push({ path: `${own}.EncryptionInTransit.EncryptionType`, message, fix: 'use TLS' });
    }
    for (const path of members.filter((each) => each !== own)) {
      const arn = `${path}.AmazonMskCluster.MskClusterArn`;
      const cluster = replicator.target(arn);
      if (cluster && (cluster.type === SERVERLESS_CLUSTER || brokerClass(cluster) === 'STANDARD')) {
        const message = `${cluster.logicalId} has no express brokers`;
        problems.push({ path: arn, message, fix: 'use a cluster with express brokers' });
      }
    }
    return problems;
  },
};
