import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import {
  actionStatements,
  bucketArns,
  denyRestricted,
  isPolicyHolder,
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
    const { action, hubAccount, buckets = [], readers = [] } = props;
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
    });
    new iam.Policy(this, 'Policy', { roles: [this.role], statements });
    if (action !== ResponseAction.RESTRICT) return;
    for (const bucket of buckets) if (isPolicyHolder(bucket)) denyRestricted(this, bucket, readers);
  }
}

const OFFERED = [
  ResponseAction.RESTRICT,
  ResponseAction.TAG,
  ResponseAction.TAG_BUCKET,
  ResponseAction.BLOCK_PUBLIC_ACCESS,
];

function requireOffer(scope: Construct, { action, buckets = [], bucketNames = [] }: MemberResponseRoleProps): void {
  const problem = !OFFERED.includes(action)
    ? `${action} is not done in other accounts; use ${OFFERED.join(', ')}`
    : buckets.length + bucketNames.length === 0 &&
      'neither buckets nor bucketNames says which buckets it is for; name them';
  if (problem) throw validationError('MemberResponseRole', problem, scope);
}
