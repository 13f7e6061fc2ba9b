import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as msk from 'aws-cdk-lib/aws-msk';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { aws_s3tables as s3tables } from 'aws-cdk-lib/interfaces';
import type { Construct, IDependable } from 'constructs';
import type { IKafkaSchema, IKafkaSchemaRegistry } from '../topic';
import { allow } from './service-role';

/** What a channel to S3 takes the values of records for. */
export enum ChannelRecordFormat {
  /** Objects of JSON. */
  JSON = 'JSON',

  /** Text. */
  STRING = 'STRING',

  /** Bytes, written as they are. */
  BYTE_ARRAY = 'BYTE_ARRAY',
}

/** How a channel compresses objects in S3. */
export enum ChannelCompression {
  /** Not at all. */
  NONE = 'NONE',

  /** With gzip. */
  GZIP = 'GZIP',

  /** With Zstandard. */
  ZSTD = 'ZSTD',
}

/** The storage class of objects that a channel writes. */
export enum ChannelStorageClass {
  /** S3 Standard. */
  STANDARD = 'STANDARD',

  /** S3 Intelligent-Tiering. */
  INTELLIGENT_TIERING = 'INTELLIGENT_TIERING',

  /** S3 Glacier Instant Retrieval. */
  GLACIER_INSTANT_RETRIEVAL = 'GLACIER_IR',
}

/** How a channel compresses the files of a table. */
export enum TableCompression {
  /** With Zstandard. */
  ZSTD = 'ZSTD',

  /** With Snappy. */
  SNAPPY = 'SNAPPY',
}

/** Options of delivery to a bucket. Another value of any of them replaces the channel. */
export interface S3ChannelDestinationOptions {
  /** The bucket to write to. */
  readonly bucket: s3.IBucket;

  /**
   * What the values of records are.
   *
   * @default ChannelRecordFormat.JSON
   */
  readonly format?: ChannelRecordFormat;

  /**
   * What all keys begin with, for example `paid/`.
   *
   * @default - nothing
   */
  readonly prefix?: string;

  /**
   * How the keys go on, for example `!{topic-name}/!{yyyy}/!{MM}/!{dd}/!{HH}/!{partition-id}-!{sequence-number}`. Exactly
   * one of `!{sequence-number}` and `!{kafka-offset}` is in the last part, the latter together with `!{partition-id}`.
   *
   * @default - as the service sees fit
   */
  readonly keyTemplate?: string;

  /**
   * How objects are compressed.
   *
   * @default ChannelCompression.GZIP
   */
  readonly compression?: ChannelCompression;

  /**
   * Their storage class.
   *
   * @default ChannelStorageClass.STANDARD
   */
  readonly storageClass?: ChannelStorageClass;
}

/** What the records of a channel to a table are. All are JSON, and described by JSON Schema of draft 4 or 7. */
export class TableRecords {
  /** Plain JSON, that a schema describes. */
  public static json(schema: IKafkaSchema): TableRecords {
    return new TableRecords('JSON', schema.registry, schema);
  }

  /** JSON written by the serializer of AWS Glue: each record names its schema. */
  public static registered(registry: IKafkaSchemaRegistry): TableRecords {
    return new TableRecords('JSON_SCHEMA_GSR', registry);
  }

  private constructor(
    /** @internal */
    public readonly _converter: string,
    /** @internal */
    public readonly _registry: IKafkaSchemaRegistry,
    /** @internal */
    public readonly _schema?: IKafkaSchema,
  ) {}
}

/**
 * Options of delivery to a table. Another value of any of them replaces the channel, and the new one needs a table of
 * another name: it makes its table itself.
 */
export interface IcebergChannelDestinationOptions {
  /** The table bucket, in the Region of the cluster and integrated with the analytics services of AWS. */
  readonly tableBucket: s3tables.ITableBucketRef;

  /** The database of the table, a namespace of the table bucket. It is made if it is not there. */
  readonly databaseName: string;

  /** The table. It must not be there yet: the channel makes it. */
  readonly tableName: string;

  /** What the records are. */
  readonly records: TableRecords;

  /**
   * The field by which the table is partitioned, an hour at a time; its schema says `"format": "date-time"`.
   *
   * @default - not partitioned
   */
  readonly partitionedBy?: string;

  /**
   * How files are compressed.
   *
   * @default TableCompression.ZSTD
   */
  readonly compression?: TableCompression;

  /**
   * The key of the table bucket, where it is yours. Its policy has to trust the policies of its account.
   *
   * @default - none
   */
  readonly tableKey?: kms.IKey;
}

/**
 * Where a channel delivers to.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-data-delivery.html
 */
export abstract class ChannelDestination {
  /** Objects in a bucket of S3. */
  public static s3(options: S3ChannelDestinationOptions): ChannelDestination {
    return new S3Destination(options);
  }

  /** A table of Apache Iceberg in S3 Tables, to which rows are only ever added. */
  public static iceberg(options: IcebergChannelDestinationOptions): ChannelDestination {
    return new IcebergDestination(options);
  }

  /**
   * Grants what the role needs and says what the service is told.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, channel: ChannelContext): BoundDestination;
}

/** What a destination has to know of its channel. */
export interface ChannelContext {
  readonly grantee: iam.IGrantable;
  readonly roleArn: string;
  readonly deadLetters: msk.CfnChannel.DeadLetterQueueS3Property;
  readonly freshness: Duration;
}

/** What a channel is told of its destination. */
export interface BoundDestination {
  readonly converter: string;
  readonly schema?: IKafkaSchema;
  readonly s3?: msk.CfnChannel.S3DestinationConfigurationProperty;
  readonly iceberg?: msk.CfnChannel.IcebergDestinationConfigurationProperty;
  readonly grants: iam.Grant[];
  readonly before: IDependable[];

  /** The name of the metric that says how old data is when it arrives. */
  readonly freshnessMetric: string;
}

class S3Destination extends ChannelDestination {
  constructor(private readonly options: S3ChannelDestinationOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, roleArn, deadLetters, freshness }: ChannelContext): BoundDestination {
    const { bucket, prefix, keyTemplate, compression, storageClass, format } = this.options;
    return {
      converter: format ?? ChannelRecordFormat.JSON,
      s3: {
        serviceExecutionRoleArn: roleArn,
        dataFreshnessInSeconds: freshness.toSeconds(),
        deadLetterQueueS3: deadLetters,
        storage: {
          bucketArn: bucket.bucketArn,
          outputPrefix: prefix,
          outputKeyTemplate: keyTemplate,
          compressionType: compression ?? ChannelCompression.GZIP,
          storageClass: storageClass ?? ChannelStorageClass.STANDARD,
        },
      },
      grants: grantDelivery(scope, grantee, bucket, prefix),
      before: [bucket],
      freshnessMetric: 'DeliveryToS3.DataFreshness',
    };
  }
}

class IcebergDestination extends ChannelDestination {
  constructor(private readonly options: IcebergChannelDestinationOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { grantee, roleArn, deadLetters, freshness }: ChannelContext): BoundDestination {
    const { tableBucket, databaseName, tableName, records, partitionedBy, compression } = this.options;
    const bucketArn = tableBucket.tableBucketRef.tableBucketArn;
    const schema = records._schema;
    return {
      converter: records._converter,
      schema,
      iceberg: {
        serviceExecutionRoleArn: roleArn,
        dataFreshnessInSeconds: freshness.toSeconds(),
        deadLetterQueueS3: deadLetters,
        // The service knows nothing else yet, and asks for all of it.
        appendOnly: true,
        schemaEvolution: { enableSchemaEvolution: false },
        tableCreation: { enableTableCreation: true },
        catalog: { catalogArn: catalogArn(scope, bucketArn), warehouseLocation: bucketArn },
        compressionType: compression ?? TableCompression.ZSTD,
        destinationTableList: [
          {
            destinationDatabaseName: databaseName,
            destinationTableName: tableName,
            partitionSpec:
              partitionedBy === undefined
                ? undefined
                : { partitionStrategy: 'TIME_HOUR', sourceList: [{ sourceName: partitionedBy }] },
          },
        ],
      },
      grants: [...this.grantTable(scope, grantee, bucketArn), (schema ?? records._registry).grants.read(grantee)],
      before: [tableBucket, schema ?? records._registry],
      freshnessMetric: 'DeliveryToIceberg.DataFreshness',
    };
  }

  /** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-data-delivery-iceberg-iam-service-role.html */
  private grantTable(scope: Construct, grantee: iam.IGrantable, bucketArn: string): iam.Grant[] {
    const key = this.options.tableKey;
    const table = allow(
      grantee,
      [
        's3tables:CreateNamespace',
        's3tables:CreateTable',
        's3tables:GetTable',
        's3tables:GetTableBucket',
        's3tables:GetTableData',
        's3tables:GetTableMetadataLocation',
        's3tables:PutTableData',
        ...(key ? ['s3tables:PutTableEncryption'] : []),
        's3tables:PutTableRecordExpirationConfiguration',
        's3tables:TagResource',
        's3tables:UpdateTableMetadataLocation',
      ],
      // The ARN of a table has an id that exists once the channel has made it.
      [bucketArn, `${bucketArn}/table/*`],
    );
    return key ? [table, grantKey(scope, grantee, key, 's3tables')] : [table];
  }
}

/** `arn:PARTITION:glue:REGION:ACCOUNT:catalog/s3tablescatalog/BUCKET` of `arn:…:bucket/BUCKET`. */
function catalogArn(scope: Construct, tableBucketArn: string): string {
  return Stack.of(scope).formatArn({
    service: 'glue',
    region: Fn.select(3, Fn.split(':', tableBucketArn)),
    account: Fn.select(4, Fn.split(':', tableBucketArn)),
    resource: 'catalog',
    resourceName: `s3tablescatalog/${Fn.select(1, Fn.split('/', tableBucketArn))}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/**
 * Rights to write objects with a prefix; parts of uploads count as `s3:PutObject`.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-data-delivery-s3-iam-service-role.html
 */
export function grantDelivery(scope: Construct, grantee: iam.IGrantable, bucket: s3.IBucket, prefix = ''): iam.Grant[] {
  const grants = [
    allow(grantee, ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket.bucketArn]),
    allow(grantee, ['s3:ListMultipartUploadParts', 's3:PutObject'], [bucket.arnForObjects(`${prefix}*`)]),
  ];
  // With an S3 Bucket Key the context is the bucket, otherwise the object.
  const context = [bucket.bucketArn, bucket.arnForObjects('*')];
  return bucket.encryptionKey
    ? [
        ...grants,
        grantKey(scope, grantee, bucket.encryptionKey, 's3', {
          StringLike: { 'kms:EncryptionContext:aws:s3:arn': context },
        }),
      ]
    : grants;
}

/** Rights to use a key through one service only; keys of the CDK trust the policies of their account. */
function grantKey(
  scope: Construct,
  grantee: iam.IGrantable,
  key: kms.IKey,
  service: string,
  more: Record<string, Record<string, unknown>> = {},
): iam.Grant {
  const { region, urlSuffix } = Stack.of(scope);
  return allow(grantee, ['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn], {
    StringEquals: { 'kms:ViaService': `${service}.${region}.${urlSuffix}` },
    ...more,
  });
}
