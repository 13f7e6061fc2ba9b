import { isAccessDenied, isTransient } from './aws-errors';
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

/** A policy that IAM does not know yet, or trouble that passes. */
export function isWorthWaiting(error: AwsError): boolean {
  return macieDenial(error) === 'iam' || isTransient(error);
}

/** Likewise where Macie is being turned on, and can not be used at once. */
export function isWorthWaitingOnceOn(error: AwsError): boolean {
  return macieDenial(error) === 'turned-off' || isWorthWaiting(error);
}

/** What Macie says where it is off does not say what to do. */
export function explained(error: AwsError): Error {
  return macieDenial(error) === 'turned-off'
    ? new Error('Macie is not enabled in this account and Region: add a MacieSession, or pass the one there is')
    : error;
}
