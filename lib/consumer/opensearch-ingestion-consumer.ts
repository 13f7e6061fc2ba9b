import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnPipeline } from 'aws-cdk-lib/aws-osis';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import type { ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { factsOf, removalPolicyOf, resourcesOf } from '../cluster/cluster';
import { groupMetrics } from '../cluster/consumer-metrics';
import { baseName } from '../connect/content-name';
import { allow, serviceRole, warnRefused } from '../connect/service-role';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { warnPolicyNotChanged } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import type { OpenSearchSink } from './opensearch-sink';
import { yamlOf } from './pipeline-yaml';

/** How OpenSearch Ingestion takes the values of records. */
export enum OpenSearchRecordFormat {
  /** JSON: its members become those of the document. */
  JSON = 'json',

  /** Text: one member of the document, `message`. */
  PLAINTEXT = 'plaintext',
}

/** Where a pipeline begins whose group has committed nothing yet. */
export enum OpenSearchStartingPosition {
  /** With the oldest record there is. */
  EARLIEST = 'earliest',

  /** With what arrives from then on. */
  LATEST = 'latest',
}

/** Properties of a pipeline of Amazon OpenSearch Ingestion. All but its name changes in place. */
export interface OpenSearchIngestionConsumerProps {
  /** The topic to read. Its cluster has to let clients in by IAM: the pipeline is nothing else to it here. */
  readonly topic: IKafkaTopic;

  /** The consumer group. A group that has committed offsets goes on from them. */
  readonly consumerGroup: string;

  /** Where documents go. */
  readonly sink: OpenSearchSink;

  /**
   * What is done to documents on their way: processors of Data Prepper, for example `{ date: { … } }`.
   *
   * @default - nothing
   * @see https://docs.opensearch.org/latest/data-prepper/pipelines/configuration/processors/processors/
   */
  readonly processors?: Record<string, unknown>[];

  /**
   * How values are written.
   *
   * @default OpenSearchRecordFormat.JSON
   */
  readonly format?: OpenSearchRecordFormat;

  /**
   * Where a new consumer group begins.
   *
   * @default OpenSearchStartingPosition.EARLIEST
   */
  readonly startingPosition?: OpenSearchStartingPosition;

  /**
   * How many compute units there are at least, 1 to 96. They are billed by the hour, records or not.
   *
   * @default 1
   */
  readonly minUnits?: number;

  /**
   * How many compute units there are at most, 1 to 96: each is one consumer, and more than partitions are of no use.
   *
   * @default 4
   */
  readonly maxUnits?: number;

  /**
   * The bucket of documents that OpenSearch refuses. It is not for sinks of `OpenSearchSink.custom()`.
   *
   * @default - one of its own, encrypted, with no way to be public, and kept as long as the topic is
   */
  readonly deadLetterBucket?: s3.IBucket;

  /**
   * The name: 3 to 28 small letters, digits and `-`, a letter first. Another name replaces the pipeline.
   *
   * @default - a unique name from the path of the construct
   */
  readonly pipelineName?: string;

  /**
   * The role that the pipeline works with. `osis-pipelines.amazonaws.com` must be let to take it.
   *
   * @default - a role of its own
   */
  readonly role?: iam.IRole;

  /**
   * How long the log is kept. It goes with the pipeline.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/** The part of the pipeline, of which its metrics have their names. */
const PART = 'kafka-pipeline';

/**
 * Takes a topic into OpenSearch by Amazon OpenSearch Ingestion: the pipeline, its role, the policy of the cluster that lets
 * it connect, a bucket for what is refused, log and order of creation.
 *
 * A provisioned cluster needs multi-VPC connectivity for IAM.
 *
 * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-msk.html
 */
@injectable
export class OpenSearchIngestionConsumer extends Construct implements IKafkaConsumer, iam.IGrantable {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.OpenSearchIngestionConsumer';

  /** The pipeline. */
  public readonly pipeline: CfnPipeline;

  /** The name of the pipeline. */
  public readonly pipelineName: string;

  /** The ARN of the pipeline. */
  public readonly pipelineArn: string;

  /** The role that it works with. */
  public readonly role: iam.IRole;

  /** Its log. */
  public readonly logGroup: logs.ILogGroup;

  /** Documents that OpenSearch refuses, where the sink has a place for them. */
  public readonly deadLetterBucket?: s3.IBucket;

  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  constructor(scope: Construct, id: string, props: OpenSearchIngestionConsumerProps) {
    super(scope, id);
    const { topic, consumerGroup } = props;
    const { cluster } = topic;
    const stack = Stack.of(this);
    acceptIdentity(this, cluster);
    requireName(this, props.pipelineName);
    const pipelineName = props.pipelineName ?? baseName(this, 28).toLowerCase();
    const source = serviceRole(
      this,
      props.role,
      'osis-pipelines.amazonaws.com',
      stack.formatArn({ service: 'osis', resource: 'pipeline', resourceName: pipelineName }),
    );
    const { grantee, role } = source;
    grantSource(grantee, topic, consumerGroup);
    const aws = { region: stack.region, sts_role_arn: role.roleArn };
    let bucket: s3.IBucket | undefined;
    const sink = props.sink._bind({
      grantee,
      roleArn: role.roleArn,
      region: stack.region,
      deadLetters: () => {
        bucket = props.deadLetterBucket ?? this.ownBucket(cluster);
        grantDeadLetters(grantee, bucket);
        return { s3: { bucket: bucket.bucketName, key_path_prefix: `${topic.topicName}/`, ...aws } };
      },
    });
    warnRefused(this, source);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      // The service takes no other names.
      logGroupName: `/aws/vendedlogs/OpenSearchIngestion/${pipelineName}`,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const admissions = admitPipeline(cluster);

    this.pipeline = new CfnPipeline(this, 'Resource', {
      pipelineName,
      minUnits: props.minUnits ?? 1,
      maxUnits: props.maxUnits ?? 4,
      pipelineRoleArn: role.roleArn,
      logPublishingOptions: {
        isLoggingEnabled: true,
        cloudWatchLogDestination: { logGroup: this.logGroup.logGroupName },
      },
      pipelineConfigurationBody: yamlOf({
        version: '2',
        [PART]: {
          source: {
            kafka: {
              // Offsets are committed once documents are in the sink.
              acknowledgments: true,
              topics: [
                {
                  name: topic.topicName,
                  group_id: consumerGroup,
                  serde_format: props.format ?? OpenSearchRecordFormat.JSON,
                  auto_offset_reset: props.startingPosition ?? OpenSearchStartingPosition.EARLIEST,
                },
              ],
              aws: { msk: { arn: cluster.clusterArn }, ...aws },
            },
          },
          processor: props.processors,
          sink: [sink],
        },
      }),
    });
    this.pipeline.node.addDependency(cluster.ready, topic.ready, ...source.policy, ...admissions);

    this.pipelineName = pipelineName;
    this.pipelineArn = this.pipeline.attrPipelineArn;
    this.role = role;
    this.deadLetterBucket = bucket;
    this.grantPrincipal = grantee.grantPrincipal;
    this.consumerMetrics = {
      ...groupMetrics(cluster, consumerGroup, [topic.topicName]),
      deadLetters: bucket && this.metric(`${PART}.opensearch.s3.dlqS3RecordsSuccess.count`),
    };
    const [declared] = resourcesOf(cluster);
    checkAtSynth(this, [{ resource: this.pipeline, links: declared && { PipelineConfigurationBody: declared } }], () =>
      factsOf(cluster),
    );
  }

  /**
   * A metric of the pipeline by its name; those of its part begin with `kafka-pipeline.`.
   *
   * @param metricName as in the documentation, for example `kafka-pipeline.recordsProcessed.count`
   * @param options statistic, period; by default the sum of five minutes
   * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/monitoring-pipeline-metrics.html
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/OSIS',
      metricName,
      statistic: cloudwatch.Stats.SUM,
      ...options,
      dimensionsMap: { PipelineName: this.pipelineName, ...options.dimensionsMap },
    }).attachTo(this);
  }

  private ownBucket(cluster: IMskCluster): s3.Bucket {
    return new s3.Bucket(this, 'DeadLetters', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: removalPolicyOf(cluster),
    });
  }
}

/**
 * Of what AWS lists, reading: the pipeline alters neither cluster nor topic.
 *
 * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-msk.html
 */
function grantSource(grantee: iam.IGrantable, topic: IKafkaTopic, consumerGroup: string): void {
  const { clusterArn } = topic.cluster;
  allow(
    grantee,
    ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers', 'kafka-cluster:DescribeCluster'],
    [clusterArn],
  );
  allow(grantee, ['kafka-cluster:DescribeTopicDynamicConfiguration'], [topic.topicArn]);
  topic.grants.consume(grantee, consumerGroup);
}

/** @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/osis-features-overview.html */
function grantDeadLetters(grantee: iam.IGrantable, bucket: s3.IBucket): void {
  allow(grantee, ['s3:PutObject'], [bucket.arnForObjects('*')]);
  if (bucket.encryptionKey) {
    allow(grantee, ['kms:GenerateDataKey'], [bucket.encryptionKey.keyArn]);
  }
}

/** What each half of the service does to the cluster, to make its connection. */
const ADMITTED: Record<string, string[]> = {
  'osis.amazonaws.com': ['kafka:CreateVpcConnection', 'kafka:DescribeClusterV2'],
  'osis-pipelines.amazonaws.com': ['kafka:CreateVpcConnection', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
};

function admitPipeline(cluster: IMskCluster): IDependable[] {
  return Object.entries(ADMITTED).flatMap(([service, actions]) => {
    const principals = [new iam.ServicePrincipal(service)];
    const statement = new iam.PolicyStatement({ principals, actions, resources: [cluster.clusterArn] });
    const { statementAdded, policyDependable } = cluster.addToResourcePolicy(statement);
    if (!statementAdded) {
      warnPolicyNotChanged(cluster, statement);
    }
    return policyDependable ? [policyDependable] : [];
  });
}

/** @see https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_osis_CreatePipeline.html */
function requireName(scope: Construct, pipelineName: string | undefined): void {
  if (pipelineName !== undefined && !Token.isUnresolved(pipelineName) && !/^[a-z][a-z0-9-]{2,27}$/.test(pipelineName)) {
    throw validationError(
      'OpenSearchPipelineName',
      `\`pipelineName\` is '${pipelineName}': use 3 to 28 small letters, digits and hyphens, a letter first`,
      scope,
    );
  }
}
