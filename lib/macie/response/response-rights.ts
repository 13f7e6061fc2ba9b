import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { addToPolicyOf } from '../../private/resource-policy';
import { macieServiceRoleArn } from '../../private/macie-service-role';
import { ResponseAction } from './response-step';

/** Rules of responses are named so, which is how the queue of a hub knows them without knowing their stacks. */
export const RESPONSE_RULE_PREFIX = 'macie-response-';

/** The tag by which the policies of buckets know what nobody may read. */
const RESTRICTED = 's3:ExistingObjectTag/macie-response:restricted';

const OBJECT_TAGS = {
  look: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  make: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'],
};

/** What an action may do to objects and buckets; in a dry run it only looks. */
const RIGHTS: Partial<Record<ResponseAction, Record<'bucket' | 'object', Record<'look' | 'make', string[]>>>> = {
  [ResponseAction.RESTRICT]: { bucket: { look: ['s3:ListBucket'], make: [] }, object: OBJECT_TAGS },
  [ResponseAction.TAG]: { bucket: { look: ['s3:ListBucket'], make: [] }, object: OBJECT_TAGS },
  [ResponseAction.BLOCK_PUBLIC_ACCESS]: {
    bucket: { look: ['s3:GetBucketPublicAccessBlock'], make: ['s3:PutBucketPublicAccessBlock'] },
    object: { look: [], make: [] },
  },
};

export function actionStatements(
  action: ResponseAction,
  bucketArns: string[],
  changing: boolean,
  accounts: string[],
): iam.PolicyStatement[] {
  const rights = RIGHTS[action];
  if (!rights) return [];
  const { bucket, object } = rights;
  const of = ({ look, make }: Record<'look' | 'make', string[]>) => (changing ? [...look, ...make] : look);
  const statement = (actions: string[], resources: string[]) =>
    actions.length === 0
      ? []
      : [
          new iam.PolicyStatement({
            actions,
            resources,
            // A name with a wildcard, or one that its owner gave up, may be somebody else's.
            conditions: { StringEquals: { 's3:ResourceAccount': accounts } },
          }),
        ];
  return [
    ...statement(of(bucket), bucketArns),
    ...statement(
      of(object),
      bucketArns.map((arn) => `${arn}/*`),
    ),
  ];
}

/** The roles that carry an action out, by name: a reference from the policy of a bucket would tie its stack to theirs. */
export function roleNameOf(scope: Construct, action: ResponseAction): string {
  return `${roleNamePrefix(action)}${scope.node.addr.slice(-8)}-${Stack.of(scope).region}`;
}

export function roleNamePrefix(action: ResponseAction): string {
  return `macie-response-${action.toLowerCase().replace(/_/g, '-')}-`;
}

/** The role of an action in an account; its name is the same in each. */
export function memberRoleName(scope: IConstruct, action: ResponseAction): string {
  return `${roleNamePrefix(action)}member-${Stack.of(scope).region}`;
}

/**
 * Nobody reads what is restricted, and nobody but the steps restricts or releases.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
 */
export function denyRestricted(scope: Construct, bucket: s3.IBucket, readers: iam.IRoleRef[]): void {
  const rolesOf = (...actions: ResponseAction[]) =>
    actions.map((action) =>
      Stack.of(scope).formatArn({
        service: 'iam',
        region: '',
        resource: 'role',
        resourceName: `${roleNamePrefix(action)}*`,
      }),
    );
  const deny = (actions: string[], exempt: string[]) =>
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources: [bucket.arnForObjects('*')],
      conditions: { StringEquals: { [RESTRICTED]: 'true' }, ArnNotLike: { 'aws:PrincipalArn': exempt } },
    });
  addToPolicyOf(scope, bucket, [
    deny(
      ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes', 's3:GetObjectVersionAttributes'],
      [macieServiceRoleArn(scope), ...readers.map(({ roleRef }) => roleRef.roleArn)],
    ),
    deny(
      ['s3:PutObjectTagging', 's3:PutObjectVersionTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'],
      rolesOf(ResponseAction.RESTRICT, ResponseAction.TAG),
    ),
  ]);
}
