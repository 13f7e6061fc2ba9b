import { Stack, Token } from 'aws-cdk-lib';
import type * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';

/** Options of an Iceberg table. */
export interface IcebergSinkOptions {
  /** The database of the Glue Data Catalog. */
  readonly database: glue.IDatabase;

  /** The table. It is created with the first records; columns that the format gains are added to it. */
  readonly tableName: string;

  /** The bucket of its files. */
  readonly bucket: s3.IBucket;

  /**
   * Where in the bucket its files are.
   *
   * @default - the name of the table
   */
  readonly prefix?: string;
}

/** Options of dated folders of Parquet files. */
export interface ParquetSinkOptions {
  /** The bucket of the files. */
  readonly bucket: s3.IBucket;

  /** Where in the bucket the folders `dt=2026-01-31` are. */
  readonly prefix: string;
}

/** What a sink makes of itself in a job. */
export interface BoundSink {
  readonly arguments: Record<string, string>;
  readonly statements: iam.PolicyStatement[];
}

/** Where a job writes records to, each once. */
export abstract class GlueSink {
  /**
   * An Iceberg table of the Glue Data Catalog, partitioned by day.
   *
   * @see https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html
   */
  public static iceberg(options: IcebergSinkOptions): GlueSink {
    return new IcebergSink(options);
  }

  /** Parquet files in a folder for each day. */
  public static parquet(options: ParquetSinkOptions): GlueSink {
    return new ParquetSink(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct): BoundSink;
}

/** What the script calls the Glue Data Catalog. */
const CATALOG = 'glue_catalog';

class IcebergSink extends GlueSink {
  constructor(private readonly options: IcebergSinkOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): BoundSink {
    const { database, tableName, bucket } = this.options;
    const prefix = prefixOf(scope, this.options.prefix ?? tableName);
    const catalog = `spark.sql.catalog.${CATALOG}`;
    const conf = [
      'spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
      `${catalog}=org.apache.iceberg.spark.SparkCatalog`,
      `${catalog}.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog`,
      `${catalog}.io-impl=org.apache.iceberg.aws.s3.S3FileIO`,
      `${catalog}.warehouse=${bucket.s3UrlForObject()}`,
    ];
    const { databaseName } = database;
    const inCatalog = (resource: string, resourceName?: string) =>
      Stack.of(scope).formatArn({ service: 'glue', resource, resourceName });
    return {
      arguments: {
        '--datalake-formats': 'iceberg',
        // Glue takes one `--conf`: the others are part of its value.
        '--conf': conf.join(' --conf '),
        '--iceberg_table': `${CATALOG}.${databaseName}.${tableName}`,
        '--iceberg_location': bucket.s3UrlForObject(prefix),
      },
      statements: [
        new iam.PolicyStatement({
          actions: ['glue:CreateTable', 'glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'],
          resources: [
            inCatalog('catalog'),
            inCatalog('database', databaseName),
            inCatalog('table', `${databaseName}/${tableName}`),
          ],
        }),
        ...filesStatements(bucket, prefix),
      ],
    };
  }
}

class ParquetSink extends GlueSink {
  constructor(private readonly options: ParquetSinkOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): BoundSink {
    const { bucket } = this.options;
    const prefix = prefixOf(scope, this.options.prefix);
    return {
      arguments: { '--parquet_path': bucket.s3UrlForObject(prefix) },
      statements: filesStatements(bucket, prefix),
    };
  }
}

/** Reading, writing and deleting below a prefix, and nothing of the bucket's own settings. */
export function filesStatements(bucket: s3.IBucket, prefix: string): iam.PolicyStatement[] {
  const statements = [
    new iam.PolicyStatement({
      actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      resources: [bucket.arnForObjects(`${prefix}/*`)],
    }),
    new iam.PolicyStatement({ actions: ['s3:GetBucketLocation', 's3:ListBucket'], resources: [bucket.bucketArn] }),
  ];
  if (bucket.encryptionKey) {
    statements.push(
      new iam.PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [bucket.encryptionKey.keyArn],
      }),
    );
  }
  return statements;
}

function prefixOf(scope: Construct, prefix: string): string {
  if (Token.isUnresolved(prefix)) {
    return prefix;
  }
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  if (trimmed === '') {
    throw validationError(
      'GlueSinkPrefix',
      `\`prefix\` must name a place inside the bucket, got '${prefix}': the job may write and delete all that is below it`,
      scope,
    );
  }
  return trimmed;
}
