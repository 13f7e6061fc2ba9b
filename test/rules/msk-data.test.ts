import data from '../../lib/rules/data/msk-versions.json';
import {
  BROKER_SIZES,
  KAFKA_VERSIONS,
  MSK_DATA_AS_OF,
  MSK_PORTS,
  brokerSizeData,
  compareKafkaVersions,
  kafkaVersionData,
} from '../../lib/rules/msk-data';

describe('compareKafkaVersions()', () => {
  test.each([
    ['3.9.x', '3.10.x'],
    ['3.9.x.kraft', '3.10.x'],
    ['3.9.x', '4.0.x.kraft'],
    ['2.8.1', '2.8.2.tiered'],
    ['2.8.2.tiered', '3.3.2'],
    ['2.4.1', '2.4.1.1'],
    ['3.7.1', '3.7.x'],
    ['3.6.0', '3.6.1'],
    ['3.6', '3.6.1'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareKafkaVersions(older, newer)).toBeLessThan(0);
    expect(compareKafkaVersions(newer, older)).toBeGreaterThan(0);
  });

  test.each([
    ['3.7.x', '3.7.x.kraft'],
    ['2.8.2', '2.8.2.tiered'],
    ['3.6', '3.6.0'],
  ])('%s is as old as %s', (one, other) => {
    expect(compareKafkaVersions(one, other)).toBe(0);
  });
});

describe('the data about Amazon MSK', () => {
  test('is dated, and each part names its public sources', () => {
    expect(MSK_DATA_AS_OF).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    const { sources, ...parts } = data;
    expect(Object.keys(sources)).toEqual(Object.keys(parts).filter((part) => part !== 'asOf'));
    expect(
      Object.values(sources)
        .flat()
        .filter((url) => !url.startsWith('https://')),
    ).toEqual([]);
  });

  test('lists versions from old to new, each once', () => {
    const versions = KAFKA_VERSIONS.map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    expect([...versions].sort((a, b) => compareKafkaVersions(a, b) || a.length - b.length)).toEqual(versions);
  });

  test('tells the metadata mode that the name of a version tells', () => {
    for (const { version, metadataMode } of KAFKA_VERSIONS) {
      expect([version, metadataMode]).toEqual([version, version.endsWith('.kraft') ? 'KRAFT' : 'ZOOKEEPER']);
    }
  });

  test('knows which versions express brokers offer', () => {
    const express = KAFKA_VERSIONS.filter((version) => version.express).map(({ version }) => version);
    expect(express).toEqual(['3.6.0', '3.8.x', '3.9.x.kraft', '4.2.x.kraft']);
    expect(KAFKA_VERSIONS.filter(({ standard }) => !standard).map(({ version }) => version)).toEqual(['4.2.x.kraft']);
  });

  test('knows tiered storage from 3.6.0 on, and in 2.8.2.tiered', () => {
    for (const { version, tieredStorage, standard } of KAFKA_VERSIONS.filter((entry) => entry.standard)) {
      const expected = version === '2.8.2.tiered' || compareKafkaVersions(version, '3.6.0') >= 0;
      expect([version, standard && tieredStorage]).toEqual([version, expected]);
    }
  });

  test('knows the ends of support that are published', () => {
    const dated = KAFKA_VERSIONS.filter(({ endOfSupport }) => endOfSupport !== undefined);
    expect(dated.at(-1)?.version).toBe('3.7.x.kraft');
    expect(kafkaVersionData('3.6.0')?.endOfSupport).toBe('2026-06-01');
    expect(kafkaVersionData('3.9.x')?.endOfSupport).toBeUndefined();
    expect(kafkaVersionData('3.9')).toBeUndefined();
  });

  test('knows the sizes and what each can do', () => {
    expect(BROKER_SIZES.filter((size) => size.class === 'EXPRESS')).toHaveLength(7);
    expect(BROKER_SIZES.filter((size) => size.class === 'STANDARD')).toHaveLength(16);
    for (const size of BROKER_SIZES) {
      expect(size.size.startsWith(size.class === 'EXPRESS' ? 'express.' : 'kafka.')).toBe(true);
      expect(size.maxPartitions ?? size.maxPartitionsForUpdates).toBeGreaterThanOrEqual(size.recommendedPartitions);
    }
    const throughput = BROKER_SIZES.filter((size) => size.provisionedThroughput).map(({ size }) => size);
    expect(throughput[0]).toBe('kafka.m5.4xlarge');
    expect(throughput.find((size) => size.startsWith('kafka.m7g'))).toBe('kafka.m7g.2xlarge');
    expect(brokerSizeData('kafka.t3.small')?.tieredStorage).toBe(false);
    expect(brokerSizeData('kafka.m7g.large')?.minKafkaVersion).toBe('3.3.2');
    expect(brokerSizeData('m7g.large')).toBeUndefined();
  });

  test('knows one port for each listener and path, and only IAM for serverless clusters', () => {
    const keys = MSK_PORTS.map(({ listener, access, addressFamily }) => `${listener} ${access} ${addressFamily}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(MSK_PORTS.filter(({ serverless }) => serverless)).toEqual([
      { listener: 'SASL_IAM', access: 'IN_VPC', addressFamily: 'IPV4', fromPort: 9098, toPort: 9098, serverless: true },
    ]);
  });
});
