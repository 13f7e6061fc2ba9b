import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BrokerLogs,
  Brokers,
  ExpressBrokerSize,
  KafkaVersion,
  PrometheusExporter,
  ProvisionedCluster,
  Retention,
  StandardBrokerSize,
} from '../../lib';
import type { ProvisionedClusterProps } from '../../lib';
import { BROKER_SIZES } from '../../lib/rules';
import { stack, vpc } from '../support/fixtures';

const CLUSTER = 'AWS::MSK::Cluster';
const CONFIGURATION = 'AWS::MSK::Configuration';

function cluster(props: Partial<ProvisionedClusterProps> = {}, scope: Stack = stack()): Template {
  new ProvisionedCluster(scope, 'Orders', { vpc: vpc(scope), kafkaVersion: KafkaVersion.V3_9_X_KRAFT, ...props });
  return Template.fromStack(scope);
}

function serverProperties(template: Template): Record<string, string> {
  const [{ Properties }] = Object.values<any>(template.findResources(CONFIGURATION));
  return Object.fromEntries(Properties.ServerProperties.split('\n').map((line: string) => line.split('=')));
}

describe('standard brokers', () => {
  test('[16] [S-03] have the volume that is asked for', () => {
    cluster({ brokers: Brokers.standard({ volumeSize: Size.tebibytes(2) }) }).hasResourceProperties(CLUSTER, {
      BrokerNodeGroupInfo: {
        StorageInfo: { EBSStorageInfo: { VolumeSize: 2048, ProvisionedThroughput: Match.absent() } },
      },
    });
  });

  test.each([0, 16385])('[17] fail with a volume of %d GiB', (gibibytes) => {
    expect(() => cluster({ brokers: Brokers.standard({ volumeSize: Size.gibibytes(gibibytes) }) })).toThrow(
      /MSK-CLUSTER-STORAGE/,
    );
  });

  test('[18] have the throughput that is asked for', () => {
    const brokers = Brokers.standard({ size: StandardBrokerSize.M7G_2XLARGE, volumeThroughput: 300 });
    cluster({ brokers }).hasResourceProperties(CLUSTER, {
      BrokerNodeGroupInfo: {
        StorageInfo: { EBSStorageInfo: { ProvisionedThroughput: { Enabled: true, VolumeThroughput: 300 } } },
      },
    });
  });

  test('[18] fail with throughput on a size that has none', () => {
    const brokers = Brokers.standard({ size: StandardBrokerSize.M7G_LARGE, volumeThroughput: 300 });
    expect(() => cluster({ brokers })).toThrow(/MSK-CLUSTER-STORAGE/);
  });

  test('[19] tier their storage when asked', () => {
    cluster({ brokers: Brokers.standard({ tieredStorage: true }) }).hasResourceProperties(CLUSTER, {
      StorageMode: 'TIERED',
    });
    cluster().hasResourceProperties(CLUSTER, { StorageMode: Match.absent() });
  });

  test('[19] fail with tiered storage on kafka.t3.small', () => {
    const brokers = Brokers.standard({ size: StandardBrokerSize.T3_SMALL, tieredStorage: true });
    expect(() => cluster({ brokers, kafkaVersion: KafkaVersion.V3_9_X })).toThrow(/MSK-CLUSTER-STORAGE/);
  });

  test('[20] grow their volumes with what they hold, and never shrink them', () => {
    const template = cluster({
      brokers: Brokers.standard({ volumeScaling: { maxVolumeSize: Size.tebibytes(1), targetUtilization: 70 } }),
    });
    const [clusterId] = Object.keys(template.findResources(CLUSTER));
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ServiceNamespace: 'kafka',
      ScalableDimension: 'kafka:broker-storage:VolumeSize',
      ResourceId: { 'Fn::GetAtt': [clusterId, 'Arn'] },
      MinCapacity: 1,
      MaxCapacity: 1024,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' },
        TargetValue: 70,
        DisableScaleIn: true,
      },
    });
    // The service-linked role is taken, no other one is made.
    expect(template.findResources('AWS::IAM::Role')).toEqual(cluster().findResources('AWS::IAM::Role'));
  });

  test('[21] are told the same of their volumes with and without growth', () => {
    const storage = (template: Template) =>
      Object.values<any>(template.findResources(CLUSTER))[0].Properties.BrokerNodeGroupInfo.StorageInfo;
    const growing = Brokers.standard({ volumeScaling: { maxVolumeSize: Size.tebibytes(1) } });
    expect(storage(cluster({ brokers: growing }))).toEqual(storage(cluster()));
  });
});

describe('express brokers', () => {
  const brokers = Brokers.express({ size: ExpressBrokerSize.M7G_XLARGE, perZone: 2 });

  test('[2] [22] have no storage to care for and rebalance by themselves', () => {
    cluster({ brokers }).hasResourceProperties(CLUSTER, {
      NumberOfBrokerNodes: 6,
      BrokerNodeGroupInfo: { InstanceType: 'express.m7g.xlarge', StorageInfo: Match.absent() },
      Rebalancing: { Status: 'ACTIVE' },
      StorageMode: Match.absent(),
    });
  });

  test('[22] leave rebalancing to the user when asked', () => {
    cluster({
      brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE, rebalancing: false }),
    }).hasResourceProperties(CLUSTER, { Rebalancing: { Status: 'PAUSED' } });
  });

  test('[59] are not told what they fix themselves', () => {
    expect(serverProperties(cluster({ brokers }))).toEqual({ 'auto.create.topics.enable': 'false' });
  });

  test('[59] warn of a property that is theirs to fix', () => {
    const scope = stack();
    cluster({ brokers, serverProperties: { other: { 'min.insync.replicas': '1' } } }, scope);
    Annotations.fromStack(scope).hasWarning(
      '/Stack/Orders',
      Match.stringLikeRegexp('"min.insync.replicas" .* express brokers.*cdk-msk-macie:MSK-CONFIGURATION-UNLISTED'),
    );
  });

  test('[100] log like any other', () => {
    cluster({ brokers }).hasResourceProperties(CLUSTER, {
      LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } },
    });
  });

  test('[2] fail with two zones', () => {
    expect(() => cluster({ brokers, zones: 2 })).toThrow(/MSK-CLUSTER-ZONES/);
  });

  test('[13] fail with a version that has none', () => {
    expect(() => cluster({ brokers, kafkaVersion: KafkaVersion.V4_1_X_KRAFT })).toThrow(/MSK-CLUSTER-VERSION/);
  });
});

test('[10] every size has a name, and every name is a size', () => {
  const named = [StandardBrokerSize, ExpressBrokerSize].flatMap((sizes) =>
    Object.values(sizes).map(({ instanceType }) => instanceType as string),
  );
  expect(named.sort()).toEqual(BROKER_SIZES.map(({ size }) => size).sort());
});

test('[10] fails with a size that does not exist', () => {
  expect(() => cluster({ brokers: Brokers.standard({ size: StandardBrokerSize.of('kafka.m5.huge') }) })).toThrow(
    /MSK-CLUSTER-BROKER-SIZE: .*kafka\.m5\.huge/,
  );
});

describe('server properties', () => {
  test('[56] [S-03] are rendered by their Kafka names', () => {
    const properties = serverProperties(
      cluster({
        serverProperties: {
          autoCreateTopics: true,
          retention: Retention.of(Duration.days(30)),
          retentionSize: Size.gibibytes(50),
          other: { 'num.partitions': '6' },
        },
      }),
    );
    expect(properties).toMatchObject({
      'auto.create.topics.enable': 'true',
      'log.retention.ms': String(30 * 24 * 3600 * 1000),
      'log.retention.bytes': String(50 * 1024 ** 3),
      'num.partitions': '6',
      'default.replication.factor': '3',
    });
  });

  test('[S-03] keep records for ever when asked', () => {
    expect(
      serverProperties(cluster({ serverProperties: { retention: Retention.forever() } }))['log.retention.ms'],
    ).toBe('-1');
  });

  test.each([
    [Size.mebibytes(8), { 'message.max.bytes': '8388608', 'replica.fetch.max.bytes': '8388608' }, false],
    [Size.mebibytes(12), { 'message.max.bytes': '12582912', 'replica.fetch.max.bytes': '12582912' }, true],
  ])('let replicas fetch as much as %s', (maxMessageSize, expected, answerToo) => {
    const properties = serverProperties(cluster({ serverProperties: { maxMessageSize } }));
    expect(properties).toMatchObject(expected);
    expect('replica.fetch.response.max.bytes' in properties).toBe(answerToo);
  });

  test('[194] let consumers read in their own zone', () => {
    expect(
      serverProperties(cluster({ serverProperties: { closestReplicaReads: true } }))['replica.selector.class'],
    ).toBe('org.apache.kafka.common.replica.RackAwareReplicaSelector');
  });

  test('[58] change nothing but the text of the configuration', () => {
    const of = (retention: Retention) => cluster({ serverProperties: { retention } }).toJSON().Resources;
    const [before, after] = [of(Retention.of(Duration.days(1))), of(Retention.of(Duration.days(2)))];
    const changed = Object.keys(after).filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]));
    expect(changed.map((id) => after[id].Type)).toEqual([CONFIGURATION]);
    const { ServerProperties: a, ...rest } = before[changed[0]].Properties;
    const { ServerProperties: b, ...same } = after[changed[0]].Properties;
    expect(a).not.toBe(b);
    expect(rest).toEqual(same);
  });

  test('[56] fail where the service refuses them', () => {
    expect(() => cluster({ serverProperties: { other: { listeners: 'x' } } })).toThrow(/MSK-CONFIGURATION-PROPERTIES/);
  });
});

describe('broker logs', () => {
  test('[98] [102] go into a bucket whose policy and key let the delivery in', () => {
    const scope = stack();
    const key = new kms.Key(scope, 'Key');
    const bucket = new s3.Bucket(scope, 'Bucket', { encryptionKey: key });
    const template = cluster({ brokerLogs: [BrokerLogs.toBucket(bucket, 'brokers')] }, scope);
    const [bucketId] = Object.keys(template.findResources('AWS::S3::Bucket'));
    template.hasResourceProperties(CLUSTER, {
      LoggingInfo: { BrokerLogs: { S3: { Enabled: true, Bucket: { Ref: bucketId }, Prefix: 'brokers' } } },
    });
    const [{ Properties }] = Object.values<any>(template.findResources('AWS::S3::BucketPolicy'));
    const put = Properties.PolicyDocument.Statement.find(({ Action }: any) => Action === 's3:PutObject');
    expect(put.Principal).toEqual({ Service: 'delivery.logs.amazonaws.com' });
    expect(put.Resource['Fn::Join'][1].slice(1)).toEqual(['/brokers/AWSLogs/', { Ref: 'AWS::AccountId' }, '/*']);
    expect(put.Condition.StringEquals).toEqual({
      'aws:SourceAccount': { Ref: 'AWS::AccountId' },
      's3:x-amz-acl': 'bucket-owner-full-control',
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'delivery.logs.amazonaws.com' } })]),
      },
    });
  });

  test('[98] go into a delivery stream, and into several places', () => {
    const scope = stack();
    const stream = firehose.DeliveryStream.fromDeliveryStreamName(scope, 'Stream', 'logs');
    cluster(
      { brokerLogs: [BrokerLogs.toLogGroup(), BrokerLogs.toDeliveryStream(stream)] },
      scope,
    ).hasResourceProperties(CLUSTER, {
      LoggingInfo: {
        BrokerLogs: { CloudWatchLogs: { Enabled: true }, Firehose: { Enabled: true, DeliveryStream: 'logs' } },
      },
    });
  });
});

test('[97] brokers offer metrics to Prometheus when asked', () => {
  cluster({ prometheusExporters: [PrometheusExporter.JMX] }).hasResourceProperties(CLUSTER, {
    OpenMonitoring: {
      Prometheus: { JmxExporter: { EnabledInBroker: true }, NodeExporter: { EnabledInBroker: false } },
    },
  });
  cluster().hasResourceProperties(CLUSTER, { OpenMonitoring: Match.absent() });
});
