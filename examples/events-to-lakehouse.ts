import { readFileSync } from 'fs';
import * as path from 'path';
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import {
  GlueSink,
  GlueStreamingJob,
  KafkaProducer,
  KafkaTopic,
  KafkaVersion,
  ProducerClient,
  ProvisionedCluster,
  RecordFormat,
  Retention,
} from '../lib';
import { bundledFunction, privateNetwork } from './parts';
import { warehouse } from './warehouse';

const DATABASE = 'lakehouse';
const TABLE = 'events';
const PREFIX = `${DATABASE}/${TABLE}`;
const QUERIES = ['revenue-by-day', 'conversion-by-product', 'told-late', 'stored-twice'];

/** What the lakehouse may have besides. */
export interface EventsToLakehouseProps extends StackProps {
  /**
   * Whether Amazon Redshift Serverless is made, for the same tables.
   *
   * @default false
   */
  readonly warehouse?: boolean;
}

/** Events of a shop become rows of an Iceberg table, each once, for Athena and Redshift to ask. */
export class EventsToLakehouse extends Stack {
  constructor(scope: Construct, id: string, props: EventsToLakehouseProps = {}) {
    super(scope, id, props);

    const vpc = privateNetwork(this, { gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } } });
    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Shop', {
      vpc,
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const events = new KafkaTopic(this, 'Events', {
      cluster,
      topicName: 'events',
      partitions: 6,
      configuration: { retention: Retention.of(Duration.days(3)) },
    });

    const accessLogs = this.bucket('AccessLogs');
    const data = this.bucket('Data', accessLogs);
    const database = new glue.Database(this, 'Database', { databaseName: DATABASE });
    database.applyRemovalPolicy(RemovalPolicy.DESTROY);
    const job = new GlueStreamingJob(this, 'Landing', {
      topic: events,
      consumerGroup: 'landing',
      format: RecordFormat.json(
        [
          { name: 'event_id', type: glue.Schema.STRING },
          { name: 'kind', type: glue.Schema.STRING },
          { name: 'product', type: glue.Schema.STRING },
          { name: 'country', type: glue.Schema.STRING },
          { name: 'amount', type: glue.Schema.decimal(10, 2) },
          { name: 'happened_at', type: glue.Schema.TIMESTAMP },
        ],
        { required: ['event_id', 'kind'] },
      ),
      eventTime: 'happened_at',
      sink: GlueSink.iceberg({ database, tableName: TABLE, bucket: data, prefix: PREFIX }),
      checkpointBucket: this.bucket('Checkpoints', accessLogs),
      batchInterval: Duration.minutes(1),
    });
    const endpoints = this.waysOfJob(vpc, job);

    const workgroup = this.athena(data);
    for (const name of QUERIES) {
      const query = new athena.CfnNamedQuery(this, `Query-${name}`, {
        name,
        database: DATABASE,
        workGroup: workgroup.name,
        queryString: readFileSync(path.join(__dirname, 'sql', 'lakehouse', `${name}.sql`), 'utf8'),
      });
      query.addResourceDependency(workgroup);
    }
    if (props.warehouse) {
      warehouse(this, { vpc, catalog: endpoints.Glue, data, prefix: PREFIX, database: DATABASE, table: TABLE });
    }

    const producer = bundledFunction(this, 'EventProducer', {
      timeout: Duration.minutes(1),
      vpc,
      securityGroups: [new ec2.SecurityGroup(this, 'EventProducerSecurityGroup', { vpc, allowAllOutbound: false })],
    });
    new KafkaProducer(this, 'EventWriter', { topics: [events], client: ProducerClient.lambdaFunction(producer) });

    new CfnOutput(this, 'ProducerName', { value: producer.functionName });
    new CfnOutput(this, 'JobName', { value: job.job.jobName });
    new CfnOutput(this, 'WorkgroupName', { value: workgroup.name });
    new CfnOutput(this, 'DeadLetters', { value: job.deadLetterPath });
  }

  private bucket(id: string, serverAccessLogsBucket?: s3.IBucket): s3.Bucket {
    return new s3.Bucket(this, id, {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      serverAccessLogsBucket,
      serverAccessLogsPrefix: serverAccessLogsBucket && `${id.toLowerCase()}/`,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
    });
  }

  /** The job has no way to the internet: what it calls besides Kafka and Amazon S3 is in its own subnet. */
  private waysOfJob(vpc: ec2.Vpc, job: GlueStreamingJob): Record<string, ec2.InterfaceVpcEndpoint> {
    const { GLUE, CLOUDWATCH_MONITORING, CLOUDWATCH_LOGS, STS } = ec2.InterfaceVpcEndpointAwsService;
    const services = { Glue: GLUE, Metrics: CLOUDWATCH_MONITORING, Logs: CLOUDWATCH_LOGS, Sts: STS };
    const endpoints: Record<string, ec2.InterfaceVpcEndpoint> = {};
    for (const [id, service] of Object.entries(services)) {
      const endpoint = vpc.addInterfaceEndpoint(`${id}Endpoint`, {
        service,
        subnets: { subnets: [vpc.isolatedSubnets[0]] },
        open: false,
      });
      endpoint.connections.allowDefaultPortFrom(job);
      job.job.node.addDependency(endpoint);
      endpoints[id] = endpoint;
    }
    return endpoints;
  }

  private athena(data: s3.IBucket): athena.CfnWorkGroup {
    return new athena.CfnWorkGroup(this, 'Workgroup', {
      name: `${this.stackName}-queries`,
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: 10 * 1024 ** 3,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: data.s3UrlForObject('results/'),
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    });
  }
}
