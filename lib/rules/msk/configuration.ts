import type { ResourceFact } from '../facts';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import {
  CLUSTER,
  CONFIGURATION,
  brokerClass,
  clustersUsing,
  integer,
  isKraft,
  isTiered,
  mskGuide,
  replicationOf,
  serverProperties,
  templateReference,
} from './cluster-facts';
import { EXPRESS_PROPERTIES, STANDARD_PROPERTIES, isRefusedProperty } from './server-properties';

const PROPERTIES = 'ServerProperties';

export const configurationName: Rule = {
  id: 'MSK-CONFIGURATION-NAME',
  title: 'The name of a configuration has letters, digits and hyphens, and does not start with a hyphen',
  remedy: 'Rename the configuration: underscores, dots and slashes are refused',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONFIGURATION],
  sources: [templateReference('aws-resource-msk-configuration'), mskGuide('msk-configuration-operations-create')],
  check(configuration) {
    const name = configuration.text('Name');
    if (name === undefined || /^[0-9A-Za-z][0-9A-Za-z-]*$/.test(name)) {
      return [];
    }
    const message = `the configuration name ${show(name)} is refused`;
    return [{ path: 'Name', message, fix: 'use letters, digits and hyphens, and start with a letter or a digit' }];
  },
};

export const configurationProperties: Rule = {
  id: 'MSK-CONFIGURATION-PROPERTIES',
  title: 'Server properties are plain text, one key=value a line, without the keys that belong to the service',
  remedy: 'Write key=value lines with real line breaks, and leave out listeners, security and broker identity',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONFIGURATION],
  sources: [
    mskGuide('msk-configuration-properties'),
    'https://github.com/awsdocs/aws-cloudformation-user-guide/issues/1186',
    'https://github.com/hashicorp/terraform-provider-aws/issues/15797',
  ],
  check(configuration) {
    const text = configuration.text(PROPERTIES) ?? '';
    const fix = 'write key=value lines as plain text';
    if (Object.keys(Object(configuration.raw(PROPERTIES)) as object)[0] === 'Fn::Base64' || isEncoded(text)) {
      return [{ path: PROPERTIES, message: 'the server properties are base64', fix }];
    }
    if (text.includes('\\n')) {
      const message = 'the server properties hold a backslash and an n instead of a line break';
      return [{ path: PROPERTIES, message, fix: 'separate the lines by real line breaks' }];
    }
    const refused = [...(serverProperties(configuration)?.keys() ?? [])].filter(isRefusedProperty);
    return refused.map((key) => ({
      path: PROPERTIES,
      message: `the property ${key} is refused`,
      fix: 'leave it out: the service sets it',
    }));
  },
};

export const configurationUnlisted: Rule = {
  id: 'MSK-CONFIGURATION-UNLISTED',
  title: 'Server properties are on the documented list for the kind of brokers that use them',
  remedy: 'Check the key against the list of the guide; acknowledge if it is newer than this package',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONFIGURATION],
  sources: [
    mskGuide('msk-configuration-properties'),
    mskGuide('msk-configuration-express-read-write'),
    mskGuide('msk-configuration-express-read-only'),
  ],
  check(configuration, facts) {
    const kinds = new Set(clustersUsing(configuration, facts).map(brokerClass));
    const express = kinds.has('EXPRESS');
    const listed = (key: string) =>
      express
        ? EXPRESS_PROPERTIES.has(key)
        : STANDARD_PROPERTIES.has(key) || (kinds.size === 0 && EXPRESS_PROPERTIES.has(key));
    const brokers = express ? 'express brokers' : 'standard brokers';
    return [...(serverProperties(configuration)?.keys() ?? [])]
      .filter((key) => !listed(key) && !isRefusedProperty(key))
      .map((key) => ({
        path: PROPERTIES,
        message: `${show(key)} is not on the documented list for ${brokers}`,
        fix: 'check the spelling, or leave it out',
      }));
  },
};

export const configurationZooKeeper: Rule = {
  id: 'MSK-CONFIGURATION-ZOOKEEPER',
  title: 'A configuration for KRaft clusters sets no ZooKeeper properties',
  remedy: 'Leave out every zookeeper.* key',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONFIGURATION],
  sources: [mskGuide('metadata-management')],
  check(configuration, facts) {
    const versions = configuration.list('KafkaVersionsList') ?? [];
    const kraft =
      clustersUsing(configuration, facts).some((cluster) => isKraft(cluster) === true) ||
      (versions.length > 0 && versions.every((version) => String(version).endsWith('.kraft')));
    return [...(serverProperties(configuration)?.keys() ?? [])]
      .filter((key) => kraft && key.startsWith('zookeeper.') && !isRefusedProperty(key))
      .map((key) => ({
        path: PROPERTIES,
        message: `${key} means nothing to a KRaft cluster`,
        fix: 'leave it out',
      }));
  },
};

export const configurationReplication: Rule = {
  id: 'MSK-CONFIGURATION-REPLICATION',
  title: 'Replication settings survive the restart of a broker, and fit the brokers of the cluster that uses them',
  remedy:
    'Three replicas, two of them in sync (in two zones two and one), unclean leader election off, no factor above the number of brokers',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONFIGURATION],
  sources: [mskGuide('bestpractices'), mskGuide('msk-default-configuration')],
  check(configuration, facts) {
    const properties = serverProperties(configuration);
    if (properties === undefined) {
      return [];
    }
    const clusters = clustersUsing(configuration, facts).filter((cluster) => brokerClass(cluster) === 'STANDARD');
    return [
      ...inSyncProblems(properties, clusters),
      ...factorProblems(properties, clusters),
      ...electionProblems(properties, clusters),
    ];
  },
};

function inSyncProblems(properties: Map<string, string>, clusters: ResourceFact[]): Problem[] {
  const problems: Problem[] = [];
  const factor = integer(properties.get('transaction.state.log.replication.factor'));
  const minimum = integer(properties.get('transaction.state.log.min.isr'));
  if (factor !== undefined && minimum !== undefined && minimum > factor) {
    const message = `transaction.state.log.min.isr ${minimum} is above transaction.state.log.replication.factor ${factor}`;
    problems.push({ path: PROPERTIES, message, fix: `use at most ${Math.max(factor - 1, 1)}` });
  }
  for (const cluster of clusters) {
    const { replicationFactor, minInSyncReplicas } = replicationOf(cluster, properties);
    if (replicationFactor !== undefined && minInSyncReplicas !== undefined && minInSyncReplicas >= replicationFactor) {
      const message = `min.insync.replicas ${minInSyncReplicas} leaves no replica to spare with replication factor ${replicationFactor} in ${cluster.logicalId}, so writes with acks=all stop when a broker restarts`;
      problems.push({ path: PROPERTIES, message, fix: 'set min.insync.replicas below default.replication.factor' });
    }
  }
  return problems;
}

function factorProblems(properties: Map<string, string>, clusters: ResourceFact[]): Problem[] {
  const keys = [
    'default.replication.factor',
    'offsets.topic.replication.factor',
    'transaction.state.log.replication.factor',
  ];
  return clusters.flatMap((cluster) => {
    const brokers = cluster.number('NumberOfBrokerNodes') ?? Infinity;
    return keys
      .filter((key) => (integer(properties.get(key)) ?? 0) > brokers)
      .map((key) => ({
        path: PROPERTIES,
        message: `${key} ${properties.get(key)} is above the ${brokers} brokers of ${cluster.logicalId}`,
        fix: `use at most ${brokers}`,
      }));
  });
}

function electionProblems(properties: Map<string, string>, clusters: ResourceFact[]): Problem[] {
  const unsafe = clusters.filter((cluster) => isTiered(cluster) === false).map((cluster) => cluster.logicalId);
  return unsafe.length === 0 || properties.get('unclean.leader.election.enable') === 'false'
    ? []
    : [
        {
          path: PROPERTIES,
          message: `unclean leader election is on in ${listing(unsafe)}, so acknowledged records can be lost`,
          fix: 'add unclean.leader.election.enable=false',
        },
      ];
}

export const clusterElection: Rule = {
  id: 'MSK-CLUSTER-ELECTION',
  title: 'A cluster without a configuration of its own has express brokers or tiered storage',
  remedy: 'Give the cluster a configuration with unclean.leader.election.enable=false',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('msk-default-configuration')],
  check(cluster) {
    const path = 'ConfigurationInfo';
    if (!cluster.absent(path) || brokerClass(cluster) !== 'STANDARD' || isTiered(cluster) !== false) {
      return [];
    }
    const message =
      'the configuration of the service lets a replica that lags behind become leader, so acknowledged records can be lost';
    return [{ path, message, fix: 'set one with unclean.leader.election.enable=false' }];
  },
};

export const configurationRevision: Rule = {
  id: 'MSK-CONFIGURATION-REVISION',
  title: 'A cluster follows the latest revision of a configuration that is managed together with it',
  remedy: 'Take the revision from the attribute LatestRevision.Revision of the configuration',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [
    'https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1138',
    'https://github.com/cloudposse/terraform-aws-msk-apache-kafka-cluster/issues/102',
  ],
  check(cluster) {
    const path = 'ConfigurationInfo.Revision';
    const revision = cluster.number(path);
    if (revision === undefined || cluster.target('ConfigurationInfo.Arn')?.type !== CONFIGURATION) {
      return [];
    }
    const message = `revision ${revision} is fixed, so edited server properties never reach the brokers`;
    return [{ path, message, fix: 'use Fn::GetAtt LatestRevision.Revision of the configuration' }];
  },
};

/** Whether a text with no `key=value` line decodes to one that has some. */
function isEncoded(text: string): boolean {
  const compact = text.replace(/\s/g, '');
  return (
    /^[A-Za-z0-9+/]{8,}={0,2}$/.test(compact) &&
    compact.length % 4 === 0 &&
    /^[\w.]+\s*=/m.test(Buffer.from(compact, 'base64').toString('utf8'))
  );
}
