import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { injectable } from '../../private/injectable';
import { KEPT_BUCKET } from '../../private/kept-bucket';
import { excludeFromScans } from '../excluded-buckets';

/** A bucket that objects are kept in while people look into them. */
export interface QuarantineBucketProps {
  /**
   * The name of the bucket.
   *
   * With a name that is known, jobs and discovery in other stacks leave the bucket out as well.
   *
   * @default - a name by CloudFormation
   */
  readonly bucketName?: string;

  /**
   * The key that encrypts what comes without a KMS key of its own.
   *
   * @default - a key of the bucket's own
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Where accesses are logged to.
   *
   * @default - not logged
   */
  readonly serverAccessLogsBucket?: s3.IBucket;
}

/**
 * A bucket for quarantined objects: encrypted, versioned, closed, retained, and left out of what Macie scans for this app.
 *
 * Otherwise each copy would be found again.
 */
@injectable
export class QuarantineBucket extends s3.Bucket {
  /** Identifies the construct for property injection. */
  public static override readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.QuarantineBucket';

  constructor(scope: Construct, id: string, props: QuarantineBucketProps = {}) {
    super(scope, id, {
      bucketName: props.bucketName,
      ...KEPT_BUCKET,
      encryptionKey: props.encryptionKey,
      versioned: true,
      serverAccessLogsBucket: props.serverAccessLogsBucket,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    if (!props.encryptionKey) {
      const key = this.encryptionKey as kms.Key;
      key.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
      (key.node.defaultChild as kms.CfnKey).enableKeyRotation = true;
    }
    excludeFromScans(this, props.bucketName ?? this.bucketName);
  }
}
