import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Macie's name as a service. */
export const MACIE = 'macie.amazonaws.com';

/**
 * The role that Macie works with in the account of a construct.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/service-linked-roles.html
 */
export function macieServiceRoleArn(scope: IConstruct): string {
  return Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: `aws-service-role/${MACIE}/AWSServiceRoleForAmazonMacie`,
  });
}
