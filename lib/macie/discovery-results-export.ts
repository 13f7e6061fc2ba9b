import { ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { excludeFromScans } from './excluded-buckets';
import { macieServicePrincipal } from './macie-service-principal';
import type { MacieSettingOptions } from './macie-setting-options';
import { SettingResource } from './setting-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { KEPT_BUCKET } from '../private/kept-bucket';
import { addToPolicyOf } from '../private/resource-policy';
import { requireOnly } from '../private/singleton';

/** Where Macie writes its discovery results. */
export interface DiscoveryResultsExportProps extends MacieSettingOptions {
  /**
   * The bucket; its policy is extended by what Macie needs, or a warning says what to add.
   *
   * @default - a bucket of its own: encrypted, versioned, private, TLS only, kept when the construct goes
   */
  readonly bucket?: s3.IBucket;

  /**
   * A symmetric key that you manage, in the Region of the bucket; its policy is extended likewise.
   *
   * @default - the key of the bucket, or one of its own that is rotated and kept
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What the keys of the objects begin with, without slashes at its ends.
   *
   * @default - nothing
   */
  readonly keyPrefix?: string;
}

/**
 * Writes the results of sensitive data discovery to a bucket: a record for each object that Macie has looked at, whether
 * it found something or not.
 *
 * Macie keeps them for 90 days; with this setting it writes those of the last 90 days and all later ones, as compressed
 * JSON Lines.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
 */
@injectable
export class DiscoveryResultsExport extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.DiscoveryResultsExport';

  /** Where the results are. */
  public readonly bucket: s3.IBucket;

  /** What they are encrypted with. */
  public readonly encryptionKey: kms.IKey;

  /** What the keys of all results of this account and Region begin with, with a slash at its end. */
  public readonly resultsPrefix: string;

  constructor(scope: Construct, id: string, props: DiscoveryResultsExportProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-EXPORT-SINGLE',
      'the export of discovery results of one account and Region',
      (other) => other instanceof DiscoveryResultsExport,
    );
    requirePrefix(this, props.keyPrefix);
    const { account, region } = Stack.of(this);
    const path = props.keyPrefix === undefined ? '' : `${props.keyPrefix}/`;
    this.resultsPrefix = `${path}AWSLogs/${account}/Macie/${region}/`;
    this.encryptionKey = props.encryptionKey ?? props.bucket?.encryptionKey ?? ownKey(this);
    this.bucket = props.bucket ?? ownBucket(this, this.encryptionKey);
    if (!props.bucket) excludeFromScans(this, this.bucket.bucketName);

    const objects = this.bucket.arnForObjects(`${path}*`);
    const letIn = [
      ...addToPolicyOf(this, this.encryptionKey, [
        fromMacie(this, this.encryptionKey, ['kms:GenerateDataKey', 'kms:Encrypt'], '*'), // in a key's policy: this key
      ]),
      ...addToPolicyOf(this, this.bucket, [
        fromMacie(this, this.bucket, ['s3:GetBucketLocation'], this.bucket.bucketArn),
        fromMacie(this, this.bucket, ['s3:PutObject'], objects),
        ...(props.bucket ? [] : refusals(this, objects)),
      ]),
    ];
    const setting = new SettingResource(this, 'Resource', {
      ...props,
      kind: 'DiscoveryResultsExport',
      value: {
        bucketName: this.bucket.bucketName,
        keyPrefix: props.keyPrefix,
        kmsKeyArn: this.encryptionKey.keyArn,
      },
      actions: ['macie2:GetClassificationExportConfiguration', 'macie2:PutClassificationExportConfiguration'],
      // Macie tries the destination in the name of whoever sets it.
      statements: [
        new iam.PolicyStatement({ actions: ['s3:GetBucketLocation'], resources: [this.bucket.bucketArn] }),
        new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [objects] }),
        new iam.PolicyStatement({
          actions: ['kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
          resources: [this.encryptionKey.keyArn],
        }),
      ],
    });
    setting.resource.node.addDependency(...letIn);
  }
}

function ownKey(scope: Construct): kms.Key {
  return new kms.Key(scope, 'Key', {
    description: `Discovery results of Amazon Macie: ${scope.node.path}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

function ownBucket(scope: Construct, encryptionKey: kms.IKey): s3.Bucket {
  return new s3.Bucket(scope, 'Bucket', {
    ...KEPT_BUCKET,
    encryptionKey,
    versioned: true,
  });
}

/** @param policyOf the bucket or key whose policy the statement is for */
function fromMacie(
  scope: DiscoveryResultsExport,
  policyOf: Construct | s3.IBucket | kms.IKey,
  actions: string[],
  resource: string,
): iam.PolicyStatement {
  const stack = Stack.of(scope);
  const arn = (resourceName: string, arnFormat: ArnFormat) => ({
    service: 'macie2',
    resource: arnFormat === ArnFormat.COLON_RESOURCE_NAME ? 'export-configuration' : 'classification-job',
    resourceName,
    arnFormat,
  });
  return new iam.PolicyStatement({
    principals: [macieServicePrincipal(scope, policyOf)],
    actions,
    resources: [resource],
    conditions: {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: {
        'aws:SourceArn': [
          stack.formatArn(arn('*', ArnFormat.COLON_RESOURCE_NAME)),
          stack.formatArn(arn('*', ArnFormat.SLASH_RESOURCE_NAME)),
        ],
      },
    },
  });
}

/** Nothing that Macie writes is encrypted otherwise. */
function refusals(scope: DiscoveryResultsExport, objects: string): iam.PolicyStatement[] {
  const deny = (key: string, value: string) =>
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      principals: [macieServicePrincipal(scope, scope.bucket)],
      actions: ['s3:PutObject'],
      resources: [objects],
      conditions: { StringNotEquals: { [key]: value } },
    });
  return [
    deny('s3:x-amz-server-side-encryption', 'aws:kms'),
    deny('s3:x-amz-server-side-encryption-aws-kms-key-id', scope.encryptionKey.keyArn),
  ];
}

function requirePrefix(scope: Construct, prefix: string | undefined): void {
  if (prefix === undefined || Token.isUnresolved(prefix)) return;
  if (/^[^/].*[^/]$|^[^/]$/.test(prefix)) return;
  throw validationError(
    'MACIE-EXPORT-PREFIX',
    `keyPrefix is '${prefix}'; it has to begin and end with something else than a slash`,
    scope,
  );
}
