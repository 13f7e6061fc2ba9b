import { isAccessDenied } from './aws-errors';
import type { AwsError } from './aws-errors';

/**
 * Macie answers AccessDeniedException to three unrelated things that only the message tells apart: it is turned off;
 * it can not use the bucket or key of an export; IAM denies.
 */
export type MacieDenial = 'turned-off' | 'export-destination' | 'iam';

export function macieDenial(error: AwsError): MacieDenial | undefined {
  if (error.message.includes('Macie is not enabled')) return 'turned-off';
  if (!isAccessDenied(error)) return undefined;
  return /S3 bucket|KMS key/.test(error.message) ? 'export-destination' : 'iam';
}
