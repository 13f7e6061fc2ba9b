import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Brokers, StandardBrokerSize } from '../../lib/cluster';
import {
  EksConsumer,
  EksPodIdentity,
  EksScaling,
  FargateConsumer,
  FirehoseConsumer,
  FirehoseSink,
  KafkaClientInstance,
  OpenSearchIngestionConsumer,
  OpenSearchSink,
  PipeConsumer,
  PipeTarget,
  RedshiftConsumer,
} from '../../lib/consumer';
import type { IKafkaTopic } from '../../lib/topic';
import { KafkaTopic } from '../../lib/topic';
import { cluster, importedVpc, keepReportsQuiet } from '../support/fixtures';
import { SimulatedRole } from '../support/iam';
import type { Template, TestKafka } from '../support/kafka';
import { resourcesOf, templateResolver } from '../support/kafka';
import { standIns } from '../support/poller/stand-ins';

keepReportsQuiet();

const identity = {
  partition: 'aws',
  region: 'us-east-1',
  account: '111122223333',
  clusterName: 'orders',
  clusterUuid: '8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7',
};
const CLUSTER = 'arn:aws:kafka:us-east-1:111122223333:cluster/orders/8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7';
const inCluster = (kind: string, name: string) => `${CLUSTER.replace(':cluster/', `:${kind}/`)}/${name}`;
const TOPIC = inCluster('topic', 'paid');
const GROUP = inCluster('group', 'billing');
const BUCKET = 'arn:aws:s3:::paid';
const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:paid';
const DOMAIN = 'arn:aws:es:us-east-1:111122223333:domain/orders';

/** Has no resource in the published list of actions, so the simulator knows none; others name the cluster, and so do we. */
const BEYOND_THE_SIMULATOR = 'kafka:GetBootstrapBrokers';

/** Actions by resource. */
type Rights = Record<string, string[]>;

interface Variant {
  readonly name: string;
  readonly make: (stack: Stack, topic: IKafkaTopic) => unknown;
  /** What the logical id of the role begins with. */
  readonly role: string;
  /** What the page of the service lists. */
  readonly documented: (arnOf: (type: string) => string) => Rights;
  /** What of it is not granted. */
  readonly leftOut?: Rights;
  /** What is granted beside it. */
  readonly more?: readonly string[];
  readonly denied: Rights;
}

const CONSUMED = {
  [CLUSTER]: ['kafka-cluster:Connect'],
  [TOPIC]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
  [GROUP]: ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
};
/** What nobody who reads a topic may do. */
const OTHERS: Rights = {
  [TOPIC]: ['kafka-cluster:WriteData', 'kafka-cluster:DeleteTopic', 'kafka-cluster:AlterTopic'],
  [inCluster('topic', 'other')]: ['kafka-cluster:ReadData', 'kafka-cluster:DescribeTopic'],
  [inCluster('group', 'other')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DeleteGroup'],
  [CLUSTER]: ['kafka:DeleteCluster', 'kafka-cluster:AlterCluster'],
  [`${CLUSTER.slice(0, -1)}8`]: ['kafka-cluster:Connect'],
};
const INTERFACES = ['CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces']
  .concat('DescribeSecurityGroups', 'DescribeSubnets', 'DescribeVpcs')
  .map((name) => `ec2:${name}`);

const VARIANTS: Variant[] = [
  {
    // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
    name: 'FirehoseConsumer',
    make: (stack, topic) =>
      new FirehoseConsumer(stack, 'Reader', {
        topic,
        sink: FirehoseSink.s3({ bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'paid') }),
      }),
    role: 'ReaderRole',
    documented: (arnOf) => ({
      [CLUSTER]: [
        'kafka:GetBootstrapBrokers',
        'kafka:DescribeCluster',
        'kafka:DescribeClusterV2',
        'kafka-cluster:Connect',
      ],
      [TOPIC]: [
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
        'kafka-cluster:ReadData',
      ],
      [inCluster('group', 'any')]: ['kafka-cluster:DescribeGroup'],
      [BUCKET]: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      [`${BUCKET}/day=2026-01-31/1`]: ['s3:AbortMultipartUpload', 's3:PutObject', 's3:GetObject'],
      [arnOf('AWS::Logs::LogGroup').replace(/\*$/, 'log-stream:any')]: ['logs:PutLogEvents'],
    }),
    leftOut: { [`${BUCKET}/day=2026-01-31/1`]: ['s3:GetObject'] },
    denied: {
      ...OTHERS,
      [inCluster('group', 'other')]: ['kafka-cluster:AlterGroup'],
      [`${BUCKET}/any`]: ['s3:DeleteObject'],
      ['arn:aws:s3:::other/any']: ['s3:PutObject'],
    },
  },
  {
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
    name: 'PipeConsumer',
    make: (stack, topic) =>
      new PipeConsumer(stack, 'Reader', {
        topic,
        consumerGroup: 'billing',
        target: PipeTarget.queue(sqs.Queue.fromQueueArn(stack, 'Queue', QUEUE)),
      }),
    role: 'ReaderRole',
    documented: (arnOf) => ({
      ...CONSUMED,
      [CLUSTER]: [
        'kafka:DescribeClusterV2',
        'kafka:GetBootstrapBrokers',
        'kafka-cluster:Connect',
        'kafka-cluster:DescribeClusterDynamicConfiguration',
      ],
      '*': INTERFACES,
      [QUEUE]: ['sqs:SendMessage'],
      [arnOf('AWS::Logs::LogGroup').replace(/\*$/, 'log-stream:any')]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    }),
    leftOut: { [CLUSTER]: ['kafka-cluster:DescribeClusterDynamicConfiguration'] },
    denied: { ...OTHERS, [QUEUE]: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], [`${QUEUE}-2`]: ['sqs:SendMessage'] },
  },
  {
    // https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started-MSK.html
    name: 'RedshiftConsumer',
    make: (stack, topic) =>
      new RedshiftConsumer(stack, 'Reader', {
        topic,
        warehouse: new ec2.SecurityGroup(stack, 'Warehouse', { vpc: importedVpc(stack, 'Elsewhere') }),
        viewName: 'paid',
      }),
    role: 'ReaderRole',
    documented: () => ({
      [CLUSTER]: ['kafka-cluster:Connect'],
      [TOPIC]: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      [inCluster('group', 'any')]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
    }),
    denied: { ...OTHERS, [inCluster('group', 'other')]: ['kafka-cluster:DeleteGroup'] },
  },
  {
    // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-msk.html
    name: 'OpenSearchIngestionConsumer',
    make: (stack, topic) =>
      new OpenSearchIngestionConsumer(stack, 'Reader', {
        topic,
        consumerGroup: 'billing',
        sink: OpenSearchSink.domain(
          opensearch.Domain.fromDomainAttributes(stack, 'Domain', { domainArn: DOMAIN, domainEndpoint: 'search' }),
          'paid',
        ),
        deadLetterBucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'paid'),
      }),
    role: 'ReaderRole',
    documented: () => ({
      [CLUSTER]: [
        'kafka-cluster:Connect',
        'kafka-cluster:AlterCluster',
        'kafka-cluster:DescribeCluster',
        'kafka:DescribeClusterV2',
        'kafka:GetBootstrapBrokers',
      ],
      [TOPIC]: [
        'AlterTopic',
        'AlterTopicDynamicConfiguration',
        'CreateTopic',
        'DeleteTopic',
        'DescribeTopic',
        'DescribeTopicDynamicConfiguration',
        'ReadData',
      ].map((name) => `kafka-cluster:${name}`),
      [GROUP]: ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
      [DOMAIN]: ['es:DescribeDomain'],
      [`${DOMAIN}/paid`]: ['Delete', 'Get', 'Head', 'Patch', 'Post', 'Put'].map((name) => `es:ESHttp${name}`),
      [`${BUCKET}/paid/1`]: ['s3:PutObject'],
    }),
    leftOut: {
      [CLUSTER]: ['kafka-cluster:AlterCluster'],
      [TOPIC]: ['AlterTopic', 'AlterTopicDynamicConfiguration', 'CreateTopic', 'DeleteTopic'].map(
        (name) => `kafka-cluster:${name}`,
      ),
      [`${DOMAIN}/paid`]: ['es:ESHttpDelete', 'es:ESHttpPatch'],
    },
    denied: { ...OTHERS, [`${DOMAIN}-2/paid`]: ['es:ESHttpPut'], [`${BUCKET}/paid/1`]: ['s3:GetObject'] },
  },
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
    name: 'FargateConsumer',
    make: (stack, topic) =>
      new FargateConsumer(stack, 'Reader', {
        topic,
        consumerGroup: 'billing',
        image: ecs.ContainerImage.fromRegistry('team/program:1'),
      }),
    role: 'ReaderRole',
    documented: () => CONSUMED,
    denied: { ...OTHERS, '*': ['ec2:CreateNetworkInterface', 'ecr:GetAuthorizationToken'] },
  },
  {
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    name: 'FargateConsumer, to start its task',
    make: (stack, topic) =>
      new FargateConsumer(stack, 'Reader', {
        topic,
        consumerGroup: 'billing',
        image: ecs.ContainerImage.fromRegistry('team/program:1'),
      }),
    role: 'Reader\\w*ExecutionRole',
    documented: (arnOf) => ({
      [arnOf('AWS::Logs::LogGroup').replace(/\*$/, 'log-stream:any')]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    }),
    denied: { ...OTHERS, [TOPIC]: ['kafka-cluster:ReadData'] },
  },
  {
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    name: 'KafkaClientInstance',
    make: (stack, topic) =>
      new KafkaClientInstance(stack, 'Reader', { cluster: topic.cluster, topics: [topic], consumerGroup: 'billing' }),
    role: 'ReaderRole',
    documented: () => ({
      ...CONSUMED,
      '*': [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
        's3:GetEncryptionConfiguration',
      ],
    }),
    leftOut: { '*': ['s3:GetEncryptionConfiguration'] },
    more: ['kafka-cluster:DescribeCluster', 'kafka-cluster:DescribeTopicDynamicConfiguration'],
    denied: { ...OTHERS, '*': ['ssm:SendCommand', 'ssm:StartSession'] },
  },
  {
    // https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
    name: 'EksConsumer',
    make: eksConsumer,
    role: 'Reader',
    documented: () => CONSUMED,
    denied: { ...OTHERS, '*': ['ec2:CreateNetworkInterface'] },
  },
  {
    // https://keda.sh/docs/latest/scalers/apache-kafka/
    name: 'EksConsumer, for what KEDA asks',
    make: eksConsumer,
    role: 'Keda',
    documented: () => ({
      [CLUSTER]: ['kafka-cluster:Connect'],
      [TOPIC]: ['kafka-cluster:DescribeTopic'],
      [GROUP]: ['kafka-cluster:DescribeGroup'],
    }),
    denied: { ...OTHERS, [TOPIC]: ['kafka-cluster:ReadData'], [GROUP]: ['kafka-cluster:AlterGroup'] },
  },
];

function eksConsumer(stack: Stack, topic: IKafkaTopic): EksConsumer {
  const provider = 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC';
  return new EksConsumer(stack, 'Reader', {
    topic,
    consumerGroup: 'billing',
    workloadName: 'billing',
    image: 'team/program:1',
    podIdentity: EksPodIdentity.serviceAccount(
      iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, 'Provider', provider),
    ),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-nodes')],
    scaling: EksScaling.onLag({
      recordsPerReplica: 500,
      kedaRole: new iam.Role(stack, 'Keda', { assumedBy: new iam.WebIdentityPrincipal(provider) }),
    }),
  });
}

const pairs = (rights: Rights): [string, string][] =>
  Object.entries(rights).flatMap(([resource, actions]) =>
    actions.map((action): [string, string] => [action, resource]),
  );

describe.each(VARIANTS)('[B-03] the role of $name, in an IAM simulator,', (variant) => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const brokers = Brokers.standard({ size: StandardBrokerSize.M7G_LARGE });
  const topic = new KafkaTopic(stack, 'Paid', {
    cluster: cluster(stack, 'Orders', { brokers }),
    topicName: 'paid',
    partitions: 2,
  });
  variant.make(stack, topic);
  const { leftOut = {}, more = [], denied } = variant;
  let role: SimulatedRole;
  let documented: [string, string][];

  beforeAll(() => {
    const template: Template = (stack.node.root as App).synth().getStackByName('Stack').template;
    const known = standIns(template, { identity } as unknown as TestKafka);
    const resolve = templateResolver(template, identity, known);
    const [[roleId]] = resourcesOf(template, 'AWS::IAM::Role').filter(([id]) =>
      new RegExp(`^${variant.role}\\w*?[0-9A-F]{8}$`).test(id),
    );
    role = new SimulatedRole(template, { roleId, identity, resolve });
    documented = pairs(
      variant.documented((type) => {
        const [[id]] = resourcesOf(template, type).filter(([each]) => each.startsWith('Reader'));
        return resolve({ 'Fn::GetAtt': [id, 'Arn'] });
      }),
    );
  });

  const isLeftOut = ([action, resource]: [string, string]) => leftOut[resource]?.includes(action) === true;

  test('is allowed what the service lists, but for what is left out', async () => {
    for (const [action, resource] of documented.filter(([each]) => each !== BEYOND_THE_SIMULATOR)) {
      const expected = isLeftOut([action, resource]) ? 'ImplicitlyDenied' : 'Allowed';
      expect([action, await role.decide(action, resource)]).toEqual([action, expected]);
    }
    const lists = documented.some((each) => each[0] === BEYOND_THE_SIMULATOR && !isLeftOut(each));
    const granted = role.statements.filter(({ Action }) => [Action].flat().includes(BEYOND_THE_SIMULATOR));
    expect(granted.map(({ Resource }) => Resource)).toEqual(lists ? [CLUSTER] : []);
  });

  test('is allowed nothing else', async () => {
    const known = [...documented.map(([action]) => action), ...more];
    const ours = role.statements.flatMap(({ Action }) => [Action].flat() as string[]);
    expect(ours.filter((action) => !known.includes(action))).toEqual([]);
    for (const [action, resource] of pairs(denied)) {
      expect([action, await role.decide(action, resource)]).toEqual([action, 'ImplicitlyDenied']);
    }
  });
});

test('[B-03] what services list and roles of consumers are not allowed is told', () => {
  const told = readFileSync(path.join(__dirname, '../../docs/unverified.md'), 'utf8');
  const actions = VARIANTS.flatMap(({ leftOut = {} }) => Object.values(leftOut).flat());
  expect(actions.filter((action) => !told.includes(`\`${action}\``))).toEqual([]);
});
