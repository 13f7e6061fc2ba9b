import * as path from 'path';
import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { CfnCluster } from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import {
  Brokers,
  ClientAuthentication,
  KafkaTopic,
  KafkaVersion,
  ProvisionedCluster,
  ReplacementGuard,
  Retention,
  ServerlessCluster,
  StandardBrokerSize,
} from '../../lib';
import { keepReportsQuiet, resourcesOf } from '../support/fixtures';

keepReportsQuiet();

const deployedAs = (name: string) => path.join(__dirname, 'templates', `${name}.json`);

/** Keeps the id that a resource is deployed under. */
function adopt(construct: Construct, logicalId: string): void {
  const resource = (construct.node.defaultChild ?? construct) as CfnResource;
  resource.overrideLogicalId(logicalId);
}

/** The subnets by the ids that the templates have. */
function network(scope: Construct): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: 'vpc-0a1b2c3d',
    availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    privateSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
    privateSubnetRouteTableIds: ['rtb-a', 'rtb-b', 'rtb-c'],
  });
}

/** What the guard finds in the way of deploying a stack over a template. */
function obstacles(name: string, write: (scope: Stack) => void): string[] {
  const app = new App();
  const stack = new Stack(app, 'Streaming', { env: { account: '123456789012', region: 'eu-west-1' } });
  write(stack);
  ReplacementGuard.compare(stack, deployedAs(name), { refuse: true });
  try {
    Template.fromStack(stack);
    return [];
  } catch (error) {
    const found = (error as Error).message.split('\n').filter((line) => line.includes('REPLACEMENT'));
    if (found.length === 0) throw error; // Something else is wrong.
    return found;
  }
}

/** The group that alpha makes, with what can only be said when it is made. */
function groupOfAlpha(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'BrokerGroup', { vpc, description: 'MSK security group' });
  adopt(group, 'ClusterSecurityGroup0921994B');
  return group;
}

describe('[192] @aws-cdk/aws-msk-alpha', () => {
  const rewritten = (scope: Stack, keep = true) => {
    const vpc = network(scope);
    const key = new kms.Key(scope, 'Key');
    adopt(key, 'Key961B73FD');
    const cluster = new ProvisionedCluster(scope, 'Events', {
      vpc,
      clusterName: 'orders',
      kafkaVersion: KafkaVersion.V3_8_X,
      brokers: Brokers.standard({ size: StandardBrokerSize.M5_LARGE, volumeSize: Size.gibibytes(1000) }),
      authentication: [ClientAuthentication.iam()],
      encryptionKey: key,
      securityGroups: [groupOfAlpha(scope, vpc)],
    });
    adopt(cluster, 'ClusterEB0386A7');
    if (keep) {
      // It wrote the id of the key, and an ARN in its place would be another value.
      const resource = cluster.node.defaultChild as CfnCluster;
      resource.addPropertyOverride('EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId', key.keyId);
    }
    return cluster;
  };

  test('a cluster goes on under our construct', () => {
    expect(obstacles('alpha', (scope) => rewritten(scope))).toEqual([]);
  });

  test('the ARN of the key in place of its id would replace the cluster, and is found', () => {
    expect(obstacles('alpha', (scope) => rewritten(scope, false))).toEqual([
      expect.stringMatching(
        /ClusterEB0386A7 \(AWS::MSK::Cluster\) is replaced, for another EncryptionInfo\.EncryptionAtRest/,
      ),
    ]);
  });

  test('without its logical ids it would be a new one, and is found', () => {
    const found = obstacles('alpha', (scope) => {
      const vpc = network(scope);
      new ProvisionedCluster(scope, 'Events', { vpc, clusterName: 'orders', kafkaVersion: KafkaVersion.V3_8_X });
    });
    expect(found.some((line) => line.includes('ClusterEB0386A7 (AWS::MSK::Cluster) is no longer in the stack'))).toBe(
      true,
    );
  });
});

test('[192] MskProvisioned of the Data Solutions Framework goes on under our construct, with its group and key', () => {
  const write = (scope: Stack) => {
    const vpc = network(scope);
    const key = new kms.Key(scope, 'BrokerKey');
    adopt(key, 'MskDefaultBrokerAtRestKey0E1F2A3B');
    const group = new ec2.SecurityGroup(scope, 'BrokerGroup', {
      vpc,
      description: 'Allows TLS access to the MSK cluster from trusted security groups',
    });
    adopt(group, 'MskSecurityGroup4C5D6E7F');
    const cluster = new ProvisionedCluster(scope, 'Msk', {
      vpc,
      clusterName: 'default-msk-provisioned',
      kafkaVersion: KafkaVersion.of('3.5.1'),
      brokers: Brokers.standard({ size: StandardBrokerSize.M5_LARGE }),
      encryptionKey: key,
      securityGroups: [group],
    });
    adopt(cluster, 'MskMskProvisionedCluster8A9B0C1D');
    const resource = cluster.node.defaultChild as CfnCluster;
    resource.addPropertyOverride('EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId', key.keyId);
  };
  expect(obstacles('dsf', write)).toEqual([]);
});

test('[192] clusters and topics of the CloudFormation classes go on under our constructs', () => {
  const write = (scope: Stack, volumeSize = 1000) => {
    const vpc = network(scope);
    const group = ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-0a1b2c3d');
    const cluster = new ProvisionedCluster(scope, 'Events', {
      vpc,
      clusterName: 'payments',
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      brokers: Brokers.standard({ volumeSize: Size.gibibytes(volumeSize) }),
      securityGroups: [group],
    });
    adopt(cluster, 'Payments');
    const topic = new KafkaTopic(scope, 'Paid', {
      cluster,
      topicName: 'paid',
      partitions: 12,
      replicationFactor: 3,
      configuration: { retention: Retention.of(Duration.days(7)) },
    });
    adopt(topic, 'PaidTopic');
    const serverless = new ServerlessCluster(scope, 'Clicks', { vpc, clusterName: 'clicks', securityGroups: [group] });
    adopt(serverless, 'Clicks');
  };
  expect(obstacles('l1', (scope) => write(scope))).toEqual([]);
  // Volumes can not shrink to the size that ours have by default.
  expect(() => obstacles('l1', (scope) => write(scope, 100))).toThrow(/VolumeSize is 1000 and would become 100/);
  // It looks at what can be lost: one partition key of the comparison, changed on purpose.
  const renamed = obstacles('l1', (scope) => {
    write(scope);
    (scope.node.findChild('Paid').node.defaultChild as CfnResource).addPropertyOverride('TopicName', 'paid.v2');
  });
  expect(renamed).toEqual([expect.stringMatching(/PaidTopic \(AWS::MSK::Topic\) is replaced, for another TopicName/)]);
});

test('[192] [13] the records outlive both the old way of writing the stack and the new one', () => {
  const app = new App();
  const stack = new Stack(app, 'Streaming');
  const vpc = network(stack);
  const cluster = new ProvisionedCluster(stack, 'Events', { vpc, kafkaVersion: KafkaVersion.V3_8_X });
  adopt(cluster, 'ClusterEB0386A7');
  const { DeletionPolicy, UpdateReplacePolicy } = resourcesOf(stack).ClusterEB0386A7;
  expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
});
