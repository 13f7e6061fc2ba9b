import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { addToPolicyOf } from '../../private/resource-policy';
import { macieServiceRoleArn } from '../../private/macie-service-role';
import { ResponseAction } from './response-step';
import type { CopyOptions } from './response-step';

/** Rules of responses are named so, which is how the queue of a hub knows them without knowing their stacks. */
export const RESPONSE_RULE_PREFIX = 'macie-response-';

/** The tag by which the policies of buckets know what nobody may read. */
const RESTRICTED = 's3:ExistingObjectTag/macie-response:restricted';

interface Rights {
  readonly look: string[];
  readonly make: string[];
}

const OBJECT_TAGS = {
  look: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  make: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'],
};
const LIST = { look: ['s3:ListBucket'], make: [] };
const WRITE = ['s3:AbortMultipartUpload', 's3:PutObject', 's3:PutObjectTagging'];
const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const KEY_USE = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What an action may do to buckets and objects; in a dry run it only looks. */
const RIGHTS: Partial<Record<ResponseAction, { readonly bucket: Rights; readonly object?: Rights }>> = {
  [ResponseAction.RESTRICT]: { bucket: LIST, object: OBJECT_TAGS },
  [ResponseAction.TAG]: { bucket: LIST, object: OBJECT_TAGS },
  [ResponseAction.TAG_BUCKET]: { bucket: { look: ['s3:GetBucketTagging'], make: ['s3:PutBucketTagging'] } },
  [ResponseAction.BLOCK_PUBLIC_ACCESS]: {
    bucket: { look: ['s3:GetBucketPublicAccessBlock'], make: ['s3:PutBucketPublicAccessBlock'] },
  },
  [ResponseAction.COPY]: { bucket: LIST, object: { look: READ, make: OBJECT_TAGS.look } },
  [ResponseAction.MOVE]: {
    bucket: { look: ['s3:GetBucketVersioning', 's3:ListBucket'], make: [] },
    object: {
      look: [...READ, 's3:GetObjectLegalHold', 's3:GetObjectRetention'],
      make: [...OBJECT_TAGS.look, 's3:DeleteObject', ...WRITE],
    },
  },
};

/** What copies and moves do in the quarantine; a move comes back from there. */
const QUARANTINE: Partial<Record<ResponseAction, string[]>> = {
  [ResponseAction.COPY]: ['s3:GetObject', 's3:DeleteObject', ...WRITE],
  [ResponseAction.MOVE]: ['s3:GetObject', 's3:GetObjectTagging', ...WRITE],
};

export interface ActionScope {
  readonly action: ResponseAction;
  readonly bucketArns: string[];
  readonly changing: boolean;

  /** The owner of the buckets: a name with a wildcard, or one that was given up, may be somebody else's. */
  readonly account: string;

  /** @default - all objects */
  readonly prefixes?: string[];
}

export function actionStatements({ action, bucketArns: arns, changing, account, prefixes = [''] }: ActionScope) {
  const rights = RIGHTS[action];
  const objects = arns.flatMap((arn) => prefixes.map((prefix) => `${arn}/${prefix}*`));
  return [...allowed(rights?.bucket, changing, arns, account), ...allowed(rights?.object, changing, objects, account)];
}

function allowed(rights: Rights | undefined, changing: boolean, resources: string[], account: string) {
  const actions = [...(rights?.look ?? []), ...(changing ? (rights?.make ?? []) : [])];
  if (actions.length === 0) return [];
  return [
    new iam.PolicyStatement({ actions, resources, conditions: { StringEquals: { 's3:ResourceAccount': account } } }),
  ];
}

/** What a copy or move may do in the quarantine, and with the keys of both sides. */
export function quarantineStatements(
  action: ResponseAction,
  { quarantine, encryptionKeys }: CopyOptions,
  buckets: s3.IBucketRef[],
  changing: boolean,
): iam.PolicyStatement[] {
  const keys = keyArns([quarantine, ...buckets], encryptionKeys);
  const statement = (actions: string[] | undefined, ...resources: string[]) =>
    resources.length > 0 ? [new iam.PolicyStatement({ actions, resources })] : [];
  return changing
    ? [
        ...statement(['s3:ListBucket'], quarantine.bucketArn),
        ...statement(QUARANTINE[action], quarantine.arnForObjects('*')),
        ...statement(KEY_USE, ...keys),
      ]
    : statement(['kms:Decrypt'], ...keys);
}

/** The same in the quarantine of another account, where each account has a folder. */
export function memberQuarantineStatements(
  action: ResponseAction,
  { bucketArn, account, keys }: { readonly bucketArn: string; readonly account: string; readonly keys: string[] },
): iam.PolicyStatement[] {
  const conditions = { StringEquals: { 's3:ResourceAccount': account } };
  return [
    new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn], conditions }),
    new iam.PolicyStatement({
      actions: QUARANTINE[action],
      resources: [`${bucketArn}/${Aws.ACCOUNT_ID}/*`],
      conditions,
    }),
    new iam.PolicyStatement({ actions: KEY_USE, resources: keys }),
  ];
}

/**
 * Lets the roles that members offer for an action use the quarantine, each in the folder of its account.
 *
 * They are known by name, so that neither side has to be there first.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
 */
export function admitMembers(
  scope: Construct,
  action: ResponseAction,
  quarantine: s3.IBucket,
  members: string[],
): void {
  const resourceName = memberRoleName(scope, action);
  const role = Stack.of(scope).formatArn({ service: 'iam', region: '', account: '*', resource: 'role', resourceName });
  const allow = (actions: string[], resource: string) =>
    new iam.PolicyStatement({
      principals: members.map((account) => new iam.AccountPrincipal(account)),
      actions,
      resources: [resource],
      conditions: { ArnLike: { 'aws:PrincipalArn': role } },
    });
  addToPolicyOf(scope, quarantine, [
    allow(['s3:ListBucket'], quarantine.bucketArn),
    allow(QUARANTINE[action] ?? [], quarantine.arnForObjects('${aws:PrincipalAccount}/*')),
  ]);
  if (quarantine.encryptionKey) addToPolicyOf(scope, quarantine.encryptionKey, [allow(KEY_USE, '*')]);
}

/** The keys that buckets are known to have, and others. */
export function keyArns(buckets: s3.IBucketRef[], others: kms.IKeyRef[] = []): string[] {
  const known = buckets.filter(isPolicyHolder).flatMap(({ encryptionKey }) => encryptionKey ?? []);
  return [...new Set([...known, ...others].map(({ keyRef }) => keyRef.keyArn))];
}

export function bucketArns(
  scope: IConstruct,
  { buckets = [], bucketNames = [] }: { readonly buckets?: s3.IBucketRef[]; readonly bucketNames?: string[] },
): string[] {
  const arn = (resource: string) =>
    Stack.of(scope).formatArn({
      service: 's3',
      region: '',
      account: '',
      resource,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
  return [...buckets.map(({ bucketRef }) => bucketRef.bucketArn), ...bucketNames.map(arn)];
}

/** Whether the CDK can add to the policy of a bucket. */
export function isPolicyHolder(bucket: s3.IBucketRef): bucket is s3.IBucket {
  return 'addToResourcePolicy' in bucket;
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
      [
        macieServiceRoleArn(scope),
        ...rolesOf(ResponseAction.COPY, ResponseAction.MOVE),
        ...readers.map(({ roleRef }) => roleRef.roleArn),
      ],
    ),
    deny(
      ['s3:PutObjectTagging', 's3:PutObjectVersionTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'],
      rolesOf(ResponseAction.RESTRICT, ResponseAction.TAG),
    ),
  ]);
}
