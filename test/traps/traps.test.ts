import { readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { Size } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  AllowList,
  BucketSelection,
  Brokers,
  ClassificationJob,
  ClientAuthentication,
  CustomDataIdentifier,
  ExpressBrokerSize,
  JobChange,
  JobSchedule,
  KafkaPrincipal,
  KafkaTopic,
  KafkaVersion,
  ManagedDataIdentifier,
  ManagedIdentifierSelection,
  ResourcePattern,
  ScanDay,
  ServerlessCluster,
  StandardBrokerSize,
} from '../../lib';
import type { ClassificationJobProps, ProvisionedClusterProps } from '../../lib';
import {
  cluster,
  countsOf,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  nodeFunction,
  onlyOne,
  resourcesOf,
  stack,
  textOf,
  vpc,
  warningsOf,
} from '../support/fixtures';
import { definitionIn } from '../macie/scan-job';

keepReportsQuiet();

// What other libraries for Amazon MSK have been seen to do, by its number in our list; here none of it happens.

const clusterWith = (props: Partial<ProvisionedClusterProps>) => {
  const scope = stack();
  return { scope, cluster: cluster(scope, 'Orders', props) };
};

/** The errors of a stack whose tree is complete. */
function synthErrors(write: (scope: ReturnType<typeof stack>) => void): string {
  const scope = stack();
  try {
    write(scope);
    Template.fromStack(scope);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function sources(folder: string): [string, string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return file.endsWith('.ts') ? [[file, readFileSync(file, 'utf8')]] : [];
  });
}

const LIB = path.join(__dirname, '..', '..', 'lib');
const HANDLERS = path.join(__dirname, '..', '..', 'handlers');

describe('the Data Solutions Framework', () => {
  test('[trap 1] copies are as many as zones in a stack for no particular Region too, and no lagging replica becomes leader', () => {
    const scope = stack();
    cluster(scope, 'Orders', { vpc: vpc(scope) });
    const { NumberOfBrokerNodes } = onlyOne(scope, 'AWS::MSK::Cluster').Properties;
    const { ServerProperties } = onlyOne(scope, 'AWS::MSK::Configuration').Properties;
    const text = textOf(ServerProperties);
    expect(NumberOfBrokerNodes).toBe(3);
    expect(/default\.replication\.factor=(\d)/.exec(text)?.[1] ?? '3').toBe('3');
    expect(text).toContain('unclean.leader.election.enable=false');
  });

  test('[trap 2] two clusters, of both kinds, in one scope share no name and export none', () => {
    const scope = stack();
    const network = importedVpc(scope);
    ['One', 'Two'].forEach((id) => cluster(scope, id));
    ['Three', 'Four'].forEach((id) => new ServerlessCluster(scope, id, { vpc: network }));
    const names = ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster'].flatMap((type) =>
      idsOf(scope, type).map((id) => textOf(resourcesOf(scope)[id].Properties.ClusterName)),
    );
    expect(new Set(names).size).toBe(4);
    expect(JSON.stringify(Template.fromStack(scope).toJSON())).not.toContain('"Export"');
  });

  test('[trap 3] whatever a cluster has is there with every way of letting clients in', () => {
    for (const way of [ClientAuthentication.iam(), ClientAuthentication.scram(), ClientAuthentication.mutualTls([])]) {
      const { cluster: made } = clusterWith({ authentication: [way] });
      const { grants, metrics, bootstrapBrokers, connections, ready } = made;
      expect([grants, metrics, bootstrapBrokers, connections, ready]).not.toContain(undefined);
    }
  });

  test('[trap 4] broker strings may be asked for twice, zones are those of the subnets, and a function can be granted to', () => {
    const scope = stack();
    const network = importedVpc(scope);
    const orders = cluster(scope, 'Orders', { vpc: network, vpcSubnets: { subnets: network.privateSubnets } });
    expect(orders.bootstrapBrokers.forIdentity()).toBe(orders.bootstrapBrokers.forIdentity());
    expect(orders.numberOfBrokers).toBe(3);
    orders.grants.produce(nodeFunction(scope), ResourcePattern.literal('paid'));
    expect(countsOf(scope)['Custom::MskBootstrapBrokers']).toBe(1);
  });

  test('[trap 5] [trap 15] a key is given by its ARN, so that it may be one of another account', () => {
    const scope = stack();
    const encryptionKey = kms.Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-west-1:210987654321:key/k');
    cluster(scope, 'Orders', { encryptionKey });
    const { EncryptionAtRest } = onlyOne(scope, 'AWS::MSK::Cluster').Properties.EncryptionInfo;
    expect(EncryptionAtRest.DataVolumeKMSKeyId).toBe('arn:aws:kms:eu-west-1:210987654321:key/k');
  });

  test('[trap 6] more partitions change their number and no setting; another name is another topic', () => {
    const topic = (topicName: string, partitions: number) => {
      const scope = stack();
      new KafkaTopic(scope, 'Topic', { cluster: cluster(scope), topicName, partitions });
      return onlyOne(scope, 'AWS::MSK::Topic').Properties;
    };
    expect(differences(topic('paid', 1), topic('paid', 2))).toEqual(['PartitionCount']);
    // Which CloudFormation can set at creation only.
    expect(differences(topic('paid', 1), topic('paid.v2', 1))).toEqual(['TopicName']);
  });

  test('[trap 7] an edited access list is the same resource with the new entries alone, and a list without entries is gone', () => {
    const bob = KafkaPrincipal.scram('bob');
    const lists = (allow: (topic: KafkaTopic) => void) => {
      const scope = stack();
      const authentication = [ClientAuthentication.iam(), ClientAuthentication.scram()];
      const home = cluster(scope, 'Orders', { authentication });
      allow(new KafkaTopic(scope, 'Topic', { cluster: home, topicName: 'paid', partitions: 1 }));
      return Object.fromEntries(
        idsOf(scope, 'Custom::MskAcls').map((id) => [id, resourcesOf(scope)[id].Properties.Entries]),
      );
    };
    const operations = (entries: { Operation: string }[]) => entries.map(({ Operation }) => Operation).sort();
    const before = lists((topic) => {
      topic.acls.produce(bob);
      topic.acls.consume(bob, 'billing');
    });
    const after = lists((topic) => topic.acls.consume(bob, 'billing'));
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(Object.values(before).map(operations)[0]).toContain('WRITE');
    expect(Object.values(after).map(operations)[0]).not.toContain('WRITE');
    // CloudFormation hands the handler both lists, and it deletes what the new one lacks.
    expect(lists(() => undefined)).toEqual({});
  });

  test('[trap 8] who consumes reads as its group, and as no other', () => {
    const { scope, cluster: orders } = clusterWith({});
    const role = new iam.Role(scope, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    orders.grants.consume(role, ResourcePattern.literal('paid'), ResourcePattern.literal('billing'));
    const { Statement } = onlyOne(scope, 'AWS::IAM::Policy').Properties.PolicyDocument;
    const groups = Statement.filter(({ Action }: any) => [Action].flat().includes('kafka-cluster:AlterGroup'));
    expect(groups).toHaveLength(1);
    expect(textOf(groups[0].Resource)).toMatch(/:group\/.*\/billing$/);
  });

  test('[trap 9] statements about a cluster are one resource of CloudFormation, which takes them back with itself', () => {
    const { scope, cluster: orders } = clusterWith({});
    for (const account of ['111111111111', '222222222222']) {
      orders.addToResourcePolicy(
        new iam.PolicyStatement({
          principals: [new iam.AccountPrincipal(account)],
          actions: ['kafka:DescribeCluster'],
          resources: [orders.clusterArn],
        }),
      );
    }
    expect(countsOf(scope)['AWS::MSK::ClusterPolicy']).toBe(1);
    expect(Object.keys(countsOf(scope)).filter((type) => type.startsWith('Custom::'))).toEqual([]);
  });

  test('[trap 10] no ARN is of one partition only', () => {
    const found = [...sources(LIB), ...sources(HANDLERS)].filter(([, text]) =>
      text.split('\n').some((line) => /['"`]arn:aws:/.test(line) && !/^\s*(\*|\/\/)/.test(line)),
    );
    expect(found.map(([file]) => file)).toEqual([]);
  });

  test('[trap 11] SCRAM may stand beside IAM, and a size that is not listed can be named', () => {
    const scope = stack();
    // The service may have more sizes than this package knows: one word lets them through.
    scope.node.setContext('cdk-msk-macie:ignore', ['MSK-CLUSTER-BROKER-SIZE']);
    cluster(scope, 'Orders', {
      authentication: [ClientAuthentication.iam(), ClientAuthentication.scram()],
      brokers: Brokers.standard({ size: StandardBrokerSize.of('kafka.m9g.large') }),
    });
    const { ClientAuthentication: ways, BrokerNodeGroupInfo } = onlyOne(scope, 'AWS::MSK::Cluster').Properties;
    expect([ways.Sasl.Iam.Enabled, ways.Sasl.Scram.Enabled]).toEqual([true, true]);
    expect(BrokerNodeGroupInfo.InstanceType).toBe('kafka.m9g.large');
  });

  test('[trap 12] nothing is installed, bundled or run when a stack is synthesized', () => {
    const found = sources(LIB).filter(([, text]) => /aws-lambda-nodejs|child_process|\bbundling\b/.test(text));
    expect(found.map(([file]) => file)).toEqual([]);
  });
});

describe('@aws-cdk/aws-msk-alpha', () => {
  test('[trap 13] clients have to say who they are, brokers write logs, and clusters of both kinds outlive their stack', () => {
    const { scope } = clusterWith({});
    new ServerlessCluster(scope, 'Clicks', { vpc: importedVpc(scope, 'Other') });
    const { ClientAuthentication: ways, LoggingInfo } = onlyOne(scope, 'AWS::MSK::Cluster').Properties;
    expect([ways.Sasl.Iam.Enabled, ways.Unauthenticated.Enabled]).toEqual([true, false]);
    expect(LoggingInfo.BrokerLogs.CloudWatchLogs.Enabled).toBe(true);
    for (const type of ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster']) {
      expect(onlyOne(scope, type).DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('[trap 14] what the service refuses is refused at synth: four zones, brokers that are too small for KRaft, sizes and versions of the wrong kind', () => {
    const four = synthErrors((scope) => {
      const network = ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
        vpcId: 'vpc-1',
        availabilityZones: ['a', 'b', 'c', 'd'],
        privateSubnetIds: ['1', '2', '3', '4'],
      });
      const subnets = network.privateSubnets;
      const orders = cluster(scope, 'Orders', { vpc: network, vpcSubnets: { subnets } });
      (orders.node.defaultChild as any).addPropertyOverride(
        'BrokerNodeGroupInfo.ClientSubnets',
        subnets.map(({ subnetId }) => subnetId),
      );
    });
    expect(four).toContain('MSK-CLUSTER-ZONES');
    const { scope: small } = clusterWith({ brokers: Brokers.standard({ size: StandardBrokerSize.T3_SMALL }) });
    expect(warningsOf(small).join()).toContain('MSK-CLUSTER-SMALL-KRAFT');
    const old = synthErrors((scope) =>
      cluster(scope, 'Orders', {
        kafkaVersion: KafkaVersion.of('2.8.1'),
        brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }),
      }),
    );
    expect(old).toContain('MSK-CLUSTER-VERSION');
  });
});

describe('modules for Terraform', () => {
  test('[trap 16] every part of a job that is offered reaches Macie, each in a form that Macie takes', () => {
    const offered: [string, (scope: Stack) => Partial<ClassificationJobProps>][] = [
      ['scheduleFrequency.weeklySchedule', () => ({ schedule: JobSchedule.weekly(ScanDay.SUNDAY) })],
      ['scheduleFrequency.dailySchedule', () => ({ schedule: JobSchedule.daily() })],
      ['scheduleFrequency.monthlySchedule', () => ({ schedule: JobSchedule.monthly(1) })],
      ['s3JobDefinition.bucketDefinitions', () => ({ buckets: BucketSelection.named({ bucketNames: ['orders'] }) })],
      ['s3JobDefinition.bucketCriteria', () => ({ buckets: BucketSelection.matching({ bucketNames: ['orders'] }) })],
      ['s3JobDefinition.scoping.includes', () => ({ objects: { extensions: ['csv'] } })],
      ['s3JobDefinition.scoping.excludes', () => ({ objects: { excludedKeyPrefixes: ['tmp/'] } })],
      ['s3JobDefinition.scoping.includes', () => ({ objects: { maximumSize: Size.gibibytes(1) } })],
      ['samplingPercentage', () => ({ samplingPercentage: 10 })],
      [
        'managedDataIdentifierIds',
        () => ({ managedIdentifiers: ManagedIdentifierSelection.only([ManagedDataIdentifier.CREDIT_CARD_NUMBER]) }),
      ],
      [
        'customDataIdentifierIds',
        (scope) => ({ customIdentifiers: [new CustomDataIdentifier(scope, 'Own', { regex: 'ORD-[0-9]{10}' })] }),
      ],
      ['allowListIds', (scope) => ({ allowLists: [AllowList.regex(scope, 'List', { regex: 'EXAMPLE-[0-9]+' })] })],
      ['description', () => ({ description: 'cards' })],
    ];
    for (const [member, props] of offered) {
      const scope = stack();
      const buckets = BucketSelection.named({ bucketNames: ['orders'] });
      const onDefinitionChange = JobChange.RESCAN;
      new ClassificationJob(scope, 'Job', { jobName: 'cards', buckets, onDefinitionChange, ...props(scope) });
      const definition = definitionIn(scope);
      const value = member.split('.').reduce((inner, step) => inner?.[step], definition);
      expect([member, value]).toEqual([member, expect.anything()]);
    }
  });

  test('[trap 17] ZooKeeper is closed, and no rule opens its ports', () => {
    const { scope } = clusterWith({ kafkaVersion: KafkaVersion.of('3.6.0') });
    expect(onlyOne(scope, 'AWS::MSK::Cluster').Properties.ZookeeperAccess?.Enabled ?? false).toBe(false);
    const template = JSON.stringify(Template.fromStack(scope).toJSON());
    expect(template).not.toMatch(/"FromPort":218[12]/);
  });

  test('[trap 18] the group of logs that is made is written to, and forgets', () => {
    const { scope } = clusterWith({});
    const [logGroup] = idsOf(scope, 'AWS::Logs::LogGroup');
    expect(resourcesOf(scope)[logGroup].Properties.RetentionInDays).toBeGreaterThan(0);
    const { CloudWatchLogs } = onlyOne(scope, 'AWS::MSK::Cluster').Properties.LoggingInfo.BrokerLogs;
    expect([CloudWatchLogs.Enabled, textOf(CloudWatchLogs.LogGroup)]).toEqual([true, `<${logGroup}>`]);
  });
});
