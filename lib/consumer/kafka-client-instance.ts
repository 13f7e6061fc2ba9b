import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { AuthenticationMechanism, ClientProperties, ResourcePattern } from '../cluster';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { groupMetrics } from '../cluster/consumer-metrics';
import { clientGroups, openWay, requireKnown } from '../connect/client-network';
import { allow } from '../connect/service-role';
import { injectable } from '../private/injectable';
import { validationError } from '../private/errors';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { clientInstanceScript } from './client-instance-script';
import { requireConsumer } from './consumed-topics';
import { secretGrant } from '../private/secret-grant';

/** Properties of an instance with Kafka's command line tools. */
export interface KafkaClientInstanceProps {
  /** The cluster. */
  readonly cluster: IMskCluster;

  /**
   * Topics that may be read and described.
   *
   * @default - none
   */
  readonly topics?: IKafkaTopic[];

  /**
   * Topics that may be written.
   *
   * @default - none
   */
  readonly writableTopics?: IKafkaTopic[];

  /**
   * Topics that may be created, changed and deleted, with all their records. It is how topics of a serverless cluster are
   * made.
   *
   * @default - none
   */
  readonly administeredTopics?: ResourcePattern[];

  /** The consumer group that topics are read as. To leave no trace in a group that works, take another one than its. */
  readonly consumerGroup: string;

  /**
   * Who the instance is to the cluster. Rights on topics go to IAM; with another identity they are Kafka's own.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The VPC.
   *
   * @default - that of the brokers
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnet is one of these. It needs a way to Systems Manager, to the package repository of Amazon Linux, which is in
   * S3, and at the first start to `mavenRepository`.
   *
   * @default - those of the brokers, or the private ones of `vpc`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security group of the instance.
   *
   * @default - a new one, which nobody gets in by, and which lets out to the brokers, and by HTTPS
   */
  readonly securityGroup?: ec2.ISecurityGroup;

  /**
   * The size.
   *
   * @default t4g.small
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * The image: one of Amazon Linux 2023, which brings the agent of Systems Manager and the AWS command line.
   *
   * @default - the newest when the stack is deployed: a deployment after a new one came out replaces the instance
   */
  readonly machineImage?: ec2.IMachineImage;

  /**
   * Where the tools come from: a repository of Maven's layout. Each file is checked against the hash that was known when
   * this package was made.
   *
   * @default - Maven Central
   */
  readonly mavenRepository?: string;

  /**
   * The role of the instance.
   *
   * @default - a new one
   */
  readonly role?: iam.IRole;
}

/**
 * An instance to look into a cluster from: Kafka's command line tools, set up for it, with rights on the topics named.
 *
 * A session comes by Systems Manager, `aws ssm start-session --target INSTANCE`: there is no key and no open port. Then
 * `kafka-topics --list` and its like need no further option. Another setting makes a new instance; nothing on it is kept.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/create-client-machine.html
 */
@injectable
export class KafkaClientInstance extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KafkaClientInstance';

  /** The instance. */
  public readonly instance: ec2.Instance;

  /** The role that it runs as. */
  public readonly role: iam.IRole;

  public readonly consumerMetrics: ConsumerMetrics;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: KafkaClientInstanceProps) {
    super(scope, id);
    const { cluster, identity, consumerGroup } = props;
    const topics = [...(props.topics ?? []), ...(props.writableTopics ?? [])];
    requireConsumer(this, cluster, topics, consumerGroup);
    const repository = props.mavenRepository ?? 'https://repo1.maven.org/maven2';
    requireHttps(this, repository);
    const accepted = acceptIdentity(this, cluster, identity);
    const properties = ClientProperties.fromCluster(cluster, { identity });

    const vpc = props.vpc ?? requireKnown(this, cluster, 'vpc', cluster.vpc);
    const subnets =
      props.vpc === undefined && props.vpcSubnets === undefined
        ? requireKnown(this, cluster, 'subnets', cluster.subnets)
        : vpc.selectSubnets(props.vpcSubnets).subnets;
    const [securityGroup] = clientGroups(this, 'SecurityGroup', () => vpc, [props.securityGroup ?? this.ownGroup(vpc)]);
    const way = openWay(this, [securityGroup], cluster, accepted.port);

    this.role = props.role ?? new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const grantee = OwnPolicyPrincipal.redirect(this.role, 'Policy', this);
    const rights = [
      sessionGrant(grantee),
      ...(properties.secret ? [secretGrant(grantee, properties.secret)] : []),
      ...(accepted.mechanism === AuthenticationMechanism.IAM ? kafkaGrants(grantee, props) : []),
    ];
    if (grantee instanceof OwnPolicyPrincipal && grantee.refused.length) {
      warnNotAdded(this, this.role, grantee.refused);
    }

    const userData = ec2.UserData.forLinux();
    userData.addCommands(...clientInstanceScript(properties, consumerGroup, repository));
    this.instance = new ec2.Instance(this, 'Instance', {
      vpc,
      vpcSubnets: { subnets: subnets.slice(0, 1) },
      securityGroup,
      role: this.role,
      instanceType: props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.SMALL),
      machineImage:
        props.machineImage ??
        ec2.MachineImage.latestAmazonLinux2023({
          cpuType:
            (props.instanceType?.architecture ?? ec2.InstanceArchitecture.ARM_64) === ec2.InstanceArchitecture.ARM_64
              ? ec2.AmazonLinuxCpuType.ARM_64
              : ec2.AmazonLinuxCpuType.X86_64,
        }),
      userData,
      // It runs at the first start only: settings reach no instance that is there already.
      userDataCausesReplacement: true,
      requireImdsv2: true,
      detailedMonitoring: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: ec2.BlockDeviceVolume.ebs(16, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    rights.forEach((grant) => grant.applyBefore(this.instance));
    this.instance.node.addDependency(cluster.ready, ...topics.map(({ ready }) => ready), ...way);
    const read = (props.topics ?? []).map(({ topicName }) => topicName);
    this.consumerMetrics = groupMetrics(cluster, consumerGroup, read);
    this.connections = this.instance.connections;
    this.grantPrincipal = this.role.grantPrincipal;
  }

  private ownGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `Kafka client instance ${this.node.path}`,
      allowAllOutbound: false,
    });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Systems Manager, packages, tools');
    return group;
  }
}

/**
 * What Session Manager asks for. The managed policy for it may read every parameter of the account, too.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 */
function sessionGrant(grantee: iam.IGrantable): iam.Grant {
  return allow(
    grantee,
    [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    ['*'],
  );
}

function kafkaGrants(grantee: iam.IGrantable, props: KafkaClientInstanceProps): iam.Grant[] {
  const { grants } = props.cluster;
  const group = ResourcePattern.literal(props.consumerGroup);
  return [
    ...(props.topics ?? []).flatMap((topic) => [
      topic.grants.consume(grantee, props.consumerGroup),
      grants.describe(grantee, ResourcePattern.literal(topic.topicName), group),
    ]),
    ...(props.writableTopics ?? []).map((topic) => topic.grants.produce(grantee)),
    ...(props.administeredTopics ?? []).map((pattern) => grants.administer(grantee, pattern)),
  ];
}

function requireHttps(scope: Construct, repository: string): void {
  if (!Token.isUnresolved(repository) && !/^https:\/\/[^\s"'$`\\]+[^\s"'$`\\/]$/.test(repository)) {
    throw validationError(
      'MavenRepository',
      `\`mavenRepository\` is '${repository}': give an address that begins with 'https://', without a slash at the end`,
      scope,
    );
  }
}
