import { Token } from 'aws-cdk-lib';
import type { CfnFindingsFilter } from 'aws-cdk-lib/aws-macie';
import { FindingCondition } from './finding-criteria';
import { validationError } from '../private/errors';

/** What the values of a field are. */
type Kind = 'text' | 'number' | 'time' | 'boolean';

/**
 * A field of a finding that criteria can be about.
 *
 * Values are compared whole and in exactly this case; there are no wildcards.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-filter-fields.html
 */
export class FindingField {
  /** The account that owns the bucket. */
  public static readonly ACCOUNT_ID = FindingField.broad('accountId');

  /** Whether the finding is archived. */
  public static readonly ARCHIVED = FindingField.broad('archived', 'boolean');

  /** Sensitive data in an object, or a bucket that became less safe: see `FindingCategory`. */
  public static readonly CATEGORY = FindingField.broad('category');

  /** How often the finding has occurred. */
  public static readonly COUNT = FindingField.broad('count', 'number');

  /** When the finding was made. */
  public static readonly CREATED_AT = FindingField.broad('createdAt', 'time');

  /** The ID of the finding. */
  public static readonly ID = FindingField.text('id');

  /** The Region of the finding. */
  public static readonly REGION = FindingField.broad('region');

  /** Whether it is a sample finding. */
  public static readonly SAMPLE = new FindingField('sample', 'boolean', true);

  /** The severity in words: see `FindingSeverity`. */
  public static readonly SEVERITY = FindingField.broad('severity.description');

  /** The type: see `FindingType`. */
  public static readonly TYPE = FindingField.broad('type');

  /** When the finding last occurred. */
  public static readonly UPDATED_AT = FindingField.broad('updatedAt', 'time');

  /** The name of the bucket. */
  public static readonly BUCKET_NAME = FindingField.text('resourcesAffected.s3Bucket.name');

  /** The name that the owner of the bucket is displayed by. */
  public static readonly BUCKET_OWNER = FindingField.broad('resourcesAffected.s3Bucket.owner.displayName');

  /** Whether the bucket is public: `PUBLIC`, `NOT_PUBLIC` or `UNKNOWN`. */
  public static readonly BUCKET_PUBLIC_ACCESS = FindingField.broad(
    'resourcesAffected.s3Bucket.publicAccess.effectivePermission',
  );

  /** The keys of the tags of the bucket. */
  public static readonly BUCKET_TAG_KEY = FindingField.text('resourcesAffected.s3Bucket.tags.key');

  /** The values of the tags of the bucket, of whichever key. */
  public static readonly BUCKET_TAG_VALUE = FindingField.text('resourcesAffected.s3Bucket.tags.value');

  /** The extension of the object, without dot. */
  public static readonly OBJECT_EXTENSION = FindingField.text('resourcesAffected.s3Object.extension');

  /** The key of the object. */
  public static readonly OBJECT_KEY = FindingField.text('resourcesAffected.s3Object.key');

  /** When the object last changed. */
  public static readonly OBJECT_LAST_MODIFIED = FindingField.broad('resourcesAffected.s3Object.lastModified', 'time');

  /** The bucket and the key of the object, with a slash in between. */
  public static readonly OBJECT_PATH = FindingField.text('resourcesAffected.s3Object.path');

  /** Whether the object is public. */
  public static readonly OBJECT_PUBLIC_ACCESS = FindingField.broad(
    'resourcesAffected.s3Object.publicAccess',
    'boolean',
  );

  /** The keys of the tags of the object. */
  public static readonly OBJECT_TAG_KEY = FindingField.text('resourcesAffected.s3Object.tags.key');

  /** The values of the tags of the object, of whichever key. */
  public static readonly OBJECT_TAG_VALUE = FindingField.text('resourcesAffected.s3Object.tags.value');

  /** The ID of the classification job. */
  public static readonly JOB_ID = FindingField.text('classificationDetails.jobId');

  /** Whether a job or automated discovery found it. */
  public static readonly ORIGIN = FindingField.broad('classificationDetails.originType');

  /** The media type of the object. */
  public static readonly MIME_TYPE = FindingField.broad('classificationDetails.result.mimeType');

  /** How many bytes of the object were read. */
  public static readonly SIZE_CLASSIFIED = FindingField.broad('classificationDetails.result.sizeClassified', 'number');

  /** Whether the object was read to its end: `COMPLETE`, `PARTIAL` or `SKIPPED`. */
  public static readonly RESULT_STATUS = FindingField.broad('classificationDetails.result.status.code');

  /** The kinds of sensitive data in the object. */
  public static readonly SENSITIVE_DATA_CATEGORY = FindingField.broad(
    'classificationDetails.result.sensitiveData.category',
  );

  /** The IDs of the managed data identifiers that found something. */
  public static readonly MANAGED_DATA_IDENTIFIER = FindingField.text(
    'classificationDetails.result.sensitiveData.detections.type',
  );

  /** How often a managed data identifier found something. */
  public static readonly MANAGED_DATA_IDENTIFIER_COUNT = FindingField.broad(
    'classificationDetails.result.sensitiveData.detections.count',
    'number',
  );

  /** The ARNs of the custom data identifiers that found something. */
  public static readonly CUSTOM_DATA_IDENTIFIER_ARN = FindingField.text(
    'classificationDetails.result.customDataIdentifiers.detections.arn',
  );

  /** The names of the custom data identifiers that found something. */
  public static readonly CUSTOM_DATA_IDENTIFIER_NAME = FindingField.text(
    'classificationDetails.result.customDataIdentifiers.detections.name',
  );

  /** How often a custom data identifier found something. */
  public static readonly CUSTOM_DATA_IDENTIFIER_COUNT = FindingField.broad(
    'classificationDetails.result.customDataIdentifiers.detections.count',
    'number',
  );

  /**
   * A field with texts that this version of the library has no name for.
   *
   * @param path as Macie writes it, for example `policyDetails.action.apiCallDetails.api`
   */
  public static text(path: string): FindingField {
    return new FindingField(path, 'text', true);
  }

  private static broad(path: string, kind: Kind = 'text'): FindingField {
    return new FindingField(path, kind, false);
  }

  private constructor(
    /** The path as Macie writes it. */
    public readonly path: string,

    private readonly kind: Kind,

    /** Whether a value of it says which data is meant; a severity, a type or a date of findings is met by all kinds of data. */
    public readonly narrows: boolean,
  ) {}

  /** It is one of up to 50 values: whole texts, in exactly this case. */
  public isOneOf(...values: string[]): FindingCondition {
    return this.condition('isOneOf', ['text'], { eq: values });
  }

  /** It is none of up to 50 values. */
  public isNoneOf(...values: string[]): FindingCondition {
    return this.condition('isNoneOf', ['text'], { neq: values });
  }

  /** It is true. */
  public isTrue(): FindingCondition {
    return this.condition('isTrue', ['boolean'], { eq: ['true'] });
  }

  /** It is false. */
  public isFalse(): FindingCondition {
    return this.condition('isFalse', ['boolean'], { eq: ['false'] });
  }

  /** It is this number or more. */
  public atLeast(value: number): FindingCondition {
    return this.condition('atLeast', ['number'], { gte: value });
  }

  /** It is this number or less. */
  public atMost(value: number): FindingCondition {
    return this.condition('atMost', ['number'], { lte: value });
  }

  /** It is one of these numbers or between them. */
  public between(lowest: number, highest: number): FindingCondition {
    return this.condition('between', ['number'], { gte: lowest, lte: highest });
  }

  /**
   * It is this time or later.
   *
   * @param time in ISO 8601, for example `2026-01-31T00:00:00Z`
   */
  public since(time: string): FindingCondition {
    return this.condition('since', ['time'], { gte: this.milliseconds(time) });
  }

  /**
   * It is before this time.
   *
   * @param time in ISO 8601, for example `2026-01-31T00:00:00Z`
   */
  public before(time: string): FindingCondition {
    return this.condition('before', ['time'], { lt: this.milliseconds(time) });
  }

  private condition(
    name: string,
    kinds: Kind[],
    operators: CfnFindingsFilter.CriterionAdditionalPropertiesProperty,
  ): FindingCondition {
    if (kinds.includes(this.kind)) return FindingCondition.of(this, operators);
    throw validationError('FindingCriteria', `${this.path} is a ${this.kind}, which ${name} is not for`);
  }

  private milliseconds(time: string): number {
    const at = Date.parse(time);
    if (!Token.isUnresolved(time) && !Number.isNaN(at) && /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:?\d\d))?$/.test(time))
      return at;
    throw validationError('FindingCriteria', `'${time}' is no time such as 2026-01-31T00:00:00Z`);
  }
}
