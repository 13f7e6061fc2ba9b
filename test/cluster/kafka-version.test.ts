import { Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { KafkaVersion } from '../../lib/cluster';
import { KAFKA_VERSIONS, MSK_DATA_AS_OF } from '../../lib/rules';
import { cluster, keepReportsQuiet, stack, warningsOf } from '../support/fixtures';

keepReportsQuiet();

const STATICS = Object.entries(KafkaVersion).filter((entry): entry is [string, KafkaVersion] => {
  return entry[1] instanceof KafkaVersion;
});

describe('each version with a name', () => {
  test.each(STATICS)('[12] [13] is in the data about Amazon MSK, with what it can do: %s', (_name, kafkaVersion) => {
    const data = KAFKA_VERSIONS.find(({ version }) => version === kafkaVersion.version);
    expect(kafkaVersion.isKraft).toBe(data?.metadataMode === 'KRAFT');
    expect(kafkaVersion.hasTieredStorage).toBe(data?.tieredStorage);
    expect(kafkaVersion.hasExpressBrokers).toBe(data?.express);
    expect(data).toBeDefined();
  });

  test('[12] says in its name what it is', () => {
    for (const [name, { version }] of STATICS) {
      expect(name).toBe(`V${version.toUpperCase().replace(/\./g, '_')}`);
    }
  });

  test.each(STATICS)(
    '[4] [12] [S-01] synthesizes, or is refused with the versions to take instead: %s',
    (_name, version) => {
      const of = stack();
      cluster(of, 'Orders', { kafkaVersion: version });
      const data = KAFKA_VERSIONS.find((each) => each.version === version.version)!;
      if (!data.standard) {
        expect(() => Template.fromStack(of)).toThrow(
          /MSK-CLUSTER-VERSION: .*express brokers only: use one of .*3\.9\.x\.kraft/,
        );
        return;
      }
      Template.fromStack(of).hasResourceProperties('AWS::MSK::Cluster', { KafkaVersion: version.version });
      const isOld = data.endOfSupport !== undefined && data.endOfSupport <= MSK_DATA_AS_OF;
      expect(warningsOf(of)).toEqual(
        isOld ? [expect.stringContaining('cdk-msk-macie:MSK-CLUSTER-VERSION-SUPPORT')] : [],
      );
    },
  );
});

test('[12] [S-01] every version that AWS supports has a name', () => {
  const supported = KAFKA_VERSIONS.filter(
    ({ endOfSupport }) => endOfSupport === undefined || endOfSupport > MSK_DATA_AS_OF,
  );
  const named = STATICS.map(([, { version }]) => version);
  expect(supported.map(({ version }) => version).filter((version) => !named.includes(version))).toEqual([]);
});

describe('a version that this package does not know', () => {
  test('[12] synthesizes with a warning', () => {
    const of = stack();
    cluster(of, 'Orders', { kafkaVersion: KafkaVersion.of('4.9.x.kraft') });
    expect(warningsOf(of)).toEqual([expect.stringContaining('cdk-msk-macie:MSK-CLUSTER-VERSION-UNKNOWN')]);
  });

  test('[13] claims nothing but what its name says', () => {
    const unknown = KafkaVersion.of('4.9.x.kraft');
    expect([unknown.isKraft, unknown.hasTieredStorage, unknown.hasExpressBrokers]).toEqual([
      true,
      undefined,
      undefined,
    ]);
    expect(KafkaVersion.of(Token.asString({ Ref: 'Version' })).isKraft).toBeUndefined();
  });
});

/** The templates of a cluster of each metadata mode and a topic, made with other data about Amazon MSK. */
function templatesWith(edit: (data: any) => any): any[] {
  const data = edit(structuredClone(jest.requireActual('../../lib/rules/data/msk-versions.json')));
  let templates: any[] = [];
  jest.isolateModules(() => {
    jest.doMock('../../lib/rules/data/msk-versions.json', () => data);
    const fixtures = require('../support/fixtures');
    const lib = { ...require('../../lib/cluster'), ...require('../../lib/topic'), ...require('../../lib/consumer') };
    templates = ['3.9.x', '3.9.x.kraft'].map((version) => {
      const of = fixtures.stack();
      const orders = fixtures.cluster(of, 'Orders', { kafkaVersion: lib.KafkaVersion.of(version) });
      const topic = new lib.KafkaTopic(of, 'Paid', { cluster: orders, topicName: 'paid', partitions: 1 });
      new lib.LambdaConsumer(of, 'Billing', { topic, consumerGroup: 'billing', handler: fixtures.nodeFunction(of) });
      return require('aws-cdk-lib/assertions').Template.fromStack(of).toJSON();
    });
    jest.dontMock('../../lib/rules/data/msk-versions.json');
  });
  return templates;
}

test('[B-08] newer data about Amazon MSK changes no template', () => {
  const now = templatesWith((data) => data);
  const later = templatesWith((data) => ({
    ...data,
    asOf: '2029-01-01',
    kafkaVersions: [
      ...data.kafkaVersions
        .filter(({ version }: any) => version !== '3.9.x')
        .map((each: any) => ({
          ...each,
          endOfSupport: '2028-01-01',
          tieredStorage: !each.tieredStorage,
          express: true,
        })),
      { version: '5.0.x.kraft', metadataMode: 'KRAFT', tieredStorage: true, standard: true, express: true },
    ],
    brokerSizes: data.brokerSizes.map((each: any) => ({
      ...each,
      recommendedPartitions: 1,
      minKafkaVersion: undefined,
    })),
    ports: [],
  }));
  expect(now[0].Resources).not.toEqual(now[1].Resources);
  expect(later).toEqual(now);
});
