import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
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

/**
 * For the policy of a key. The role of Macie may read all objects, but no key lets it in by that. In a fresh account it
 * does not exist yet, and a policy that names it as principal would be refused.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-encryption-types.html
 */
export function macieDecryption(scope: IConstruct): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:Decrypt'],
    resources: ['*'], // in the policy of a key: this key
    conditions: { StringEquals: { 'aws:PrincipalArn': macieServiceRoleArn(scope) } },
  });
}
