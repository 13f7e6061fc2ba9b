import { readFileSync } from 'fs';
import * as path from 'path';

/** An event that carries a finding, with what it shows. */
export interface FindingSample {
  readonly title: string;
  readonly event: any;
}

type Name = 'credentials' | 'custom-identifier' | 'financial' | 'multiple' | 'personal' | 'policy-bucket-public';

export function macieSample(name: Name): any {
  return JSON.parse(readFileSync(path.join(__dirname, 'samples', `macie-${name}.json`), 'utf8'));
}

/** A sample with another finding inside. */
function changed(name: Name, change: (finding: any, event: any) => void): any {
  const event = macieSample(name);
  change(event.detail, event);
  return event;
}

const POLICIES: [string, number][] = [
  ['S3BlockPublicAccessDisabled', 3],
  ['S3BucketEncryptionDisabled', 1],
  ['S3BucketReplicatedExternally', 3],
  ['S3BucketSharedExternally', 3],
  ['S3BucketSharedWithCloudFront', 2],
];

const SEVERITIES = ['', 'Low', 'Medium', 'High'];

/** Every kind of finding of Macie. */
export const MACIE_FINDINGS: FindingSample[] = [
  { title: 'Personal information', event: macieSample('personal') },
  { title: 'Financial information', event: macieSample('financial') },
  { title: 'Credentials', event: macieSample('credentials') },
  { title: 'A custom identifier', event: macieSample('custom-identifier') },
  { title: 'Several categories in one object', event: macieSample('multiple') },
  {
    title: 'Found by automated discovery, without a job',
    event: changed('personal', (finding) =>
      Object.assign(finding.classificationDetails, {
        jobArn: null,
        jobId: null,
        originType: 'AUTOMATED_SENSITIVE_DATA_DISCOVERY',
      }),
    ),
  },
  {
    title: 'An object of which a part was not read',
    event: changed('financial', (finding) => {
      finding.classificationDetails.result.status = { code: 'PARTIAL', reason: 'ARCHIVE_CONTAINS_UNPROCESSED_FILES' };
    }),
  },
  {
    title: 'Lists that are null',
    event: changed('custom-identifier', (finding) => {
      finding.classificationDetails.result.sensitiveData = null;
      finding.classificationDetails.result.customDataIdentifiers.detections = null;
    }),
  },
  { title: 'A member account', event: changed('personal', (finding) => (finding.accountId = '210987654321')) },
  {
    title: 'A version of an object',
    event: changed('credentials', (finding) => {
      finding.resourcesAffected.s3Object.versionId = '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY';
    }),
  },
  { title: 'A sample finding', event: changed('personal', (finding) => (finding.sample = true)) },
  { title: 'A bucket that everybody can access', event: macieSample('policy-bucket-public') },
  ...POLICIES.map(([name, score]) => ({
    title: `A bucket: ${name}`,
    event: changed('policy-bucket-public', (finding) => {
      finding.type = `Policy:IAMUser/${name}`;
      finding.severity = { score, description: SEVERITIES[score] };
      finding.count = score;
    }),
  })),
];

/**
 * Made from the published format of findings, with the types of S3 Protection.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html
 */
export function guardDutyEvent(type: string, severity: number, bucket = 'acme-billing-exports'): any {
  return {
    version: '0',
    id: '0d1f4a52-7c11-4d5a-9b06-6a0d3f3b8c01',
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: '123456789012',
    time: '2026-11-20T09:15:04Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      schemaVersion: '2.0',
      accountId: '123456789012',
      region: 'eu-west-1',
      partition: 'aws',
      id: '60baffd3f9042e38640f2300d5c5a631',
      type,
      severity,
      title: 'An API was invoked in an unusual way.',
      createdAt: '2026-11-20T09:14:59.000Z',
      updatedAt: '2026-11-20T09:15:00.000Z',
      resource: {
        resourceType: 'S3Bucket',
        accessKeyDetails: { accessKeyId: 'ASIAEXAMPLE', userName: 'jane', userType: 'AssumedRole' },
        s3BucketDetails: [
          {
            arn: `arn:aws:s3:::${bucket}`,
            name: bucket,
            type: 'Destination',
            createdAt: 1685614961,
            owner: { id: 'b7f1c0de' },
            tags: [{ key: 'team', value: 'billing' }],
            publicAccess: { effectivePermission: 'NOT_PUBLIC' },
          },
        ],
      },
      service: {
        serviceName: 'guardduty',
        action: {
          actionType: 'AWS_API_CALL',
          awsApiCallAction: { api: 'GetObject', serviceName: 's3.amazonaws.com', callerType: 'Remote IP' },
        },
        count: 12,
        archived: false,
      },
    },
  };
}

export const GUARD_DUTY_FINDINGS: FindingSample[] = (
  [
    ['Discovery:S3/MaliciousIPCaller', 8],
    ['Exfiltration:S3/AnomalousBehavior', 8],
    ['Impact:S3/AnomalousBehavior.Delete', 8],
    ['Discovery:S3/AnomalousBehavior', 2],
    ['UnauthorizedAccess:S3/TorIPCaller', 8],
    ['PenTest:S3/KaliLinux', 5],
    ['Stealth:S3/ServerAccessLoggingDisabled', 2],
  ] as const
).map(([type, severity]) => ({ title: `GuardDuty: ${type}`, event: guardDutyEvent(type, severity) }));

/**
 * Made from the published format: what Macie and GuardDuty send to Security Hub.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
 */
export function securityHubEvent(product: 'Macie' | 'GuardDuty', finding: object): any {
  return {
    version: '0',
    id: '8e5622f9-d81c-4d81-612a-9319e7ee2506',
    'detail-type': 'Security Hub Findings - Imported',
    source: 'aws.securityhub',
    account: '123456789012',
    time: '2026-11-20T09:20:53Z',
    region: 'eu-west-1',
    resources: [
      `arn:aws:securityhub:eu-west-1::product/aws/${product.toLowerCase()}/arn:aws:securityhub:eu-west-1:123456789012:finding/1`,
    ],
    detail: {
      findings: [
        {
          SchemaVersion: '2018-10-08',
          Id: '9f3c2a1e-7b64-4d0f-8a55-1c2e3d4f5a02',
          ProductArn: `arn:aws:securityhub:eu-west-1::product/aws/${product.toLowerCase()}`,
          ProductName: product,
          CompanyName: 'AWS',
          Region: 'eu-west-1',
          GeneratorId: 'aws/macie',
          AwsAccountId: '123456789012',
          CreatedAt: '2026-11-20T02:31:08.005Z',
          UpdatedAt: '2026-11-20T02:31:08.005Z',
          Title: 'The S3 object contains financial information.',
          Description: 'The S3 object contains financial information.',
          Severity: { Label: 'HIGH', Normalized: 70, Original: 'High' },
          Types: ['Sensitive Data Identifications/Financial/SensitiveData:S3Object-Financial'],
          Resources: [
            { Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::acme-billing-exports', Partition: 'aws', Region: 'eu-west-1' },
            {
              Type: 'AwsS3Object',
              Id: 'arn:aws:s3:::acme-billing-exports/monthly/2026-10/settlements.csv',
              Partition: 'aws',
              Region: 'eu-west-1',
            },
          ],
          Sample: false,
          WorkflowState: 'NEW',
          Workflow: { Status: 'NEW' },
          RecordState: 'ACTIVE',
          ...finding,
        },
      ],
    },
  };
}

const BUCKET_ONLY = [{ Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::acme-web', Partition: 'aws', Region: 'eu-west-1' }];

export const SECURITY_HUB_FINDINGS: FindingSample[] = [
  { title: 'Through Security Hub: financial information', event: securityHubEvent('Macie', {}) },
  {
    title: 'Through Security Hub: a bucket that everybody can access',
    event: securityHubEvent('Macie', {
      Types: ['Effects/Data Exposure/Policy:IAMUser-S3BucketPublic'],
      Resources: BUCKET_ONLY,
    }),
  },
  {
    title: 'Through Security Hub: encryption that was reset',
    event: securityHubEvent('Macie', {
      Types: [
        'Software and Configuration Checks/AWS Security Best Practices/Policy:IAMUser-S3BucketEncryptionDisabled',
      ],
      Severity: { Label: 'LOW', Normalized: 1 },
      Resources: BUCKET_ONLY,
    }),
  },
  {
    title: 'Through Security Hub: unusual access',
    event: securityHubEvent('GuardDuty', {
      Types: ['TTPs/Exfiltration/Exfiltration:S3-AnomalousBehavior'],
      Resources: BUCKET_ONLY,
    }),
  },
];

/** As `JobStatusEvents` sends them. */
export const JOB_EVENTS: FindingSample[] = [
  {
    title: 'A classification job that may not read a bucket',
    event: {
      version: '0',
      id: '1a2b3c4d-0000-4000-8000-000000000001',
      'detail-type': 'Macie Job Status',
      source: 'cdk-msk-macie.jobs',
      account: '123456789012',
      time: '2026-11-20T02:30:00Z',
      region: 'eu-west-1',
      resources: ['arn:aws:macie2:eu-west-1:123456789012:classification-job/c41e92ab07d34f6f8b5d1e7a60c9f238'],
      detail: {
        eventType: 'BUCKET_ACCESS_DENIED',
        jobId: 'c41e92ab07d34f6f8b5d1e7a60c9f238',
        jobName: 'nightly-orders',
        affectedAccount: '123456789012',
        affectedBucket: 'acme-billing-exports',
      },
    },
  },
];

export const ALL_EVENTS = [...MACIE_FINDINGS, ...GUARD_DUTY_FINDINGS, ...SECURITY_HUB_FINDINGS, ...JOB_EVENTS];
