import { RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** A bucket for what nobody else may read and nothing may lose: encrypted with a key, private, TLS only, kept. */
export const KEPT_BUCKET = {
  encryption: s3.BucketEncryption.KMS,
  bucketKeyEnabled: true, // saves most of the calls to KMS
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
} satisfies s3.BucketProps;
