import { Lazy, Token, Validations } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IAllowList } from './allow-list';
import type { ICustomDataIdentifier } from './custom-data-identifier';
import { exclusionsFor } from './excluded-buckets';
import type { ManagedDataIdentifier } from './managed-data-identifier';
import type { MacieSettingOptions } from './macie-setting-options';
import { SettingResource } from './setting-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { requireOnly } from '../private/singleton';

/** Whether Macie looks through all buckets by itself. */
export enum AutomatedDiscoveryStatus {
  /** It does, at its price. */
  ENABLED = 'ENABLED',

  /** It does not; what it had learned of the buckets is gone for you at once. */
  DISABLED = 'DISABLED',

  /** As it is: the service, the console or the organization decides. */
  UNMANAGED = 'UNMANAGED',
}

/** How Macie looks through all buckets by itself. */
export interface AutomatedDiscoveryProps extends MacieSettingOptions {
  /**
   * Whether it does.
   *
   * Where somebody has decided otherwise before, it takes `takeOver`.
   *
   * @default AutomatedDiscoveryStatus.UNMANAGED
   */
  readonly status?: AutomatedDiscoveryStatus;

  /**
   * Buckets to leave out, besides those of `excludedBucketNames` and those that others leave out.
   *
   * @default - none
   */
  readonly excludedBuckets?: s3.IBucketRef[];

  /**
   * Names of existing buckets of the Region to leave out; up to 1,000 in all, whoever leaves them out.
   *
   * @default - none
   */
  readonly excludedBucketNames?: string[];

  /**
   * What to look for besides what Macie looks for by itself.
   *
   * @default - nothing
   * @see https://docs.aws.amazon.com/macie/latest/user/discovery-asdd-settings-defaults.html
   */
  readonly managedDataIdentifiers?: ManagedDataIdentifier[];

  /**
   * What not to look for.
   *
   * @default - nothing
   */
  readonly excludedManagedDataIdentifiers?: ManagedDataIdentifier[];

  /**
   * Data of your own to look for.
   *
   * @default - none
   */
  readonly customDataIdentifiers?: ICustomDataIdentifier[];

  /**
   * Texts to pass over.
   *
   * @default - none
   */
  readonly allowLists?: IAllowList[];
}

/** @see https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html */
const MOST_BUCKETS = 1_000;

/**
 * Automated sensitive data discovery: Macie samples objects of all buckets that it can read, day by day.
 *
 * Buckets that the library makes to write to, such as that of `DiscoveryResultsExport`, are left out.
 *
 * Only a standalone account or the administrator of an organization may say how. What is left out and looked for is
 * added to what others have put there, and taken back when the construct goes by `RemovalPolicy.DESTROY`; the status
 * stays.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-asdd.html
 */
@injectable
export class AutomatedDiscovery extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.AutomatedDiscovery';

  constructor(scope: Construct, id: string, props: AutomatedDiscoveryProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-DISCOVERY-SINGLE',
      'the automated discovery of one account and Region',
      (other) => other instanceof AutomatedDiscovery,
    );
    const excludedBuckets = [
      ...(props.excludedBuckets ?? []).map(({ bucketRef }) => bucketRef.bucketName),
      ...(props.excludedBucketNames ?? []),
    ];
    requireBuckets(this, excludedBuckets);
    requireNoContradiction(this, props);

    const status = props.status === AutomatedDiscoveryStatus.UNMANAGED ? undefined : props.status;
    const ids = (identifiers: ManagedDataIdentifier[] = []) => identifiers.map((identifier) => identifier.id);
    new SettingResource(this, 'Resource', {
      ...props,
      kind: 'AutomatedDiscovery',
      value: {
        status,
        excludedBuckets,
        libraryBuckets: Lazy.any({ produce: () => exclusionsFor(this).bucketNames }),
        template: {
          includes: {
            managedDataIdentifierIds: ids(props.managedDataIdentifiers),
            customDataIdentifierIds: (props.customDataIdentifiers ?? []).map((one) => one.customDataIdentifierId),
            allowListIds: (props.allowLists ?? []).map((one) => one.allowListId),
          },
          excludes: { managedDataIdentifierIds: ids(props.excludedManagedDataIdentifiers) },
        },
      },
      actions: [
        'macie2:GetAutomatedDiscoveryConfiguration',
        'macie2:GetClassificationScope',
        'macie2:GetSensitivityInspectionTemplate',
        // What an earlier version of the construct has added has to be taken back, even if this one adds nothing.
        'macie2:UpdateClassificationScope',
        'macie2:UpdateSensitivityInspectionTemplate',
        ...(status ? ['macie2:UpdateAutomatedDiscoveryConfiguration'] : []),
      ],
    });
    this.node.addValidation({ validate: () => warnOfUnnamed(this) });
  }
}

function warnOfUnnamed(discovery: AutomatedDiscovery): string[] {
  const { unnamed } = exclusionsFor(discovery);
  if (unnamed.length > 0) {
    Validations.of(discovery).addWarning(
      'cdk-msk-macie:MACIE-DISCOVERY-EXCLUSION',
      `buckets of other stacks can not be left out by themselves: ${unnamed.join(', ')}; ` +
        'name them in excludedBuckets, or acknowledge this warning',
    );
  }
  return [];
}

function requireBuckets(scope: Construct, names: string[]): void {
  if (names.length > MOST_BUCKETS) {
    throw validationError(
      'MACIE-DISCOVERY-BUCKETS',
      `${names.length} buckets are left out; up to ${MOST_BUCKETS} are allowed`,
      scope,
    );
  }
  const wrong = names.find((name) => !Token.isUnresolved(name) && !/^[A-Za-z0-9.\-_]{3,255}$/.test(name));
  if (wrong === undefined) return;
  throw validationError(
    'MACIE-DISCOVERY-BUCKETS',
    `'${wrong}' is not the whole name of a bucket; there are no wildcards`,
    scope,
  );
}

function requireNoContradiction(scope: Construct, props: AutomatedDiscoveryProps): void {
  const excluded = props.excludedManagedDataIdentifiers ?? [];
  const both = props.managedDataIdentifiers?.find(({ id }) => excluded.some((other) => other.id === id));
  if (!both) return;
  throw validationError('MACIE-DISCOVERY-IDENTIFIERS', `${both.id} is both looked for and not looked for`, scope);
}
