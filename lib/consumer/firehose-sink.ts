import { Duration, Size, Stack } from 'aws-cdk-lib';
import type * as glue from 'aws-cdk-lib/aws-glue';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { allow } from '../connect/service-role';

/** How objects are compressed. */
export enum FirehoseCompression {
  /** Not at all. */
  NONE = 'UNCOMPRESSED',

  /** Gzip, which every reader of files knows. */
  GZIP = 'GZIP',

  /** Zip. */
  ZIP = 'ZIP',
}

/** What all sinks of Amazon Data Firehose share. */
export interface FirehoseSinkOptions {
  /**
   * What the keys of records begin with that could not be delivered. The kind of the error and the day follow.
   *
   * @default errors/
   */
  readonly errorPrefix?: string;

  /**
   * How long records are gathered for one object, 60 to 900 seconds.
   *
   * @default Duration.minutes(5)
   */
  readonly bufferInterval?: Duration;

  /**
   * How much is gathered for one object, 1 to 128 MiB.
   *
   * @default Size.mebibytes(64)
   */
  readonly bufferSize?: Size;

  /**
   * A function that changes records on the way, up to 6 MB at once.
   *
   * @default - records are delivered as they are
   * @see https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
   */
  readonly transform?: lambda.IFunction;
}

/** Options of objects in a bucket. */
export interface S3FirehoseSinkOptions extends FirehoseSinkOptions {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /**
   * What keys begin with, up to the day that is added: `paid/` becomes `paid/day=2026-01-31/`, by the time at which
   * Firehose got the record, in UTC. Tables of Athena and Glue know `day` as a partition then.
   *
   * @default - the day alone
   */
  readonly prefix?: string;

  /**
   * How objects are compressed.
   *
   * @default FirehoseCompression.GZIP
   */
  readonly compression?: FirehoseCompression;

  /**
   * How objects are named at their end: readers go by it.
   *
   * @default - `.json`, `.json.gz` or `.json.zip`, after the compression
   */
  readonly fileExtension?: string;

  /**
   * Whether each record ends with a new line: without, JSON objects stand in a row that most readers take for one.
   *
   * @default true
   */
  readonly newLines?: boolean;
}

/** Options of a table. */
export interface IcebergFirehoseSinkOptions extends FirehoseSinkOptions {
  /** The database of the table, in the Glue Data Catalog. */
  readonly database: glue.IDatabase;

  /** The name of the table, which has to exist. Records are JSON objects with its columns for fields. */
  readonly tableName: string;

  /** The bucket that holds the table, and what could not be written. */
  readonly bucket: s3.IBucket;

  /**
   * The columns that tell rows apart: a record with the values of a row replaces it.
   *
   * @default - records are appended
   */
  readonly uniqueKeys?: string[];
}

/**
 * Where Amazon Data Firehose delivers to.
 *
 * Only the value of a record is delivered, byte for byte: key and headers are not.
 */
export abstract class FirehoseSink {
  /** Objects in a bucket, a record on each line, in a folder for each day. */
  public static s3(options: S3FirehoseSinkOptions): FirehoseSink {
    return new S3Sink(options);
  }

  /**
   * A table of Apache Iceberg. Serverless clusters are no source for it.
   *
   * @see https://docs.aws.amazon.com/firehose/latest/dev/apache-iceberg-destination.html
   */
  public static iceberg(options: IcebergFirehoseSinkOptions): FirehoseSink {
    return new IcebergSink(options);
  }

  /** @internal */
  public abstract readonly _metricPrefix: string;

  /** @internal */
  public readonly _needsProvisioned: boolean = false;

  /** @internal */
  public abstract _bind(scope: Construct, source: FirehoseSinkSource): BoundFirehoseSink;
}

/** Who delivers. */
export interface FirehoseSinkSource {
  readonly grantee: iam.IGrantable;
  readonly roleArn: string;
  readonly logging: CfnDeliveryStream.CloudWatchLoggingOptionsProperty;
}

/** One or the other destination of a stream. */
export interface BoundFirehoseSink {
  readonly extendedS3DestinationConfiguration?: CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty;
  readonly icebergDestinationConfiguration?: CfnDeliveryStream.IcebergDestinationConfigurationProperty;
}

const EXTENSIONS: Record<FirehoseCompression, string> = {
  [FirehoseCompression.NONE]: '.json',
  [FirehoseCompression.GZIP]: '.json.gz',
  [FirehoseCompression.ZIP]: '.json.zip',
};

class S3Sink extends FirehoseSink {
  public readonly _metricPrefix = 'DeliveryToS3';

  constructor(private readonly options: S3FirehoseSinkOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, roleArn, logging }: FirehoseSinkSource): BoundFirehoseSink {
    const { bucket, prefix = '', transform, newLines = true, compression = FirehoseCompression.GZIP } = this.options;
    grantObjects(scope, grantee, bucket);
    return {
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn,
        prefix: `${prefix}day=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: errorPrefix(this.options),
        bufferingHints: buffering(this.options),
        compressionFormat: compression,
        fileExtension: this.options.fileExtension ?? EXTENSIONS[compression],
        processingConfiguration: processing(grantee, transform, newLines),
        cloudWatchLoggingOptions: logging,
      },
    };
  }
}

class IcebergSink extends FirehoseSink {
  public readonly _metricPrefix = 'DeliveryToIceberg';
  public override readonly _needsProvisioned = true;

  constructor(private readonly options: IcebergFirehoseSinkOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, roleArn, logging }: FirehoseSinkSource): BoundFirehoseSink {
    const { bucket, database, tableName, uniqueKeys, transform } = this.options;
    grantObjects(scope, grantee, bucket, ['s3:GetObject', 's3:DeleteObject']);
    const catalogArn = Stack.of(scope).formatArn({ service: 'glue', resource: 'catalog' });
    const table = Stack.of(scope).formatArn({
      service: 'glue',
      resource: 'table',
      resourceName: `${database.databaseName}/${tableName}`,
    });
    allow(
      grantee,
      ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
      [catalogArn, database.databaseArn, table],
    );
    return {
      icebergDestinationConfiguration: {
        roleArn,
        catalogConfiguration: { catalogArn },
        appendOnly: uniqueKeys === undefined ? true : undefined,
        destinationTableConfigurationList: [
          { destinationDatabaseName: database.databaseName, destinationTableName: tableName, uniqueKeys },
        ],
        bufferingHints: buffering(this.options),
        processingConfiguration: processing(grantee, transform, false),
        cloudWatchLoggingOptions: logging,
        s3Configuration: {
          bucketArn: bucket.bucketArn,
          roleArn,
          errorOutputPrefix: errorPrefix(this.options),
          bufferingHints: buffering(this.options),
          cloudWatchLoggingOptions: logging,
        },
      },
    };
  }
}

function errorPrefix({ errorPrefix: prefix = 'errors/' }: FirehoseSinkOptions): string {
  return `${prefix}!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/`;
}

function buffering({ bufferInterval, bufferSize }: FirehoseSinkOptions): CfnDeliveryStream.BufferingHintsProperty {
  return {
    intervalInSeconds: (bufferInterval ?? Duration.minutes(5)).toSeconds(),
    sizeInMBs: (bufferSize ?? Size.mebibytes(64)).toMebibytes(),
  };
}

function processing(
  grantee: iam.IGrantable,
  transform: lambda.IFunction | undefined,
  newLines: boolean,
): CfnDeliveryStream.ProcessingConfigurationProperty | undefined {
  const processors: CfnDeliveryStream.ProcessorProperty[] = [];
  if (transform) {
    allow(grantee, ['lambda:InvokeFunction'], [transform.functionArn, `${transform.functionArn}:*`]);
    processors.push({
      type: 'Lambda',
      parameters: [{ parameterName: 'LambdaArn', parameterValue: transform.functionArn }],
    });
  }
  if (newLines) {
    processors.push({
      type: 'AppendDelimiterToRecord',
      parameters: [{ parameterName: 'Delimiter', parameterValue: '\\n' }],
    });
  }
  return processors.length ? { enabled: true, processors } : undefined;
}

/** @see https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3 */
function grantObjects(scope: Construct, grantee: iam.IGrantable, bucket: s3.IBucket, more: string[] = []): void {
  allow(grantee, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket.bucketArn]);
  allow(grantee, ['s3:AbortMultipartUpload', 's3:PutObject', ...more], [bucket.arnForObjects('*')]);
  if (bucket.encryptionKey) {
    const { region, urlSuffix } = Stack.of(scope);
    allow(grantee, ['kms:Decrypt', 'kms:GenerateDataKey'], [bucket.encryptionKey.keyArn], {
      StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` },
    });
  }
}
