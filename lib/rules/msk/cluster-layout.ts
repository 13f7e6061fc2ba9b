import { BROKER_SIZES, brokerSizeData, compareKafkaVersions, kafkaVersionData } from '../msk-data';
import { listing, show } from '../rule';
import type { Rule } from '../rule';
import {
  CLUSTER,
  INSTANCE_TYPE,
  SUBNETS,
  brokerClass,
  isKraft,
  mskGuide,
  repeated,
  subnetsOf,
  subnetZones,
} from './cluster-facts';

export const clusterName: Rule = {
  id: 'MSK-CLUSTER-NAME',
  title: 'The name of a cluster has 1 to 64 letters, digits and hyphens',
  remedy: 'Rename the cluster before it exists: a later change of the name replaces it',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [
    'https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html',
    'https://github.com/hashicorp/terraform-provider-aws/issues/8793',
  ],
  check(cluster) {
    const name = cluster.text('ClusterName');
    if (name === undefined || /^[0-9A-Za-z-]{1,64}$/.test(name)) {
      return [];
    }
    const message = `the cluster name ${show(name)} is refused`;
    return [{ path: 'ClusterName', message, fix: 'use 1 to 64 letters, digits and hyphens' }];
  },
};

export const clusterZones: Rule = {
  id: 'MSK-CLUSTER-ZONES',
  title: 'Brokers sit in two or three Availability Zones, one subnet in each; express brokers in exactly three',
  remedy: 'Pass one subnet for each of three zones (two in us-west-1)',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-msk-cluster-brokernodegroupinfo.html',
    mskGuide('msk-broker-types-express'),
  ],
  check(cluster) {
    const subnets = subnetsOf(cluster, SUBNETS);
    if (subnets === undefined) {
      return [];
    }
    const count = `${subnets.length} client ${subnets.length === 1 ? 'subnet' : 'subnets'}`;
    if (brokerClass(cluster) === 'EXPRESS' && subnets.length !== 3) {
      const message = `express brokers are given ${count}`;
      return [{ path: SUBNETS, message, fix: 'pass exactly three, each in a zone of its own' }];
    }
    if (cluster.region === 'us-west-1' && subnets.length !== 2) {
      const message = `a cluster in us-west-1 is given ${count}`;
      return [{ path: SUBNETS, message, fix: 'pass exactly two, each in a zone of its own' }];
    }
    if (subnets.length < 2 || subnets.length > 3) {
      const message = `a cluster is given ${count}`;
      return [{ path: SUBNETS, message, fix: 'pass two or three, each in a zone of its own' }];
    }
    const given = cluster.extra('subnetZones');
    if (repeated(subnetZones(cluster, SUBNETS, given)).length > 0) {
      const names = Array.isArray(given) ? `: ${given.join(', ')}` : '';
      const message = `two client subnets share an Availability Zone${names}`;
      return [{ path: SUBNETS, message, fix: 'pass one subnet for each zone' }];
    }
    if (repeated(subnets).length > 0) {
      return [{ path: SUBNETS, message: 'a client subnet is given twice', fix: 'pass one subnet for each zone' }];
    }
    return [];
  },
};

export const clusterBrokerCount: Rule = {
  id: 'MSK-CLUSTER-BROKER-COUNT',
  title: 'The number of brokers is a multiple of the number of Availability Zones',
  remedy: 'Give each zone the same number of brokers, at least one',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [mskGuide('msk-broker-types-standard'), mskGuide('msk-broker-types-express')],
  check(cluster) {
    const brokers = cluster.number('NumberOfBrokerNodes');
    const zones = brokerClass(cluster) === 'EXPRESS' ? 3 : (subnetsOf(cluster, SUBNETS)?.length ?? 1);
    if (brokers === undefined || zones === 0 || (brokers >= zones && brokers % zones === 0)) {
      return [];
    }
    const message =
      zones === 1
        ? `a cluster cannot have ${brokers} brokers`
        : `${brokers} brokers cannot be spread evenly over ${zones} Availability Zones`;
    return [{ path: 'NumberOfBrokerNodes', message, fix: `use a multiple of ${zones}` }];
  },
};

export const clusterBrokerQuota: Rule = {
  id: 'MSK-CLUSTER-BROKER-QUOTA',
  title: 'A cluster has at most 30 brokers with ZooKeeper, 60 with KRaft, unless the quota was raised',
  remedy: 'Ask for a higher quota, or use fewer and larger brokers',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('limits')],
  check(cluster) {
    const brokers = cluster.number('NumberOfBrokerNodes');
    const kraft = isKraft(cluster);
    const quota = kraft ? 60 : 30;
    if (brokers === undefined || kraft === undefined || brokers <= quota) {
      return [];
    }
    const message = `${brokers} brokers exceed the default quota of ${quota} with ${kraft ? 'KRaft' : 'ZooKeeper'}`;
    return [{ path: 'NumberOfBrokerNodes', message, fix: 'make sure that the quota of the account was raised' }];
  },
};

export const clusterBrokerSize: Rule = {
  id: 'MSK-CLUSTER-BROKER-SIZE',
  title: 'The broker size exists and runs the Kafka version of the cluster',
  remedy: 'Pick one of the sizes that Amazon MSK offers; M7g needs Kafka 2.8.2.tiered, 3.3.2 or later',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [mskGuide('broker-instance-sizes')],
  check(cluster) {
    const size = cluster.text(INSTANCE_TYPE);
    if (size === undefined) {
      return [];
    }
    const data = brokerSizeData(size);
    if (data === undefined) {
      const prefix = size.startsWith('express.') ? 'express.' : 'kafka.';
      const sizes = BROKER_SIZES.map((entry) => entry.size).filter((known) => known.startsWith(prefix));
      const message = `there is no broker size ${show(size)}`;
      return [{ path: INSTANCE_TYPE, message, fix: `use one of ${listing(sizes)}` }];
    }
    const version = kafkaVersionData(cluster.text('KafkaVersion') ?? '')?.version;
    const needed = data.minKafkaVersion;
    if (
      version === undefined ||
      needed === undefined ||
      compareKafkaVersions(version, needed) >= 0 ||
      data.olderKafkaVersions?.includes(version)
    ) {
      return [];
    }
    const message = `broker size ${size} does not run Kafka ${version}`;
    const versions = [...(data.olderKafkaVersions ?? []), needed];
    return [{ path: INSTANCE_TYPE, message, fix: `use Kafka ${versions.join(' or ')} or later, or an M5 size` }];
  },
};

export const clusterSmallKraft: Rule = {
  id: 'MSK-CLUSTER-SMALL-KRAFT',
  title: 'A KRaft cluster has brokers larger than kafka.t3.small',
  remedy: 'Use kafka.m7g.large or larger with KRaft: the smallest size is for development, and may be refused',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('broker-instance-sizes'), mskGuide('metadata-management')],
  check(cluster) {
    if (cluster.text(INSTANCE_TYPE) !== 'kafka.t3.small' || isKraft(cluster) !== true) {
      return [];
    }
    const message = `kafka.t3.small may be refused with the KRaft version ${cluster.text('KafkaVersion')}`;
    return [{ path: INSTANCE_TYPE, message, fix: 'use kafka.m7g.large or larger, or a version with ZooKeeper' }];
  },
};
