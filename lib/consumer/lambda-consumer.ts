import { createHash } from 'crypto';
import { Token } from 'aws-cdk-lib';
import type { CfnResource, Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { removalPolicyOf } from '../cluster/cluster';
import { requireSecurityGroups } from '../cluster/poller-access';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { PollerScaling } from './poller-scaling';

/** Properties of a Lambda function that consumes a topic. */
export interface LambdaConsumerProps {
  /** The topic to read. Another topic replaces the mapping, which begins at the starting position. */
  readonly topic: IKafkaTopic;

  /**
   * The consumer group: 1 to 200 letters, digits, `.`, `_` and `-`. It has no default: with a generated name, moving the
   * construct would read all records again. A group that has committed offsets goes on from them; another group begins
   * at the starting position.
   */
  readonly consumerGroup: string;

  /** The function. It needs no VPC for the records: Lambda's pollers bring them. */
  readonly handler: lambda.IFunction;

  /**
   * Who the pollers are to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * How the pollers scale, and what happens to batches that fail.
   *
   * @default PollerScaling.provisioned()
   */
  readonly scaling?: PollerScaling;

  /**
   * Where a new consumer group begins. With `LATEST`, records that arrive while the mapping is made, or for up to 90
   * seconds while it is changed, are skipped.
   *
   * @default StartingPosition.TRIM_HORIZON
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * From when on, in seconds since 1970, for `StartingPosition.AT_TIMESTAMP`.
   *
   * @default - none
   */
  readonly startingPositionTimestamp?: number;

  /**
   * The most records of one invocation, 1 to 10000; 6 MB end a batch earlier.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long to wait for a batch to fill, up to five minutes.
   *
   * @default - 500 milliseconds; once set, it can be unset only by replacing the mapping
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * Whether records are read.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/**
 * Feeds a Lambda function from a topic: mapping, rights of the function's role, way through the cluster's security
 * group, order of creation, and a queue for what fails.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
 */
@injectable
export class LambdaConsumer extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.LambdaConsumer';

  /** The mapping. */
  public readonly eventSourceMapping: lambda.EventSourceMapping;

  /** The queue of batches that failed for good, where the scaling has one. */
  public readonly deadLetterQueue?: sqs.IQueue;

  private readonly topic: IKafkaTopic;
  private readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: LambdaConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup, handler } = props;
    const { cluster } = topic;
    const identity = acceptIdentity(this, cluster, props.identity);
    const scaling = props.scaling ?? PollerScaling.provisioned();
    requireGroup(this, consumerGroup);
    requireRole(this, handler);
    requireSecurityGroups(this, cluster);

    const role = OwnPolicyPrincipal.redirect(handler, 'Policy', this);
    const grants = [pollerGrant(role, cluster)];
    if (identity.mechanism === AuthenticationMechanism.IAM) {
      grants.push(topic.grants.consume(role, consumerGroup));
    }
    if (identity.mechanism === AuthenticationMechanism.SCRAM) {
      grants.push(allow(role, ['kafka:ListScramSecrets'], [cluster.clusterArn]));
    }
    if (identity.secret) {
      grants.push(secretGrant(role, identity.secret));
    }
    const destination = scaling._onFailure?._bind(this, role, removalPolicyOf(cluster));
    if (destination) {
      grants.push(destination.grant);
    }
    if (role instanceof OwnPolicyPrincipal && role.refused.length) {
      warnNotAdded(this, handler, role.refused);
    }
    const access = cluster.allowPollers(props.identity);

    this.eventSourceMapping = new lambda.EventSourceMapping(this, mappingId(topic, consumerGroup), {
      ...scaling._mappingOptions,
      target: handler,
      eventSourceArn: cluster.clusterArn,
      kafkaTopic: topic.topicName,
      kafkaConsumerGroupId: consumerGroup,
      startingPosition: props.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
      startingPositionTimestamp: props.startingPositionTimestamp,
      batchSize: props.batchSize,
      maxBatchingWindow: props.maxBatchingWindow,
      enabled: props.enabled,
      sourceAccessConfigurations: identity.secret && [
        { type: sourceAccess(identity.mechanism), uri: identity.secret.secretArn },
      ],
      onFailure: destination && { bind: () => ({ destination: destination.arn }) },
    });
    // Lambda tries the connection when the mapping is made: topic, rights and network have to be there, and to outlive it.
    grants.forEach((grant) => grant.applyBefore(this.eventSourceMapping));
    this.eventSourceMapping.node.addDependency(topic.ready, cluster.ready, identity.ready, access);

    this.deadLetterQueue = destination?.queue;
    this.topic = topic;
    this.consumerGroup = consumerGroup;
    checkAtSynth(this, [{ resource: this.eventSourceMapping.node.defaultChild as CfnResource }]);
  }

  /** How many records the slowest partition of this consumer is behind. */
  public metricMaxOffsetLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.topic.cluster.metrics.metricMaxOffsetLag(this.consumerGroup, this.topic.topicName, options);
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html */
function pollerGrant(role: iam.IGrantable, cluster: IMskCluster): iam.Grant {
  const subnets = cluster.subnets?.map(({ subnetId }) => subnetId);
  return [
    allow(role, ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [cluster.clusterArn]),
    // EC2 knows no resource for its describe calls, and the interfaces do not exist yet.
    allow(
      role,
      [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
      ],
      ['*'],
    ),
    allow(
      role,
      ['ec2:CreateNetworkInterface'],
      ['*'],
      subnets && { StringEqualsIfExists: { 'ec2:SubnetID': subnets } },
    ),
  ].reduce((all, each) => all.combine(each));
}

/**
 * `secret.grantRead()` puts the reader into the policy of the secret's key, and so makes the key wait for the reader: a
 * cycle as soon as the secret is in the cluster's stack. Keys of Secrets Manager trust the policies of their account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function secretGrant(role: iam.IGrantable, secret: secretsmanager.ISecret): iam.Grant {
  // A secret that is known by its name alone has six more characters at the end of its ARN.
  const secretArn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  const grant = allow(role, ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], [secretArn]);
  if (secret.encryptionKey === undefined) {
    return grant;
  }
  // Secrets Manager names the secret whenever it uses the key: nothing else can be read with this right.
  const conditions = { StringLike: { 'kms:EncryptionContext:SecretARN': secretArn } };
  return grant.combine(allow(role, ['kms:Decrypt'], [secret.encryptionKey.keyArn], conditions));
}

function allow(
  grantee: iam.IGrantable,
  actions: string[],
  resourceArns: string[],
  conditions?: Record<string, Record<string, unknown>>,
): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
}

/**
 * Topic and group are part of the logical id: Lambda can change neither in place, and CloudFormation would drop the edit
 * without a word. A token would make the id change with every synthesis, so the path of the topic stands for it.
 */
function mappingId(topic: IKafkaTopic, consumerGroup: string): string {
  const known = (value: string, substitute: string) => (Token.isUnresolved(value) ? substitute : value);
  const identity = [known(topic.topicName, topic.node.path), known(consumerGroup, '')].join('\n');
  return `Mapping${createHash('sha256').update(identity).digest('hex').slice(0, 8)}`;
}

function sourceAccess(mechanism: AuthenticationMechanism): lambda.SourceAccessConfigurationType {
  return mechanism === AuthenticationMechanism.SCRAM
    ? lambda.SourceAccessConfigurationType.SASL_SCRAM_512_AUTH
    : lambda.SourceAccessConfigurationType.CLIENT_CERTIFICATE_TLS_AUTH;
}

/** Without a name Lambda takes one that nobody can grant anything on. */
function requireGroup(scope: Construct, consumerGroup: string): void {
  if (consumerGroup === '') {
    throw validationError('LAMBDA-MSK-GROUP', '`consumerGroup` must not be empty: use 1 to 200 characters', scope);
  }
}

function requireRole(scope: Construct, handler: lambda.IFunction): void {
  if (handler.role === undefined) {
    throw validationError(
      'FunctionRoleUnknown',
      `the role of the function '${handler.node.path}' is unknown, and the pollers read the topic with its rights: import it ` +
        'with `lambda.Function.fromFunctionAttributes(…, { role })`',
      scope,
    );
  }
}
