import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { FindingSeverity, MacieSession } from '../lib';

/** Macie is on in this account and Region; findings of high severity reach a topic that people subscribe to. */
export class SensitiveDataAlerts extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const key = new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    const alerts = new sns.Topic(this, 'Alerts', { masterKey: key, enforceSSL: true });

    const macie = new MacieSession(this, 'Macie');
    macie.findings.onFinding('HighSeverity', {
      minimumSeverity: FindingSeverity.HIGH,
      targets: [new targets.SnsTopic(alerts)],
    });

    new CfnOutput(this, 'AlertsArn', { value: alerts.topicArn });
  }
}
