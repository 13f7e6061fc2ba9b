import { KAFKA_VERSIONS, MSK_DATA_AS_OF, kafkaVersionData } from '../msk-data';
import type { KafkaVersionData } from '../msk-data';
import { listing, show } from '../rule';
import type { Rule } from '../rule';
import { CLUSTER, brokerClass, mskGuide } from './cluster-facts';

const PATH = 'KafkaVersion';

/** Kafka 4 and later know no ZooKeeper, so their version strings all end in `.kraft`. */
function lacksKraftSuffix(version: string): boolean {
  return /^([4-9]|[1-9]\d+)\./.test(version) && !version.endsWith('.kraft');
}

/** The versions that are on offer for a new cluster, as far as the data goes. */
function offered(filter: (entry: KafkaVersionData) => boolean): string {
  const supported = KAFKA_VERSIONS.filter((entry) => !isPastSupport(entry) && filter(entry));
  return listing(supported.map((entry) => entry.version));
}

function isPastSupport(entry: KafkaVersionData): boolean {
  return entry.endOfSupport !== undefined && entry.endOfSupport <= MSK_DATA_AS_OF;
}

export const clusterVersion: Rule = {
  id: 'MSK-CLUSTER-VERSION',
  title: 'The Kafka version is offered for the kind of brokers',
  remedy: 'Use 3.9.x.kraft, which both kinds of brokers offer, or another version from the table of the guide',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [
    mskGuide('supported-kafka-versions'),
    mskGuide('msk-broker-types-express'),
    mskGuide('metadata-management'),
  ],
  check(cluster) {
    const version = cluster.text(PATH);
    if (version === undefined) {
      return [];
    }
    if (lacksKraftSuffix(version)) {
      const message = `Kafka ${version} exists in KRaft mode only`;
      return [{ path: PATH, message, fix: `use ${show(`${version}.kraft`)}` }];
    }
    const data = kafkaVersionData(version);
    const kind = brokerClass(cluster);
    if (data !== undefined && kind === 'EXPRESS' && !data.express) {
      const message = `Kafka ${version} is not offered for express brokers`;
      return [{ path: PATH, message, fix: `use one of ${offered((entry) => entry.express)}` }];
    }
    if (data !== undefined && kind === 'STANDARD' && !data.standard) {
      const message = `Kafka ${version} is offered for express brokers only`;
      return [{ path: PATH, message, fix: `use one of ${offered((entry) => entry.standard)}` }];
    }
    return [];
  },
};

export const clusterVersionUnknown: Rule = {
  id: 'MSK-CLUSTER-VERSION-UNKNOWN',
  title: 'The Kafka version is one that was on offer when the rules were written',
  remedy: 'Check the version against the table of the guide; acknowledge if it is newer than this package',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('supported-kafka-versions')],
  check(cluster) {
    const version = cluster.text(PATH);
    if (version === undefined || lacksKraftSuffix(version) || kafkaVersionData(version) !== undefined) {
      return [];
    }
    const message = `Kafka version ${show(version)} was not on offer on ${MSK_DATA_AS_OF}`;
    return [{ path: PATH, message, fix: `use one of ${offered(() => true)}` }];
  },
};

export const clusterVersionSupport: Rule = {
  id: 'MSK-CLUSTER-VERSION-SUPPORT',
  title: 'The Kafka version has not passed its end of support',
  remedy: 'Upgrade the cluster in a deployment of your own before AWS upgrades it',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('version-support')],
  check(cluster) {
    const data = kafkaVersionData(cluster.text(PATH) ?? '');
    if (data === undefined || !isPastSupport(data)) {
      return [];
    }
    const message = `support for Kafka ${data.version} ended on ${data.endOfSupport}`;
    const newer = offered((entry) => (brokerClass(cluster) === 'EXPRESS' ? entry.express : entry.standard));
    return [{ path: PATH, message, fix: `use one of ${newer}` }];
  },
};
