import { brokerSizeData, kafkaVersionData } from '../msk-data';
import type { Problem, Rule } from '../rule';
import { CLUSTER, INSTANCE_TYPE, STORAGE, brokerClass, isTiered, mskGuide } from './cluster-facts';

const VOLUME = `${STORAGE}.VolumeSize`;
const THROUGHPUT_ENABLED = `${STORAGE}.ProvisionedThroughput.Enabled`;
const THROUGHPUT = `${STORAGE}.ProvisionedThroughput.VolumeThroughput`;

export const clusterStorage: Rule = {
  id: 'MSK-CLUSTER-STORAGE',
  title: 'Storage settings fit the kind of brokers, their size and the Kafka version',
  remedy:
    'Volumes of 1 to 16,384 GiB, provisioned throughput from kafka.m5.4xlarge or kafka.m7g.2xlarge on, tiered storage from Kafka 3.6.0 on; none of it with express brokers',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [
    mskGuide('limits'),
    mskGuide('msk-provision-throughput-management'),
    mskGuide('msk-tiered-storage'),
    mskGuide('broker-instance-types'),
  ],
  check(cluster) {
    if (brokerClass(cluster) === 'EXPRESS') {
      return [STORAGE, 'StorageMode']
        .filter((path) => cluster.present(path))
        .map((path) => ({
          path,
          message: 'express brokers have no storage settings',
          fix: 'leave it out, or use a kafka.* size',
        }));
    }
    const problems: Problem[] = [];
    const size = cluster.text(INSTANCE_TYPE) ?? '';
    const volume = cluster.number(VOLUME);
    if (volume !== undefined && !(Number.isInteger(volume) && volume >= 1 && volume <= 16384)) {
      const message = `a volume of ${volume} GiB cannot be had`;
      problems.push({ path: VOLUME, message, fix: 'use 1 to 16384 whole GiB for each broker' });
    }
    if (cluster.flag(THROUGHPUT_ENABLED) === true) {
      const throughput = cluster.number(THROUGHPUT);
      if (brokerSizeData(size)?.provisionedThroughput === false) {
        const message = `${size} takes no provisioned storage throughput`;
        problems.push({ path: THROUGHPUT_ENABLED, message, fix: 'use kafka.m5.4xlarge, kafka.m7g.2xlarge or larger' });
      }
      if (throughput !== undefined && throughput < 250) {
        const message = `a provisioned throughput of ${throughput} MiB/s is too low`;
        problems.push({ path: THROUGHPUT, message, fix: 'use at least 250 MiB/s' });
      }
    }
    if (isTiered(cluster)) {
      const version = kafkaVersionData(cluster.text('KafkaVersion') ?? '');
      if (version?.standard && !version.tieredStorage) {
        const message = `Kafka ${version.version} has no tiered storage`;
        problems.push({ path: 'StorageMode', message, fix: 'use Kafka 3.6.0 or later' });
      }
      if (brokerSizeData(size)?.tieredStorage === false) {
        const message = `${size} has no tiered storage`;
        problems.push({ path: 'StorageMode', message, fix: 'use kafka.m7g.large or a larger size' });
      }
      if (cluster.region?.startsWith('us-gov-')) {
        const message = `tiered storage does not exist in ${cluster.region}`;
        problems.push({ path: 'StorageMode', message, fix: 'leave StorageMode out' });
      }
    }
    return problems;
  },
};

export const clusterThroughput: Rule = {
  id: 'MSK-CLUSTER-THROUGHPUT',
  title: 'Provisioned storage throughput is both turned on and given a value',
  remedy: 'Set Enabled to true together with VolumeThroughput, or neither',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('msk-provision-throughput-management')],
  check(cluster) {
    if (cluster.flag(THROUGHPUT_ENABLED) === true && cluster.absent(THROUGHPUT)) {
      const message = 'provisioned throughput is on without a value';
      return [{ path: THROUGHPUT, message, fix: 'set VolumeThroughput to 250 MiB/s or more' }];
    }
    if (cluster.present(THROUGHPUT) && cluster.off(THROUGHPUT_ENABLED)) {
      const message = `a throughput of ${cluster.text(THROUGHPUT)} MiB/s is given but not turned on`;
      return [{ path: THROUGHPUT_ENABLED, message, fix: 'set Enabled to true' }];
    }
    return [];
  },
};
