import { CfnOutput, RemovalPolicies, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import {
  BucketSelection,
  ClassificationJob,
  DiscoveryResultsExport,
  DiscoveryResultsTable,
  FindingCanary,
  FindingCategory,
  FindingDigest,
  FindingMessages,
  FindingReconciliation,
  FindingResponse,
  FindingSeverity,
  IdentifierSet,
  JobChange,
  JobEventType,
  JobSchedule,
  JobStatusEvents,
  MacieCoverage,
  MacieSession,
  ManagedIdentifierSelection,
  ResponseHealth,
  ResponseHub,
  ResponseMode,
  ResponseStep,
  ScanDay,
  UnusualAccessRules,
} from '../lib';
import { accessLog, admitAlarms, loggedBucket } from './parts';

/** What the stack watches: `cdk deploy regulated-data-watch -c data=cards`. */
type RegulatedData = 'health' | 'cards' | 'personal';

/** Every bucket of the Region that Macie can read is looked through; what is found is told, answered and kept. */
export class RegulatedDataWatch extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const data = (this.node.tryGetContext('data') ?? 'health') as RegulatedData;
    const identifiers = identifiersFor(this, data);
    const key = new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    const alerts = new sns.Topic(this, 'Alerts', { masterKey: key, enforceSSL: true });
    admitAlarms(key);

    // Find: all buckets once a week, and what was found in them kept as evidence.
    const macie = new MacieSession(this, 'Macie');
    const log = accessLog(this);
    const evidence = loggedBucket(this, 'Evidence', key, log);
    const resultsExport = new DiscoveryResultsExport(this, 'Results', { bucket: evidence, keyPrefix: 'macie' });
    const queries = loggedBucket(this, 'Queries', key, log);
    const table = new DiscoveryResultsTable(this, 'Table', { resultsExport, queryResultsBucket: queries });
    new ClassificationJob(this, 'Scan', {
      jobName: `${id}-${data}`,
      buckets: BucketSelection.all(),
      schedule: JobSchedule.weekly(ScanDay.SUNDAY),
      managedIdentifiers: ManagedIdentifierSelection.only(identifiers.managedDataIdentifiers),
      customIdentifiers: identifiers.customDataIdentifiers,
      onDefinitionChange: JobChange.CONTINUE,
    });

    // Tell: at once what is high, in a digest what is not, and who opened or emptied a bucket.
    const messages = new FindingMessages(this, 'Messages', { topic: alerts });
    const high = macie.findings.onFinding('High', {
      categories: [FindingCategory.CLASSIFICATION],
      minimumSeverity: FindingSeverity.HIGH,
      targets: [messages],
    });
    const digest = new FindingDigest(this, 'Digest', { topic: alerts });
    macie.findings.onFinding('Lower', {
      categories: [FindingCategory.CLASSIFICATION],
      severities: [FindingSeverity.LOW, FindingSeverity.MEDIUM],
      targets: [digest],
    });
    new UnusualAccessRules(this, 'Access', { targets: [messages] });
    const jobs = new JobStatusEvents(this, 'Jobs');
    jobs.onJobEvent('Trouble', {
      eventTypes: [
        JobEventType.BUCKET_ACCESS_DENIED,
        JobEventType.JOB_PAUSED_BY_QUOTA,
        JobEventType.NO_BUCKETS_MATCHED,
      ],
      targets: [messages],
    });

    // Respond: a dry run, until somebody deploys it with `-c mode=enforce`.
    const hub = new ResponseHub(this, 'Responses', { topic: alerts });
    const restrict = new FindingResponse(this, 'Restrict', {
      hub,
      bucketNames: ['*'],
      minimumSeverity: FindingSeverity.HIGH,
      mode: this.node.tryGetContext('mode') === 'enforce' ? ResponseMode.ENFORCE : ResponseMode.DRY_RUN,
      steps: [ResponseStep.restrict()],
    });

    // Know when any of this does not work.
    new ResponseHealth(this, 'Health', {
      deadLetterQueues: [high.deadLetterQueue, messages.failures, hub.deadLetterQueue],
      workQueues: [hub.queue],
      stateMachines: [restrict.stateMachine],
      jobs,
      canary: new FindingCanary(this, 'Canary'),
      reconciliation: new FindingReconciliation(this, 'Reconciliation', { rules: [restrict.rule] }),
      coverage: new MacieCoverage(this, 'Coverage', { topic: alerts }),
      alarmActions: [new actions.SnsAction(alerts)],
    });

    // The one line that lets `cdk destroy` delete the evidence too; leave it out for anything but a demo.
    RemovalPolicies.of(this).destroy();
    new CfnOutput(this, 'AlertsArn', { value: alerts.topicArn });
    new CfnOutput(this, 'WorkGroup', { value: table.workGroupName });
  }
}

/** The same stack with other identifiers. */
function identifiersFor(scope: Construct, data: RegulatedData): IdentifierSet {
  switch (data) {
    case 'health':
      return IdentifierSet.forHipaa(scope, 'Identifiers', { medicalRecordNumberRegex: 'MRN-[0-9]{8}' });
    case 'cards':
      return IdentifierSet.forPciDss(scope, 'Identifiers');
    case 'personal':
      return IdentifierSet.forGdpr(scope, 'Identifiers', { countries: ['DE', 'FR', 'GB'] });
  }
}
