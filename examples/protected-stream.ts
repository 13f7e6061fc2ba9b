import { CfnOutput, Duration, RemovalPolicies, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import {
  BucketSelection,
  ClassificationJob,
  FindingCategory,
  FindingMessages,
  FindingResponse,
  JobChange,
  JobSchedule,
  KafkaTopic,
  KafkaVersion,
  MacieSession,
  ManagedIdentifierSelection,
  ProvisionedCluster,
  ResponseHealth,
  ResponseHub,
  ResponseStep,
  Retention,
  StreamLanding,
} from '../lib';
import { accessLog, admitAlarms, loggedBucket, privateNetwork } from './parts';

/** Records of a topic land in S3, where Macie looks at them; people are told of topic and hour, objects are restricted. */
export class ProtectedStream extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const cluster = new ProvisionedCluster(this, 'Cluster', {
      vpc: privateNetwork(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topic = new KafkaTopic(this, 'Customers', {
      cluster,
      topicName: 'customers',
      partitions: 6,
      configuration: { retention: Retention.of(Duration.days(3)) },
    });

    // A bucket of the stack, so that `cdk destroy` takes it away; without it the landing makes one that is kept.
    const key = new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    const bucket = loggedBucket(this, 'Records', key, accessLog(this));
    const landing = new StreamLanding(this, 'Landing', { topic, consumerGroup: 'landing', bucket });

    const macie = new MacieSession(this, 'Macie');
    new ClassificationJob(this, 'Scan', {
      jobName: `${id}-records`,
      buckets: BucketSelection.named({ buckets: [bucket] }),
      schedule: JobSchedule.daily(),
      managedIdentifiers: ManagedIdentifierSelection.recommended(),
      onDefinitionChange: JobChange.CONTINUE,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const alerts = new sns.Topic(this, 'Alerts', { masterKey: key, enforceSSL: true });
    admitAlarms(key);
    const messages = new FindingMessages(this, 'Messages', { topic: alerts, landings: [landing.findingLanding] });
    const alert = macie.findings.onFinding('Records', {
      buckets: [bucket],
      categories: [FindingCategory.CLASSIFICATION],
      targets: [messages],
    });

    const hub = new ResponseHub(this, 'Responses', { topic: alerts });
    // A dry run, which changes nothing, until the mode says otherwise.
    new FindingResponse(this, 'Restrict', { hub, buckets: [bucket], steps: [ResponseStep.restrict()] });

    new ResponseHealth(this, 'Health', {
      deadLetterQueues: [alert.deadLetterQueue, messages.failures, hub.deadLetterQueue],
      workQueues: [hub.queue],
      alarmActions: [new actions.SnsAction(alerts)],
    });

    // The one line that lets `cdk destroy` delete records and ledger too; leave it out for anything but a demo.
    RemovalPolicies.of(this).destroy();
    new CfnOutput(this, 'AlertsArn', { value: alerts.topicArn });
    new CfnOutput(this, 'RecordsBucket', { value: bucket.bucketName });
  }
}
