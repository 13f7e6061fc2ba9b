import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { macieServiceRoleArn } from '../../private/macie-service-role';
import { addToPolicyOf } from '../../private/resource-policy';
import { roleNamePrefix } from '../response/response-rights';
import { ResponseAction } from '../response/response-step';

const STATE = 'macie-gate:state';
const EXISTING = `s3:ExistingObjectTag/${STATE}`;
const REQUESTED = `s3:RequestObjectTag/${STATE}`;
const RELEASED = 'released-*';
const COPY_SOURCE = 's3:x-amz-copy-source';

const READ = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes', 's3:GetObjectVersionAttributes'];
const TAG = ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'];
const UNTAG = ['s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'];

export interface GatePolicyProps {
  readonly bucket: s3.Bucket;

  /** ARNs of objects, with a wildcard at the end. */
  readonly objects: string[];

  /** Names of roles: a reference from the policy of the bucket would tie its stack to that of the gate. */
  readonly collectRole: string;
  readonly releaseRole: string;
  readonly reviewers: iam.IRoleRef[];
}

/**
 * Nobody reads what is not released, and nobody but the gate and reviewers says that it is.
 *
 * The tag could come along with an upload, a copy or a replication as well as by tagging, so each of these ways is shut.
 * Where a condition is about a tag that is not there, negations hold: whatever is unknown is denied.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html
 */
export function shutGate(scope: Construct, props: GatePolicyProps): void {
  const { bucket, objects } = props;
  const roleArn = (name: string) =>
    Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: name });
  const responses = (...actions: ResponseAction[]) => actions.map((action) => roleArn(`${roleNamePrefix(action)}*`));
  const reviewers = props.reviewers.map(({ roleRef }) => roleRef.roleArn);
  // These keep all tags that they find.
  const keepers = responses(ResponseAction.RESTRICT, ResponseAction.TAG);
  const taggers = [roleArn(props.collectRole), roleArn(props.releaseRole), ...reviewers, ...keepers];

  const deny = (actions: string[], conditions: Record<string, Record<string, unknown>>, exempt?: string[]) =>
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources: objects,
      conditions: { ...conditions, ...(exempt ? { ArnNotLike: { 'aws:PrincipalArn': exempt } } : {}) },
    });
  addToPolicyOf(scope, bucket, [
    deny(READ, { StringNotLike: { [EXISTING]: RELEASED } }, [macieServiceRoleArn(scope), ...reviewers]),
    // A copy elsewhere would have another policy, and one from elsewhere brings its tags.
    deny(['s3:GetObjectVersionForReplication', 's3:ReplicateObject', 's3:ReplicateTags'], {}),
    deny(
      ['s3:PutObject'],
      {
        Null: { [COPY_SOURCE]: 'false' },
        StringNotLike: { [COPY_SOURCE]: [`${bucket.bucketName}/*`, `/${bucket.bucketName}/*`] },
      },
      responses(ResponseAction.MOVE), // brings back what it has moved
    ),
    deny(['s3:PutObject', ...TAG], { Null: { [REQUESTED]: 'false' } }, taggers),
    deny([...TAG, ...UNTAG], { Null: { [EXISTING]: 'false' } }, taggers),
    // Others may keep a release, and only two may give one.
    deny(TAG, { StringLike: { [REQUESTED]: RELEASED }, StringNotLike: { [EXISTING]: RELEASED } }, [
      roleArn(props.releaseRole),
      ...reviewers,
    ]),
  ]);
}
