import { ArnFormat, Aws, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import {
  actionStatements,
  bucketArns,
  denyRestricted,
  isPolicyHolder,
  keyArns,
  memberQuarantineStatements,
  memberRoleName,
  roleNamePrefix,
} from './response-rights';
import { ResponseAction } from './response-step';

/** What an account lets the responses of another account do. */
export interface MemberResponseRoleProps {
  /** The account of the hub, by its twelve digits: that of Macie's administrator. */
  readonly hubAccount: string;

  /** What is allowed: one role for each action. */
  readonly action: ResponseAction;

  /**
   * Buckets of this account that it is allowed for, besides those of `bucketNames`.
   *
   * @default - none, so that `bucketNames` is needed
   */
  readonly buckets?: s3.IBucketRef[];

  /**
   * Names of buckets of this account that it is allowed for; `*` stands for any characters.
   *
   * @default - none, so that `buckets` is needed
   */
  readonly bucketNames?: string[];

  /**
   * Who may go on reading restricted objects of `buckets`.
   *
   * @default - nobody but Amazon Macie
   */
  readonly readers?: iam.IRoleRef[];

  /**
   * What the keys of objects that are copied or moved begin with; `''` stands for all objects of the buckets.
   *
   * Needed for `COPY` and `MOVE`, and for them only.
   *
   * @default - nothing is copied or moved
   */
  readonly prefixes?: string[];

  /**
   * The KMS keys that objects of the buckets are encrypted with, besides those that `buckets` are known to have.
   *
   * For `COPY` and `MOVE` only.
   *
   * @default - the keys of `buckets`
   */
  readonly encryptionKeys?: kms.IKeyRef[];

  /**
   * The ARN of the quarantine of the hub's account.
   *
   * Needed for `COPY` and `MOVE`, and for them only. The response lets this role in by the policy of the quarantine.
   *
   * @default - nothing is copied or moved
   */
  readonly quarantineBucketArn?: string;

  /**
   * The ARN of the KMS key of the quarantine.
   *
   * Needed for `COPY` and `MOVE`, and for them only. The response lets this role use it by the policy of the key.
   *
   * @default - nothing is copied or moved
   */
  readonly quarantineKeyArn?: string;
}

/**
 * Lets responses of Macie's administrator act on buckets of a member account: deploy it in the member account, in the
 * Region of the buckets.
 *
 * Its name is fixed by action and Region, so that responses know it. It can be assumed only by the roles that carry this
 * action out.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/accounts-mgmt-relationships.html
 */
@injectable
export class MemberResponseRole extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MemberResponseRole';

  /** The role that responses work with. */
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: MemberResponseRoleProps) {
    super(scope, id);
    const { action, hubAccount, buckets = [], readers = [], prefixes, encryptionKeys } = props;
    const { quarantineBucketArn, quarantineKeyArn } = props;
    requireOffer(this, props);
    const callers = Stack.of(this).formatArn({
      service: 'iam',
      region: '',
      account: hubAccount,
      resource: 'role',
      resourceName: `${roleNamePrefix(action)}*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    this.role = new iam.Role(this, 'Role', {
      roleName: memberRoleName(this, action),
      assumedBy: new iam.AccountPrincipal(hubAccount).withConditions({ ArnLike: { 'aws:PrincipalArn': callers } }),
    });
    const statements = actionStatements({
      action,
      bucketArns: bucketArns(this, props),
      changing: true,
      account: Aws.ACCOUNT_ID,
      prefixes,
    });
    if (quarantineBucketArn !== undefined && quarantineKeyArn !== undefined) {
      const keys = [...new Set([quarantineKeyArn, ...keyArns(buckets, encryptionKeys)])];
      statements.push(
        ...memberQuarantineStatements(action, { bucketArn: quarantineBucketArn, account: hubAccount, keys }),
      );
    }
    new iam.Policy(this, 'Policy', { roles: [this.role], statements });
    if (action !== ResponseAction.RESTRICT) return;
    for (const bucket of buckets) if (isPolicyHolder(bucket)) denyRestricted(this, bucket, readers);
  }
}

const COPYING = [ResponseAction.COPY, ResponseAction.MOVE];

/** In a policy of a role an alias stands for no key. */
const ARNS = {
  quarantineBucketArn: /^arn:[\w-]+:s3:::[^/*]+$/,
  quarantineKeyArn: /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
};

function requireOffer(scope: Construct, props: MemberResponseRoleProps): void {
  const { action, buckets = [], bucketNames = [], prefixes, quarantineBucketArn, quarantineKeyArn } = props;
  const needed = { prefixes, quarantineBucketArn, quarantineKeyArn };
  const copied = { ...needed, encryptionKeys: props.encryptionKeys };
  const isCopying = COPYING.includes(action);
  const missing = Object.entries(needed).flatMap(([name, value]) => (value?.length ? [] : [name]));
  const wrong = Object.entries(ARNS).flatMap(([name, form]) => {
    const arn = props[name as keyof typeof ARNS];
    return arn === undefined || Token.isUnresolved(arn) || form.test(arn) ? [] : [`${name} is ${arn}`];
  });
  const odd = Object.entries(copied).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const problem = [
    action === ResponseAction.APPROVAL && 'APPROVAL is not done in any account; name an action that changes something',
    buckets.length + bucketNames.length === 0 &&
      'neither buckets nor bucketNames says which buckets it is for; name them',
    isCopying && missing.length > 0 && `${action} needs ${missing.join(', ')}; name what is copied, and where to`,
    isCopying && wrong.length > 0 && `${wrong.join(', ')}; give the ARN of the bucket, and that of the key by its id`,
    !isCopying && odd.length > 0 && `${action} copies nothing, but has ${odd.join(', ')}; leave it out`,
  ].find((text) => text);
  if (problem) throw validationError('MemberResponseRole', problem, scope);
}
