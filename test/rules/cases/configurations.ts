import { change, cluster, configuration, express, resource } from '../templates';
import { configured, named, subnets } from './case';
import type { Case } from './case';

export const CONFIGURATION_CASES: Case[] = [
  ...['my_conf', 'my.conf', '-conf', 'conf/1'].map((name) =>
    named('MSK-CONFIGURATION-NAME', 'the name', conf, 'Name')(name, 'my-conf1'),
  ),
  ...[
    'auto.leader.rebalance.enable=false',
    'broker.id=1',
    'log.dirs=/data',
    'ssl.protocol=TLS',
    'listeners=PLAINTEXT://:9092',
  ]
    .concat(
      'advertised.listeners=x',
      'zookeeper.connect=a',
      'inter.broker.protocol.version=3',
      'sasl.enabled.mechanisms=X',
    )
    .map((line) => serverProperty('MSK-CONFIGURATION-PROPERTIES', line, 'leader.imbalance.per.broker.percentage=10')),
  {
    id: 'MSK-CONFIGURATION-PROPERTIES',
    wrong: 'base64 by function',
    bad: { Configuration: conf({ ServerProperties: { 'Fn::Base64': 'num.partitions=3' } }) },
    good: { Configuration: conf({ ServerProperties: 'num.partitions=3' }) },
    says: 'base64',
  },
  {
    id: 'MSK-CONFIGURATION-PROPERTIES',
    wrong: 'base64 of a text yet unknown',
    bad: { Configuration: conf({ ServerProperties: { 'Fn::Base64': { Ref: 'Text' } } }) },
    good: { Configuration: conf({ ServerProperties: { Ref: 'Text' } }) },
  },
  {
    id: 'MSK-CONFIGURATION-PROPERTIES',
    wrong: 'base64 by hand',
    bad: { Configuration: conf({ ServerProperties: Buffer.from('num.partitions=3\n').toString('base64') }) },
    good: { Configuration: conf({ ServerProperties: '# nothing yet\n' }) },
  },
  {
    id: 'MSK-CONFIGURATION-PROPERTIES',
    wrong: 'a backslash and an n between two lines',
    bad: { Configuration: conf({ ServerProperties: 'num.partitions=3\\nlog.retention.ms=1000' }) },
    good: { Configuration: conf({ ServerProperties: 'num.partitions=3\r\nlog.retention.ms=1000' }) },
    says: 'line break',
  },
  serverProperty('MSK-CONFIGURATION-UNLISTED', 'num.partition=3', 'num.partitions=3'),
  serverProperty('MSK-CONFIGURATION-UNLISTED', 'queued.max.requests=10', 'max.connections.per.ip=10'),
  {
    id: 'MSK-CONFIGURATION-UNLISTED',
    wrong: 'a property of standard brokers on express ones',
    bad: configured(conf({ ServerProperties: 'num.io.threads=8' }), {}, express),
    good: configured(conf({ ServerProperties: 'num.io.threads=8' })),
    says: 'num.io.threads',
  },
  {
    id: 'MSK-CONFIGURATION-UNLISTED',
    wrong: 'a property of express brokers on standard ones',
    bad: configured(configuration('max.connections.per.ip=100')),
    good: configured(conf({ ServerProperties: 'max.connections.per.ip=100' }), {}, express),
  },
  {
    id: 'MSK-CONFIGURATION-ZOOKEEPER',
    wrong: 'a ZooKeeper property for a KRaft cluster',
    bad: configured(configuration('zookeeper.session.timeout.ms=18000')),
    good: configured(configuration('zookeeper.session.timeout.ms=18000'), { KafkaVersion: '3.9.x' }),
  },
  {
    id: 'MSK-CONFIGURATION-ZOOKEEPER',
    wrong: 'a ZooKeeper property for KRaft versions',
    bad: { C: conf({ KafkaVersionsList: ['3.9.x.kraft'], ServerProperties: 'zookeeper.session.timeout.ms=18000' }) },
    good: {
      C: conf({ KafkaVersionsList: ['3.9.x', '3.9.x.kraft'], ServerProperties: 'zookeeper.session.timeout.ms=18000' }),
    },
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'as many replicas in sync as there are',
    bad: configured(configuration('default.replication.factor=3', 'min.insync.replicas=3')),
    good: configured(configuration('default.replication.factor=3', 'min.insync.replicas=2')),
    says: 'min.insync.replicas 3',
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'three in sync of the three by default',
    bad: configured(configuration('min.insync.replicas=3')),
    good: configured(configuration('default.replication.factor=3')),
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'two replicas under the default of two in sync',
    bad: configured(configuration('default.replication.factor=2')),
    good: configured(configuration('default.replication.factor=2', 'min.insync.replicas=1')),
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'one replica under the default of one in sync in two zones',
    bad: configured(configuration('default.replication.factor=1'), { ...subnets('a', 'b'), NumberOfBrokerNodes: 2 }),
    good: configured(configuration(), { ...subnets('a', 'b'), NumberOfBrokerNodes: 2 }),
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'two in sync in two zones',
    bad: configured(configuration('min.insync.replicas=2'), {
      ...subnets('subnet-a', 'subnet-b'),
      NumberOfBrokerNodes: 2,
    }),
    good: configured(configuration('min.insync.replicas=2')),
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'more offset replicas than brokers',
    bad: configured(configuration('offsets.topic.replication.factor=4')),
    good: configured(configuration('offsets.topic.replication.factor=3')),
    says: 'offsets.topic.replication.factor 4',
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'more transaction logs in sync than there are',
    bad: { C: configuration('transaction.state.log.replication.factor=2', 'transaction.state.log.min.isr=3') },
    good: { C: configuration('transaction.state.log.replication.factor=3', 'transaction.state.log.min.isr=3') },
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'unclean election left on',
    bad: configured(conf({ ServerProperties: 'num.partitions=3' })),
    good: configured(conf({ ServerProperties: 'unclean.leader.election.enable=false' })),
    says: 'unclean',
  },
  {
    id: 'MSK-CONFIGURATION-REPLICATION',
    wrong: 'unclean election turned on',
    bad: configured(conf({ ServerProperties: 'unclean.leader.election.enable=true' })),
    good: configured(conf({ ServerProperties: 'num.partitions=3' }), { StorageMode: 'TIERED' }),
  },
  {
    id: 'MSK-CONFIGURATION-REVISION',
    wrong: 'a fixed revision',
    bad: configured(configuration(), { 'ConfigurationInfo.Revision': 1 }),
    good: configured(configuration()),
    says: 'revision 1',
  },
  {
    id: 'MSK-CONFIGURATION-REVISION',
    wrong: 'a fixed revision as text',
    bad: configured(configuration(), { 'ConfigurationInfo.Revision': '2' }),
    good: {
      Cluster: cluster({ ConfigurationInfo: { Arn: 'arn:aws:kafka:eu-west-1:1:configuration/a/b', Revision: 2 } }),
    },
  },
];

function conf(changes: Record<string, unknown>) {
  return resource('AWS::MSK::Configuration', change({ Name: 'orders', ServerProperties: '' }, changes));
}

function serverProperty(id: string, bad: string, good: string): Case {
  return {
    id,
    wrong: bad,
    bad: { Configuration: conf({ ServerProperties: bad }) },
    good: { Configuration: conf({ ServerProperties: good }) },
    says: bad.split('=')[0],
  };
}
