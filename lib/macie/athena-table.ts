import { Aws, Fn, Names, Stack } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { excludeFromScans } from './excluded-buckets';
import { KEPT_BUCKET } from '../private/kept-bucket';

export interface AthenaQuery {
  readonly description: string;
  readonly sql: (table: string) => string;
}

export interface AthenaTableProps {
  /** What the rows are, as descriptions read it. */
  readonly subject: string;
  readonly tableName: string;

  /** Where the files are: JSON objects, one on a line, compressed with gzip. */
  readonly location: string;
  readonly columns: glue.CfnTable.ColumnProperty[];
  readonly partitionKeys?: glue.CfnTable.ColumnProperty[];

  /** Of the table, such as where its partitions are. */
  readonly parameters?: Record<string, string>;
  readonly queries: Record<string, AthenaQuery>;

  /** Encrypts what queries return, where the bucket for it is made here. */
  readonly encryptionKey?: kms.IKey;
  readonly queryResultsBucket?: s3.IBucket;
}

export interface AthenaTable {
  readonly databaseName: string;
  readonly workGroupName: string;
}

/** Makes a table over files of JSON lines, and a workgroup with queries of it, directly below a construct. */
export function athenaTable(scope: Construct, props: AthenaTableProps): AthenaTable {
  const { subject, tableName, queries } = props;
  const databaseName = Names.uniqueResourceName(scope, { maxLength: 100, separator: '_' }).toLowerCase();
  const workGroupName = Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' });
  const database = new glue.CfnDatabase(scope, 'Database', {
    catalogId: Aws.ACCOUNT_ID,
    databaseInput: { name: databaseName, description: `${subject} of Amazon Macie` },
  });
  const table = new glue.CfnTable(scope, 'Table', {
    catalogId: Aws.ACCOUNT_ID,
    databaseName,
    tableInput: {
      name: tableName,
      tableType: 'EXTERNAL_TABLE',
      parameters: { classification: 'json', compressionType: 'gzip', ...props.parameters },
      partitionKeys: props.partitionKeys,
      storageDescriptor: {
        columns: props.columns,
        location: props.location,
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
          parameters: { 'ignore.malformed.json': 'true' }, // Macie tries the place out with an empty object
        },
      },
    },
  });
  table.node.addDependency(database);

  const results = props.queryResultsBucket ?? ownBucket(scope, props.encryptionKey);
  const key = results.encryptionKey;
  const workGroup = new athena.CfnWorkGroup(scope, 'WorkGroup', {
    name: workGroupName,
    description: `Queries of ${subject.toLowerCase()} of Amazon Macie`,
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: true,
      publishCloudWatchMetricsEnabled: true,
      resultConfiguration: {
        outputLocation: Fn.join('', ['s3://', results.bucketName, '/']),
        encryptionConfiguration: key
          ? { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn }
          : { encryptionOption: 'SSE_S3' },
      },
    },
  });
  for (const [name, { description, sql }] of Object.entries(queries)) {
    new athena.CfnNamedQuery(scope, name, {
      name: `macie-${name.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`,
      description,
      database: databaseName,
      workGroup: workGroupName,
      queryString: sql(`"${databaseName}"."${tableName}"`),
    }).node.addDependency(workGroup);
  }
  return { databaseName, workGroupName };
}

function ownBucket(scope: Construct, encryptionKey?: kms.IKey): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'QueryResults', {
    ...KEPT_BUCKET,
    encryptionKey,
  });
  // What queries return would be found again.
  excludeFromScans(Stack.of(scope), bucket.bucketName);
  return bucket;
}
