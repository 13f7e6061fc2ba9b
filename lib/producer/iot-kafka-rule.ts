import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity } from '../cluster';
import { removalPolicyOf } from '../cluster/cluster';
import { clientGroups, openWay, requireKnown } from '../connect/client-network';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { injectable } from '../private/injectable';
import { secretGrant } from '../private/secret-grant';
import type { IKafkaTopic } from '../topic';
import { deadLetters } from './dead-letters';
import { serviceIdentity } from './service-identity';

/** Properties of an IoT rule that writes to a topic. */
export interface IotKafkaRuleProps {
  /** The topic to write to, of a provisioned cluster. */
  readonly topic: IKafkaTopic;

  /** What messages, and what of them, in the SQL of AWS IoT: `SELECT * FROM 'sensors/+/temperature'`. */
  readonly sql: string;

  /**
   * Who the rule is to the cluster: a SCRAM user, whose secret the rule reads, or nobody in particular over TLS. AWS IoT
   * knows no IAM towards brokers, and takes certificates in Java key stores only.
   */
  readonly identity: ClientIdentity;

  /**
   * The key of the records, such as `${topic(2)}`: messages of one key stay in order.
   *
   * @default - none: order is lost
   */
  readonly key?: string;

  /**
   * Headers of the records by their names. Values may have substitutions, such as `${timestamp()}`.
   *
   * @default - none
   */
  readonly headers?: Record<string, string>;

  /**
   * The subnets that AWS IoT reaches the brokers from.
   *
   * @default - those of the cluster
   */
  readonly subnets?: ec2.ISubnet[];

  /**
   * Security groups of its network interfaces.
   *
   * @default - one is made
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The queue of the messages that could not be written.
   *
   * @default - one is made, encrypted, that keeps them for 14 days and as long as the cluster is kept
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/**
 * Writes messages of AWS IoT to a topic: the rule, its way into the VPC, its role, and a queue for what fails.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/apache-kafka-rule-action.html
 */
@injectable
export class IotKafkaRule extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.IotKafkaRule';

  /** The rule. */
  public readonly rule: iot.CfnTopicRule;

  /** The role of the rule and of its way into the VPC. */
  public readonly role: iam.IRole;

  /** The queue of the messages that could not be written. */
  public readonly deadLetterQueue: sqs.IQueue;

  constructor(scope: Construct, id: string, props: IotKafkaRuleProps) {
    super(scope, id);
    const { topic } = props;
    const { cluster } = topic;
    const identity = serviceIdentity(this, cluster, props.identity, 'AWS IoT', [
      AuthenticationMechanism.SCRAM,
      AuthenticationMechanism.UNAUTHENTICATED,
    ]);
    const vpc = requireKnown(this, cluster, 'vpc', cluster.vpc);
    const subnets = props.subnets ?? requireKnown(this, cluster, 'subnets', cluster.subnets);
    const service = serviceRole(this, undefined, 'iot.amazonaws.com');
    const { role, grantee } = service;
    const groups = clientGroups(this, 'SecurityGroup', () => vpc, props.securityGroups);
    const way = openWay(this, groups, cluster, identity.port);

    const network = allow(grantee, NETWORK, ['*']);
    const destination = new iot.CfnTopicRuleDestination(this, 'Destination', {
      vpcProperties: {
        roleArn: role.roleArn,
        vpcId: vpc.vpcId,
        subnetIds: subnets.map(({ subnetId }) => subnetId),
        securityGroups: groups.map(({ securityGroupId }) => securityGroupId),
      },
    });
    network.applyBefore(destination);

    const queue = props.deadLetterQueue ?? deadLetters(this, removalPolicyOf(cluster));
    const grants = [network, allow(grantee, ['sqs:SendMessage'], [queue.queueArn])];
    if (identity.secret) {
      grants.push(secretGrant(grantee, identity.secret));
    }
    warnRefused(this, service);

    const field = (name: string) =>
      `\${get_secret('${identity.secret!.secretArn}', 'SecretString', '${name}', '${role.roleArn}')}`;
    this.rule = new iot.CfnTopicRule(this, 'Resource', {
      topicRulePayload: {
        sql: props.sql,
        awsIotSqlVersion: '2016-03-23',
        actions: [
          {
            kafka: {
              destinationArn: destination.attrArn,
              topic: topic.topicName,
              key: props.key,
              headers: props.headers && Object.entries(props.headers).map(([key, value]) => ({ key, value })),
              clientProperties: {
                'bootstrap.servers': cluster.bootstrapBrokers.forIdentity(props.identity),
                acks: 'all',
                ...(props.key !== undefined && {
                  'key.serializer': 'org.apache.kafka.common.serialization.StringSerializer',
                }),
                ...(identity.secret
                  ? {
                      'security.protocol': 'SASL_SSL',
                      'sasl.mechanism': 'SCRAM-SHA-512',
                      'sasl.scram.username': field('username'),
                      'sasl.scram.password': field('password'),
                    }
                  : { 'security.protocol': 'SSL' }),
              },
            },
          },
        ],
        errorAction: { sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn } },
      },
    });
    grants.forEach((grant) => grant.applyBefore(this.rule));
    this.rule.node.addDependency(topic.ready, cluster.ready, ...way);
    this.role = role;
    this.deadLetterQueue = queue;
  }
}

/** EC2 knows no resource for most of them, and the interfaces do not exist yet. */
const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcAttribute',
  'ec2:DescribeVpcs',
];
