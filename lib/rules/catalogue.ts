import { maciePattern, patternLength } from './events/pattern';
import {
  mappingDestination,
  mappingGroup,
  mappingGroupMetrics,
  mappingScaling,
  mappingTopic,
} from './lambda/msk-mapping';
import { macieRegion, macieSessionSingle } from './macie/macie';
import {
  clusterBrokerCount,
  clusterBrokerQuota,
  clusterBrokerSize,
  clusterName,
  clusterSmallKraft,
  clusterZones,
} from './msk/cluster-layout';
import {
  clusterAuthentication,
  clusterConnectivity,
  clusterPlaintext,
  clusterUnauthenticated,
} from './msk/cluster-security';
import { clusterStorage, clusterThroughput } from './msk/cluster-storage';
import { clusterVersion, clusterVersionSupport, clusterVersionUnknown } from './msk/cluster-version';
import {
  configurationName,
  configurationProperties,
  configurationReplication,
  configurationRevision,
  configurationUnlisted,
  configurationZooKeeper,
} from './msk/configuration';
import { policySingle } from './msk/policy';
import { serverlessAuthentication, serverlessName, serverlessNetwork } from './msk/serverless';
import {
  topicCluster,
  topicCollision,
  topicConfigs,
  topicDurability,
  topicName,
  topicPartitions,
  topicReplication,
} from './msk/topic';
import type { Rule } from './rule';

/** Every rule there is, as the reference page lists them. */
export const RULES: readonly Rule[] = [
  clusterName,
  clusterZones,
  clusterBrokerCount,
  clusterBrokerQuota,
  clusterBrokerSize,
  clusterSmallKraft,
  clusterVersion,
  clusterVersionUnknown,
  clusterVersionSupport,
  clusterAuthentication,
  clusterUnauthenticated,
  clusterPlaintext,
  clusterConnectivity,
  clusterStorage,
  clusterThroughput,
  configurationRevision,
  configurationName,
  configurationProperties,
  configurationUnlisted,
  configurationZooKeeper,
  configurationReplication,
  topicName,
  topicPartitions,
  topicCollision,
  topicCluster,
  topicReplication,
  topicDurability,
  topicConfigs,
  serverlessName,
  serverlessAuthentication,
  serverlessNetwork,
  policySingle,
  mappingScaling,
  mappingTopic,
  mappingGroup,
  mappingGroupMetrics,
  mappingDestination,
  macieRegion,
  macieSessionSingle,
  patternLength,
  maciePattern,
];
