/**
 * The type of a Macie finding.
 *
 * One object with several kinds of sensitive data gives one finding of type `SENSITIVE_DATA_MULTIPLE`, so a type such
 * as `SENSITIVE_DATA_FINANCIAL` misses card numbers that lie beside names. Choose by `sensitiveData` to find them all.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-types.html
 */
export class FindingType {
  /** All bucket-level settings that block public access were turned off; severity high. */
  public static readonly POLICY_S3_BLOCK_PUBLIC_ACCESS_DISABLED = FindingType.of(
    'Policy:IAMUser/S3BlockPublicAccessDisabled',
  );

  /** The default encryption of a bucket was reset to that of Amazon S3; severity low. */
  public static readonly POLICY_S3_BUCKET_ENCRYPTION_DISABLED = FindingType.of(
    'Policy:IAMUser/S3BucketEncryptionDisabled',
  );

  /** Everybody, or every AWS account, may now access a bucket; severity high. */
  public static readonly POLICY_S3_BUCKET_PUBLIC = FindingType.of('Policy:IAMUser/S3BucketPublic');

  /** A bucket now replicates to an account outside of the organization; severity high. */
  public static readonly POLICY_S3_BUCKET_REPLICATED_EXTERNALLY = FindingType.of(
    'Policy:IAMUser/S3BucketReplicatedExternally',
  );

  /** An account outside of the organization may now access a bucket; severity high. */
  public static readonly POLICY_S3_BUCKET_SHARED_EXTERNALLY = FindingType.of('Policy:IAMUser/S3BucketSharedExternally');

  /** A CloudFront distribution may now access a bucket; severity medium. */
  public static readonly POLICY_S3_BUCKET_SHARED_WITH_CLOUDFRONT = FindingType.of(
    'Policy:IAMUser/S3BucketSharedWithCloudFront',
  );

  /** An object holds credentials and nothing else; severity high. */
  public static readonly SENSITIVE_DATA_CREDENTIALS = FindingType.of('SensitiveData:S3Object/Credentials');

  /** An object holds what a custom data identifier looks for and nothing else. */
  public static readonly SENSITIVE_DATA_CUSTOM_IDENTIFIER = FindingType.of('SensitiveData:S3Object/CustomIdentifier');

  /** An object holds financial information and nothing else. */
  public static readonly SENSITIVE_DATA_FINANCIAL = FindingType.of('SensitiveData:S3Object/Financial');

  /** An object holds more than one category of sensitive data. */
  public static readonly SENSITIVE_DATA_MULTIPLE = FindingType.of('SensitiveData:S3Object/Multiple');

  /** An object holds personal or health information and nothing else. */
  public static readonly SENSITIVE_DATA_PERSONAL = FindingType.of('SensitiveData:S3Object/Personal');

  /**
   * A type that this version of the library has no name for.
   *
   * @param value as Macie writes it, for example `Policy:IAMUser/S3BucketPublic`
   */
  public static of(value: string): FindingType {
    return new FindingType(value);
  }

  private constructor(
    /** The type as Macie writes it. */
    public readonly value: string,
  ) {}

  /** The type as Macie writes it. */
  public toString(): string {
    return this.value;
  }
}
