import { Validations } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, Dependable } from 'constructs';
import type { IConstruct } from 'constructs';
import { MacieFindingEvents } from './macie-finding-events';
import { letMacieDecrypt } from './read-access';
import { checkAtSynth } from '../private/checks';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { MACIE, macieServiceRoleArn } from '../private/macie-service-role';
import { isSamePlace } from '../private/same-place';

/**
 * How often Macie publishes new occurrences of a finding about a bucket.
 *
 * New findings are published at once, whatever this is.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-frequency.html
 */
export enum FindingPublishingFrequency {
  /** Every quarter of an hour. */
  FIFTEEN_MINUTES = 'FIFTEEN_MINUTES',

  /** Every hour. */
  ONE_HOUR = 'ONE_HOUR',

  /** Every six hours. */
  SIX_HOURS = 'SIX_HOURS',
}

/**
 * Whether Macie works.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/suspend-macie.html
 */
export enum MacieSessionStatus {
  /** Macie works, at its price. */
  ENABLED = 'ENABLED',

  /** Macie does nothing and costs nothing, and all classification jobs of the account in the Region are cancelled. */
  PAUSED = 'PAUSED',
}

/** Macie, turned on in an account and Region. */
export interface IMacieSession extends IConstruct {
  /** The findings as events. */
  readonly findings: MacieFindingEvents;

  /**
   * The ARN of the role that Macie works with, for policies of buckets and keys that have to let it in.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/service-linked-roles.html
   */
  readonly serviceRoleArn: string;

  /**
   * Lets Macie read what a bucket's own KMS key encrypts: its role may use no key by itself, and what it can not decrypt
   * it skips.
   *
   * The policy of the key is extended, or a warning says what to add. A statement that denies reading stays: it has to
   * leave out `serviceRoleArn` itself.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-encryption-types.html
   * @see https://docs.aws.amazon.com/macie/latest/user/monitoring-restrictive-s3-buckets.html
   */
  admitTo(bucket: s3.IBucket): void;
}

/** How Macie works in the account and Region. */
export interface MacieSessionProps {
  /**
   * How often new occurrences of a finding about a bucket are published.
   *
   * @default - `FIFTEEN_MINUTES` where Macie is off so far; where it is on, what it is
   */
  readonly findingPublishingFrequency?: FindingPublishingFrequency;

  /**
   * Whether Macie works.
   *
   * @default - `ENABLED` where Macie is off so far; where it is on, what it is
   */
  readonly status?: MacieSessionStatus;
}

/**
 * Makes sure that Macie is on in the account and Region of the stack.
 *
 * An account has one session in a Region. Where Macie is off it is turned on; where the console, the organization or
 * another stack has turned it on, that session is adopted and changed only where a property says so.
 *
 * Macie is never turned off, neither when the session is removed nor with the stack: that would delete all findings,
 * jobs and identifiers of the account in the Region, for everybody. What stays costs what Macie costs; turn it off by
 * hand, or use `status` to pause it.
 *
 * `AWS::Macie::Session` fails where Macie is already on and turns it off when it is deleted, hence a custom resource.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/what-is-macie.html
 * @see https://docs.aws.amazon.com/macie/latest/user/disable-macie.html
 */
@injectable
export class MacieSession extends Construct implements IMacieSession {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.MacieSession';

  /** The session of the stack's account and Region, which something else has turned on; creates nothing. */
  public static fromAccount(scope: Construct, id: string): IMacieSession {
    return new AccountSession(scope, id);
  }

  public readonly findings: MacieFindingEvents;
  public readonly serviceRoleArn: string;

  constructor(scope: Construct, id: string, props: MacieSessionProps = {}) {
    super(scope, id);
    requireOnlySession(this);
    if (props.status === MacieSessionStatus.PAUSED) warnOfPause(this);

    const { resource } = new HandledResource(this, 'Resource', {
      handler: 'macie-session',
      resourceType: 'Custom::MacieSession',
      properties: { FindingPublishingFrequency: props.findingPublishingFrequency, Status: props.status },
      statements: statementsFor(this, props),
    });
    this.findings = MacieFindingEvents.fromSession(this);
    this.serviceRoleArn = resource.getAttString('ServiceRole');
    checkAtSynth(this, [{ resource: resource.node.defaultChild as CfnResource }]);
    // Rules for findings are children too; whoever needs Macie to be on must not have to wait for them.
    Dependable.implement(this, { dependencyRoots: [resource] });
  }

  public admitTo(bucket: s3.IBucket): void {
    admitMacie(this, bucket);
  }
}

/** A session that is none of ours. */
class AccountSession extends Construct implements IMacieSession {
  public readonly findings = MacieFindingEvents.fromSession(this);
  public readonly serviceRoleArn = macieServiceRoleArn(this);

  public admitTo(bucket: s3.IBucket): void {
    admitMacie(this, bucket);
  }
}

function admitMacie(session: IMacieSession, { encryptionKey }: s3.IBucket): void {
  if (encryptionKey) letMacieDecrypt(session, encryptionKey);
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmacie.html */
function statementsFor(session: MacieSession, props: MacieSessionProps): iam.PolicyStatement[] {
  const changes = props.findingPublishingFrequency ?? props.status;
  return [
    new iam.PolicyStatement({
      actions: ['macie2:EnableMacie', 'macie2:GetMacieSession', ...(changes ? ['macie2:UpdateMacieSession'] : [])],
      resources: ['*'], // there is no ARN for a session
    }),
    new iam.PolicyStatement({
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [macieServiceRoleArn(session)],
      conditions: { StringEquals: { 'iam:AWSServiceName': MACIE } },
    }),
  ];
}

function requireOnlySession(session: MacieSession): void {
  const other = session.node.root.node
    .findAll()
    .find((construct) => construct instanceof MacieSession && construct !== session && isSamePlace(construct, session));
  if (!other) return;
  throw validationError(
    'MACIE-SESSION-SINGLE',
    `${other.node.path} and ${session.node.path} are the session of one account and Region; ` +
      'pass the first one on, or use MacieSession.fromAccount for the second',
    session,
  );
}

function warnOfPause(session: MacieSession): void {
  Validations.of(session).addWarning(
    'cdk-msk-macie:MACIE-SESSION-PAUSED',
    'pausing Macie cancels all classification jobs of the account in this Region, for good, and stops all monitoring; ' +
      'acknowledge this warning if that is meant',
  );
}
