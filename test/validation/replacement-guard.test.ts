import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { CfnResource, RemovalPolicy, Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Brokers, ExpressBrokerSize, KafkaVersion, StandardBrokerSize } from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { LambdaConsumer } from '../../lib/consumer';
import { KafkaTopic, TopicManagement } from '../../lib/topic';
import type { KafkaTopicProps } from '../../lib/topic';
import { ReplacementGuard } from '../../lib/validation';
import { cluster, differences, keepReportsQuiet, nodeFunction, stack, warningsOf } from '../support/fixtures';

keepReportsQuiet();

const folder = mkdtempSync(path.join(tmpdir(), 'replacement-guard-'));
let files = 0;

interface Edit {
  readonly cluster?: Partial<ProvisionedClusterProps>;
  readonly topic?: Partial<KafkaTopicProps>;
  readonly topicId?: string;
  readonly group?: string;
}

/** A cluster with a topic and its consumer, before or after an edit. */
function deployment(edit: Edit = {}): Stack {
  const of = stack();
  const orders = cluster(of, 'Orders', edit.cluster);
  const topic = new KafkaTopic(of, edit.topicId ?? 'Paid', {
    cluster: orders,
    topicName: 'paid',
    partitions: 6,
    ...edit.topic,
  });
  new LambdaConsumer(of, 'Billing', { topic, consumerGroup: edit.group ?? 'billing', handler: nodeFunction(of) });
  return of;
}

function deployed(of: Stack = deployment()): string {
  const file = path.join(folder, `${files++}.json`);
  writeFileSync(file, JSON.stringify(Template.fromStack(of).toJSON()));
  return file;
}

function warnings(edit: Edit, before?: string): string[] {
  const of = deployment(edit);
  ReplacementGuard.compare(of, before ?? deployed());
  return warningsOf(of).filter((warning) => warning.includes('REPLACEMENT'));
}

describe('[109] the guard', () => {
  test('is silent where nothing changed, and of what changes in place', () => {
    expect(warnings({})).toEqual([]);
    expect(
      warnings({
        cluster: {
          kafkaVersion: KafkaVersion.V4_1_X_KRAFT,
          serverProperties: { maxMessageSize: Size.mebibytes(2) },
        },
        topic: { partitions: 12, configuration: { maxMessageSize: Size.mebibytes(2) } },
      }),
    ).toEqual([]);
  });

  test('names the property for which a cluster is replaced, and that what is deployed is kept', () => {
    const ofTheCluster = warnings({ cluster: { clusterName: 'renamed' } }).filter((each) =>
      each.includes('MSK::Cluster)'),
    );
    expect(ofTheCluster).toEqual([
      expect.stringMatching(
        /^Orders\w+ \(AWS::MSK::Cluster\) is replaced, for another ClusterName: .*is kept, outside/,
      ),
    ]);
    expect(ofTheCluster[0]).toMatch(/a new cluster is empty.*\[ack: cdk-msk-macie:REPLACEMENT\[Orders\w+\]\]$/);
  });

  test.each<[string, (of: Stack) => Partial<ProvisionedClusterProps>, string]>([
    [
      'security groups',
      (of) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'G', 'sg-1')] }),
      'BrokerNodeGroupInfo.SecurityGroups',
    ],
    [
      'key',
      (of) => ({ encryptionKey: kms.Key.fromKeyArn(of, 'K', 'arn:aws:kms:eu-west-1:123456789012:key/1') }),
      'EncryptionInfo.EncryptionAtRest',
    ],
    ['zones', () => ({ zones: 2 }), 'BrokerNodeGroupInfo.ClientSubnets'],
  ])('knows that other %s replace a cluster', (_, props, property) => {
    const of = stack();
    cluster(of, 'Orders', props(of));
    const before = stack();
    cluster(before, 'Orders');
    ReplacementGuard.compare(of, deployed(before));
    expect(warningsOf(of).join('\n')).toMatch(new RegExp(`AWS::MSK::Cluster\\) is replaced, for another ${property}`));
  });

  test('names a topic that gets another name or other replicas', () => {
    expect(warnings({ topic: { topicName: 'settled' } }).join('\n')).toMatch(
      /AWS::MSK::Topic\) is replaced, for another TopicName: .*a new topic is empty/,
    );
  });

  test('names what lost its logical id: a topic that was renamed in the code, a mapping of another group', () => {
    const moved = warnings({ topicId: 'PaidOrders' }).join('\n');
    expect(moved).toMatch(/Paid\w+ \(AWS::MSK::Topic\) is no longer in the stack .*is kept, .*overrideLogicalId/);
    const group = warnings({ group: 'accounting' });
    expect(group.join('\n')).toMatch(
      /\(AWS::Lambda::EventSourceMapping\) is no longer in the stack .*is deleted; a new mapping begins/,
    );
  });

  test('says where records are deleted with it', () => {
    const demo = { cluster: { removalPolicy: RemovalPolicy.DESTROY } };
    const found = warnings({ ...demo, topic: { topicName: 'settled' } }, deployed(deployment(demo)));
    expect(found.join('\n')).toMatch(/TopicName: what is deployed is deleted; a new topic is empty/);
  });

  test('may refuse, and sees overrides', () => {
    const of = deployment();
    const resource = of.node
      .findAll()
      .find((each) => CfnResource.isCfnResource(each) && each.cfnResourceType === 'AWS::MSK::Cluster');
    (resource as CfnResource).addPropertyOverride('ClusterName', 'overridden');
    ReplacementGuard.compare(of, deployed(), { refuse: true });
    expect(() => Template.fromStack(of)).toThrow(/REPLACEMENT: .*AWS::MSK::Cluster.*ClusterName/s);
  });

  test.each<[string, Edit, Edit, RegExp]>([
    [
      'partitions',
      { topic: { partitions: 12 } },
      { topic: { partitions: 6 } },
      /SHRINKAGE: Paid\w+ \(AWS::MSK::Topic\) can not shrink: PartitionCount is 12 and would become 6; put at least 12/,
    ],
    [
      'partitions that a handler makes',
      { topic: { partitions: 12, management: TopicManagement.ADMIN_HANDLER } },
      { topic: { partitions: 6, management: TopicManagement.ADMIN_HANDLER } },
      /SHRINKAGE: .*Custom::MskTopic\) can not shrink: \w+ is 12 and would become 6/,
    ],
    [
      'volumes',
      { cluster: { brokers: Brokers.standard({ volumeSize: Size.gibibytes(200) }) } },
      { cluster: { brokers: Brokers.standard({ volumeSize: Size.gibibytes(100) }) } },
      /SHRINKAGE: .*AWS::MSK::Cluster\) can not shrink: \S+VolumeSize is 200 and would become 100/,
    ],
  ])('[65] [S-05] refuses fewer %s, asked or not, and lets them grow', (_, large, small, message) => {
    const shrinking = deployment(small);
    ReplacementGuard.compare(shrinking, deployed(deployment(large)));
    expect(() => Template.fromStack(shrinking)).toThrow(message);
    const growing = deployment(large);
    ReplacementGuard.compare(growing, deployed(deployment(small)));
    expect(() => Template.fromStack(growing)).not.toThrow();
  });

  const standard = (size: StandardBrokerSize, perZone = 1) => ({ brokers: Brokers.standard({ size, perZone }) });
  const { M7G_LARGE, M7G_XLARGE, T3_SMALL } = StandardBrokerSize;
  const version = (text: string) => ({ kafkaVersion: KafkaVersion.of(text) });
  const express = { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) };

  test.each<
    [
      string,
      Partial<ProvisionedClusterProps>,
      Partial<ProvisionedClusterProps>,
      RegExp,
      Partial<ProvisionedClusterProps>,
    ]
  >([
    [
      'an older version',
      version('3.9.x'),
      version('3.8.x'),
      /KafkaVersion from 3.9.x to 3.8.x: .*put 3.9.x/,
      version('3.9.x'),
    ],
    ['KRaft in place of ZooKeeper', version('3.9.x'), version('3.9.x.kraft'), /ZooKeeper or KRaft/, version('3.9.x')],
    ['a version without tiers', version('2.8.2.tiered'), version('3.5.1'), /no tiered storage/, version('3.6.0')],
    [
      'express brokers in place of standard ones',
      {},
      express,
      /InstanceType from kafka.m7g.large to express/,
      standard(M7G_XLARGE),
    ],
    ['standard brokers in place of express ones', express, {}, /kind of its brokers/, express],
    [
      'an end of tiered storage',
      { brokers: Brokers.standard({ tieredStorage: true }) },
      {},
      /StorageMode from TIERED to LOCAL/,
      { brokers: Brokers.standard({ tieredStorage: true }) },
    ],
    [
      'six brokers fewer at once',
      standard(M7G_LARGE, 3),
      standard(M7G_LARGE),
      /from 9 to 3: .*put 6/,
      standard(M7G_LARGE, 2),
    ],
    ['fewer small brokers', standard(T3_SMALL, 2), standard(T3_SMALL), /M5 and M7g/, standard(T3_SMALL, 3)],
    [
      'fewer brokers of an old version',
      { ...standard(StandardBrokerSize.of('kafka.m5.large'), 2), ...version('2.7.2') },
      { ...standard(StandardBrokerSize.of('kafka.m5.large')), ...version('2.7.2') },
      /2.8.1 or later/,
      { ...standard(StandardBrokerSize.of('kafka.m5.large'), 3), ...version('2.7.2') },
    ],
  ])('[111] refuses %s', (_, old, edit, message, right) => {
    const alone = (props: Partial<ProvisionedClusterProps>) => {
      const of = stack();
      cluster(of, 'Orders', props);
      return of;
    };
    const guarded = (props: Partial<ProvisionedClusterProps>) => {
      const of = alone(props);
      ReplacementGuard.compare(of, deployed(alone(old)));
      return of;
    };
    expect(() => Template.fromStack(guarded(edit))).toThrow(message);
    expect(() => Template.fromStack(guarded(right))).not.toThrow();
  });

  test('is no guard without the deployed template', () => {
    const of = stack();
    expect(() => ReplacementGuard.compare(of, path.join(folder, 'none.json'))).toThrow(
      /DeployedTemplateMissing.*get-template/s,
    );
    const yaml = path.join(folder, 'yaml.json');
    writeFileSync(yaml, 'Resources:\n');
    expect(() => ReplacementGuard.compare(of, yaml)).toThrow(/DeployedTemplateInvalid/);
  });
});

test('[14] a newer version of Kafka changes the version and nothing else, whatever the configuration holds', () => {
  const at = (kafkaVersion: KafkaVersion) =>
    Template.fromStack(
      deployment({ cluster: { kafkaVersion, serverProperties: { maxMessageSize: Size.mebibytes(2) } } }),
    ).toJSON();
  expect(differences(at(KafkaVersion.V3_9_X_KRAFT), at(KafkaVersion.V4_1_X_KRAFT))).toEqual([
    expect.stringMatching(/Orders\w+\.Properties\.KafkaVersion/),
  ]);
});
