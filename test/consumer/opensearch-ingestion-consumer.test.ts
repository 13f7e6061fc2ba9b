import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Brokers, ClientAuthentication, StandardBrokerSize } from '../../lib/cluster';
import {
  OpenSearchIngestionConsumer,
  OpenSearchRecordFormat,
  OpenSearchSink,
  OpenSearchStartingPosition,
} from '../../lib/consumer';
import type { OpenSearchIngestionConsumerProps } from '../../lib/consumer';
import { yamlOf } from '../../lib/consumer/pipeline-yaml';
import {
  app,
  CLUSTER_ARN,
  cluster,
  countsOf,
  idsOf,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  retainedOnDeletable,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { parsedYaml } from '../support/yaml';
import { topicOf } from './consumers';

keepReportsQuiet();

const PIPELINE = 'AWS::OSIS::Pipeline';
const DOMAIN = 'arn:aws:es:eu-west-1:123456789012:domain/orders';
const COLLECTION = 'arn:aws:aoss:eu-west-1:123456789012:collection/0a1b2c3d';

const orders = (of: Stack, id = 'Orders') =>
  cluster(of, id, { brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }) });
const domainIn = (of: Stack) =>
  opensearch.Domain.fromDomainAttributes(of, 'Domain', {
    domainArn: DOMAIN,
    domainEndpoint: 'search-orders.eu-west-1.es.amazonaws.com',
  });

function pipeline(of: Stack, props: Partial<OpenSearchIngestionConsumerProps> = {}): OpenSearchIngestionConsumer {
  return new OpenSearchIngestionConsumer(of, 'Search', {
    topic: props.topic ?? topicOf(orders(of)),
    consumerGroup: 'search',
    sink: props.sink ?? OpenSearchSink.domain(domainIn(of), 'paid'),
    ...props,
  });
}

/** What the body says, read as the service reads it. */
function bodyOf(of: Stack): any {
  return parsedYaml(textOf(onlyOne(of, PIPELINE).Properties.PipelineConfigurationBody));
}

/** Actions by resource. */
function rightsOf(of: Stack): Record<string, string[]> {
  const [made] = idsOf(of, 'AWS::MSK::Cluster');
  const [id] = idsOf(of, 'AWS::IAM::Policy').filter((each) => each.startsWith('Search'));
  const rights: Record<string, string[]> = {};
  for (const { Action, Resource } of resourcesOf(of)[id].Properties.PolicyDocument.Statement) {
    for (const resource of [Resource].flat()) {
      const name = textOf(resource, { [`${made}.Arn`]: CLUSTER_ARN });
      rights[name] = [...(rights[name] ?? []), ...[Action].flat()].sort();
    }
  }
  return rights;
}

describe('[141] a pipeline of OpenSearch Ingestion', () => {
  test('has a body that a parser of YAML reads: from the topic to the index, refused documents to a bucket', () => {
    const of = stack({ env: { region: 'eu-west-1', account: '123456789012' } });
    const { pipelineName } = pipeline(of);
    const [made] = idsOf(of, 'AWS::MSK::Cluster');
    const [role] = idsOf(of, 'AWS::IAM::Role').filter((id) => id.startsWith('Search'));
    const aws = { region: 'eu-west-1', sts_role_arn: `<${role}.Arn>` };
    expect(bodyOf(of)).toEqual({
      version: '2',
      'kafka-pipeline': {
        source: {
          kafka: {
            acknowledgments: true,
            topics: [{ name: 'paid', group_id: 'search', serde_format: 'json', auto_offset_reset: 'earliest' }],
            aws: { msk: { arn: `<${made}.Arn>` }, ...aws },
          },
        },
        sink: [
          {
            opensearch: {
              hosts: ['https://search-orders.eu-west-1.es.amazonaws.com'],
              index: 'paid',
              aws,
              dlq: { s3: { bucket: `<${idsOf(of, 'AWS::S3::Bucket')[0]}>`, key_path_prefix: 'paid/', ...aws } },
            },
          },
        ],
      },
    });
    expect(pipelineName).toMatch(/^[a-z][a-z0-9-]{2,27}$/);
    expect(onlyOne(of, PIPELINE).Properties).toMatchObject({
      MinUnits: 1,
      MaxUnits: 4,
      PipelineName: pipelineName,
      PipelineRoleArn: { 'Fn::GetAtt': [role, 'Arn'] },
      LogPublishingOptions: { IsLoggingEnabled: true },
    });
    const [log] = idsOf(of, 'AWS::Logs::LogGroup').filter((id) => id.startsWith('Search'));
    expect(resourcesOf(of)[log].Properties.LogGroupName).toBe(`/aws/vendedlogs/OpenSearchIngestion/${pipelineName}`);
  });

  test('takes text, another beginning, processors and units', () => {
    const of = stack();
    pipeline(of, {
      format: OpenSearchRecordFormat.PLAINTEXT,
      startingPosition: OpenSearchStartingPosition.LATEST,
      processors: [{ grok: { match: { message: ['%{COMMONAPACHELOG}'] } } }, { date: { from_time_received: true } }],
      minUnits: 2,
      maxUnits: 12,
      pipelineName: 'paid-search',
    });
    const { source, processor } = bodyOf(of)['kafka-pipeline'];
    expect(source.kafka.topics[0]).toMatchObject({ serde_format: 'plaintext', auto_offset_reset: 'latest' });
    expect(processor).toEqual([
      { grok: { match: { message: ['%{COMMONAPACHELOG}'] } } },
      { date: { from_time_received: true } },
    ]);
    expect(onlyOne(of, PIPELINE).Properties).toMatchObject({ MinUnits: 2, MaxUnits: 12, PipelineName: 'paid-search' });
  });

  test('may read its topic in its group and write to its domain, and nothing else', () => {
    const of = stack();
    pipeline(of);
    const [bucket] = idsOf(of, 'AWS::S3::Bucket');
    const inCluster = (kind: string, name: string) => `${CLUSTER_ARN.replace(':cluster/', `:${kind}/`)}/${name}`;
    expect(rightsOf(of)).toEqual({
      [CLUSTER_ARN]: [
        'kafka-cluster:Connect',
        'kafka-cluster:DescribeCluster',
        'kafka:DescribeClusterV2',
        'kafka:GetBootstrapBrokers',
      ],
      [inCluster('topic', 'paid')]: [
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
        'kafka-cluster:ReadData',
      ],
      [inCluster('group', 'search')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
      [DOMAIN]: ['es:DescribeDomain'],
      [`${DOMAIN}/*`]: ['es:ESHttpGet', 'es:ESHttpHead', 'es:ESHttpPost', 'es:ESHttpPut'],
      [`<${bucket}.Arn>/*`]: ['s3:PutObject'],
    });
  });

  test('is let in by the policy of the cluster, for both halves of the service, and comes after it', () => {
    const of = stack();
    pipeline(of);
    const { Statement } = onlyOne(of, 'AWS::MSK::ClusterPolicy').Properties.Policy;
    expect(Statement.map(({ Principal, Action }: any) => [Principal.Service, Action])).toEqual([
      ['osis.amazonaws.com', ['kafka:CreateVpcConnection', 'kafka:DescribeClusterV2']],
      [
        'osis-pipelines.amazonaws.com',
        ['kafka:CreateVpcConnection', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      ],
    ]);
    expect(onlyOne(of, PIPELINE).DependsOn).toEqual(
      expect.arrayContaining([
        ...idsOf(of, 'AWS::MSK::ClusterPolicy'),
        ...idsOf(of, 'AWS::MSK::Topic'),
        ...idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('Search')),
      ]),
    );
  });

  test('has a role that the service takes for this pipeline alone', () => {
    const of = stack();
    const { pipelineName } = pipeline(of);
    const [role] = idsOf(of, 'AWS::IAM::Role').filter((id) => id.startsWith('Search'));
    const [trust] = resourcesOf(of)[role].Properties.AssumeRolePolicyDocument.Statement;
    expect(trust.Principal).toEqual({ Service: 'osis-pipelines.amazonaws.com' });
    expect(textOf(trust.Condition.ArnLike['aws:SourceArn'])).toBe(
      `arn:<AWS::Partition>:osis:<AWS::Region>:<AWS::AccountId>:pipeline/${pipelineName}`,
    );
  });

  test('writes to a collection, and keeps what is refused in a bucket that is there', () => {
    const of = stack();
    const encryptionKey = kms.Key.fromKeyArn(of, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/1');
    const mine = s3.Bucket.fromBucketAttributes(of, 'Mine', { bucketName: 'mine', encryptionKey });
    const { deadLetterBucket } = pipeline(of, {
      sink: OpenSearchSink.collection(COLLECTION, 'https://0a1b2c3d.eu-west-1.aoss.amazonaws.com', 'paid'),
      deadLetterBucket: mine,
    });
    const { opensearch: sink } = bodyOf(of)['kafka-pipeline'].sink[0];
    expect(sink).toMatchObject({ aws: { serverless: true }, dlq: { s3: { bucket: 'mine' } } });
    expect(rightsOf(of)).toMatchObject({
      [COLLECTION]: ['aoss:APIAccessAll', 'aoss:BatchGetCollection'],
      'arn:<AWS::Partition>:s3:::mine/*': ['s3:PutObject'],
      'arn:aws:kms:eu-west-1:123456789012:key/1': ['kms:GenerateDataKey'],
    });
    expect(deadLetterBucket).toBe(mine);
    expect(countsOf(of)['AWS::S3::Bucket']).toBeUndefined();
  });

  test('takes a sink as it is, which has no bucket of ours', () => {
    const of = stack();
    const definition = { s3: { bucket: 'paid', threshold: { event_collect_timeout: '60s' }, codec: { ndjson: {} } } };
    const { deadLetterBucket, consumerMetrics } = pipeline(of, { sink: OpenSearchSink.custom(definition) });
    expect(bodyOf(of)['kafka-pipeline'].sink).toEqual([definition]);
    expect([deadLetterBucket, consumerMetrics.deadLetters]).toEqual([undefined, undefined]);
  });

  test('keeps its own bucket closed, encrypted, and as long as the topic', () => {
    const of = stack();
    pipeline(of);
    expect(onlyOne(of, 'AWS::S3::Bucket')).toMatchObject({
      Properties: {
        BucketEncryption: expect.anything(),
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(retainedOnDeletable(of)).toEqual([]);
  });

  test('stands twice on a topic, with names of its own', () => {
    const of = stack();
    const topic = topicOf(orders(of));
    const sink = OpenSearchSink.domain(domainIn(of), 'paid');
    const names = ['One', 'Two'].map(
      (id) => new OpenSearchIngestionConsumer(of, id, { topic, consumerGroup: id, sink }).pipelineName,
    );
    expect(new Set(names).size).toBe(2);
    expect(resourcesOf(of)[idsOf(of, 'AWS::MSK::ClusterPolicy')[0]].Properties.Policy.Statement).toHaveLength(2);
  });

  test('warns where the cluster is not connected, and is refused where it can not be', () => {
    const of = stack();
    pipeline(of);
    expect(warningsOf(of).join()).toContain('cdk-msk-macie:OSIS-MSK-CONNECTIVITY');
    const theApp = app();
    const small = stack({ app: theApp });
    const brokers = Brokers.standard({ size: StandardBrokerSize.T3_SMALL });
    pipeline(small, { topic: topicOf(cluster(small, 'Orders', { brokers })) });
    expect(() => theApp.synth()).toThrow('OSIS-MSK-CLUSTER');
  });

  test.each<[string, (of: Stack) => Partial<OpenSearchIngestionConsumerProps>, string]>([
    ['capitals in its name', () => ({ pipelineName: 'Paid' }), 'OpenSearchPipelineName: `pipelineName` is'],
    [
      'a cluster without IAM',
      (of) => ({ topic: topicOf(cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] })) }),
      'IAM',
    ],
  ])('is refused with %s', (_name, props, message) => {
    const of = stack();
    expect(() => pipeline(of, props(of))).toThrow(message);
  });
});

test.each<[string, Record<string, unknown>]>([
  ['nested lists and maps', { a: [{ b: [1, true, { c: 'd' }] }, 'e'], f: { g: { h: null } } }],
  ['what YAML reads as something else', { a: 'yes', b: '1.0', c: 'a: b # c', d: '- x', e: '"q"\\\n\t%{x}', f: '~' }],
  ['names with signs', { 'a.b': 1, '@timestamp': '2', 'with space': 3, '': 4 }],
  ['nothing', { a: [], b: {}, c: '' }],
])('[141] YAML of %s is read as what it was', (_, data) => {
  expect(parsedYaml(yamlOf(data))).toEqual(data);
});

test('[141] YAML leaves out what is undefined', () => {
  expect(parsedYaml(yamlOf({ a: undefined, b: [{ c: undefined, d: 1 }] }))).toEqual({ b: [{ d: 1 }] });
});
