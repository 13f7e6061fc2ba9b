import { readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { App, Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';

/** A stack written with this library, and the same by hand on the CloudFormation classes. */
export interface StackCase {
  /** Loads the library, or the modules of `aws-cdk-lib` that it is made of. */
  load(): void;
  synthesize(): { Resources: object };
}

const BUILD = path.join(__dirname, '..', 'build');

/** What every file of the library imports of `aws-cdk-lib`. */
function modules(): void {
  const sources = readdirSync(BUILD, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  for (const source of sources) {
    const imports = readFileSync(path.join(BUILD, source), 'utf8').matchAll(/require\("(aws-cdk-lib[^"]*)"\)/g);
    [...imports].forEach(([, name]) => require(name));
  }
}

const library = () => require('../build') as typeof import('../lib');

export const CASES: Record<string, StackCase> = {
  'cluster, ours': { load: library, synthesize: () => ours(false) },
  'cluster, by hand': { load: modules, synthesize: () => byHand(false) },
  'cluster + topic + grant, ours': { load: library, synthesize: () => ours(true) },
  'cluster + topic + grant, by hand': { load: modules, synthesize: () => byHand(true) },
};

/** The same frame for both: stack, network, and the role that is granted something. */
function synthesize(add: (stack: Stack, vpc: ec2.IVpc, role: iam.Role) => void): { Resources: object } {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Stack');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    privateSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
  });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  add(stack, vpc, role);
  return app.synth().getStackByName('Stack').template as { Resources: object };
}

function ours(topicToo: boolean): { Resources: object } {
  const { KafkaTopic, KafkaVersion, ProvisionedCluster } = library();
  return synthesize((stack, vpc, role) => {
    const cluster = new ProvisionedCluster(stack, 'Cluster', { vpc, kafkaVersion: KafkaVersion.V3_9_X_KRAFT });
    if (topicToo) {
      new KafkaTopic(stack, 'Topic', { cluster, topicName: 'paid', partitions: 12 }).grants.consume(role, 'billing');
    }
  });
}

function byHand(topicToo: boolean): { Resources: object } {
  return synthesize((stack, vpc, role) => {
    const group = new ec2.CfnSecurityGroup(stack, 'Group', {
      vpcId: vpc.vpcId,
      groupDescription: 'Brokers of the MSK cluster',
    });
    const logGroup = new logs.CfnLogGroup(stack, 'Logs', {
      logGroupName: '/aws/vendedlogs/msk/orders',
      retentionInDays: 90,
    });
    const configuration = new msk.CfnConfiguration(stack, 'Configuration', {
      name: 'orders',
      serverProperties: 'default.replication.factor=3\nmin.insync.replicas=2\nunclean.leader.election.enable=false',
    });
    const cluster = new msk.CfnCluster(stack, 'Cluster', {
      clusterName: 'orders',
      kafkaVersion: '3.9.x.kraft',
      numberOfBrokerNodes: 3,
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m7g.large',
        clientSubnets: vpc.privateSubnets.map(({ subnetId }) => subnetId),
        securityGroups: [group.attrGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
      },
      clientAuthentication: {
        sasl: { iam: { enabled: true }, scram: { enabled: false } },
        tls: { enabled: false },
        unauthenticated: { enabled: false },
      },
      configurationInfo: { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      enhancedMonitoring: 'DEFAULT',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logGroup.ref } } },
    });
    if (topicToo) {
      new msk.CfnTopic(stack, 'Topic', {
        clusterArn: cluster.attrArn,
        topicName: 'paid',
        partitionCount: 12,
        replicationFactor: 3,
      });
      const within = (type: string, name: string) =>
        `${Fn.join(`:${type}/`, Fn.split(':cluster/', cluster.attrArn, 2))}/${name}`;
      const allow = (actions: string[], resource: string) => ({ Effect: 'Allow', Action: actions, Resource: resource });
      new iam.CfnPolicy(stack, 'Policy', {
        policyName: 'billing',
        roles: [role.roleName],
        policyDocument: {
          Version: '2012-10-17',
          Statement: [
            allow(['kafka-cluster:Connect'], cluster.attrArn),
            allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], within('topic', 'paid')),
            allow(['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'], within('group', 'billing')),
          ],
        },
      });
    }
  });
}
