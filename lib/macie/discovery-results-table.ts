import type * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { athenaTable } from './athena-table';
import type { AthenaQuery } from './athena-table';
import type { DiscoveryResultsExport } from './discovery-results-export';
import { injectable } from '../private/injectable';

/** How discovery results are read with SQL. */
export interface DiscoveryResultsTableProps {
  /** Where Macie writes the results. */
  readonly resultsExport: DiscoveryResultsExport;

  /**
   * The bucket for what queries return.
   *
   * @default - a bucket of its own: encrypted with the key of the export, private, TLS only, kept when the construct goes
   */
  readonly queryResultsBucket?: s3.IBucket;
}

/**
 * Discovery results as a table, with queries by bucket, category, severity and day that Amazon Athena has ready.
 *
 * A result has no severity, unlike a finding: the query by severity estimates it from the occurrences. An object that was
 * looked at twice has two results.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
 */
@injectable
export class DiscoveryResultsTable extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.DiscoveryResultsTable';

  /** The name of the database. */
  public readonly databaseName: string;

  /** The name of the table. */
  public readonly tableName: string = 'discovery_results';

  /** The name of the workgroup that has the queries. */
  public readonly workGroupName: string;

  constructor(scope: Construct, id: string, props: DiscoveryResultsTableProps) {
    super(scope, id);
    const { resultsExport, queryResultsBucket } = props;
    const made = athenaTable(this, {
      subject: 'Discovery results',
      tableName: this.tableName,
      location: `s3://${resultsExport.bucket.bucketName}/${resultsExport.resultsPrefix}`,
      columns: COLUMNS,
      queries: QUERIES,
      encryptionKey: resultsExport.encryptionKey,
      queryResultsBucket,
    });
    this.databaseName = made.databaseName;
    this.workGroupName = made.workGroupName;
  }
}

const DETECTIONS = 'array<struct<type:string,name:string,arn:string,count:bigint>>';

/** What queries need of a record; whatever else it holds is not read. */
const COLUMNS: glue.CfnTable.ColumnProperty[] = [
  { name: 'id', type: 'string' },
  { name: 'accountid', type: 'string' },
  { name: 'region', type: 'string' },
  { name: 'createdat', type: 'string' },
  { name: 'updatedat', type: 'string' },
  { name: 'category', type: 'string' },
  {
    name: 'resourcesaffected',
    type:
      'struct<s3bucket:struct<arn:string,name:string>,' +
      's3object:struct<extension:string,size:bigint,embeddedfiledetails:struct<filepath:string>>>',
  },
  {
    name: 'classificationdetails',
    type:
      'struct<jobid:string,origintype:string,result:struct<status:struct<code:string,reason:string>,sizeclassified:bigint,' +
      `sensitivedata:array<struct<category:string,totalcount:bigint,detections:${DETECTIONS}>>,` +
      `customdataidentifiers:struct<totalcount:bigint,detections:${DETECTIONS}>>>`,
  },
];

const OBJECTS = 'resourcesaffected.s3object.embeddedfiledetails IS NULL';

/**
 * One row for each kind of data in each object.
 *
 * An archive has a record for itself and one for each file in it, which would be counted twice.
 */
const found = (table: string) => `WITH found AS (
  SELECT id, resourcesaffected.s3bucket.name AS bucket, substr(createdat, 1, 10) AS day, data.category AS category,
    data.totalcount AS occurrences
  FROM ${table}
  CROSS JOIN UNNEST(classificationdetails.result.sensitivedata) AS t(data)
  WHERE ${OBJECTS}
  UNION ALL
  SELECT id, resourcesaffected.s3bucket.name, substr(createdat, 1, 10), 'CUSTOM_IDENTIFIER',
    classificationdetails.result.customdataidentifiers.totalcount
  FROM ${table}
  WHERE classificationdetails.result.customdataidentifiers.totalcount > 0 AND ${OBJECTS}
)
`;

const grouped = (columns: string) => (table: string) =>
  `${found(table)}SELECT ${columns}, count(*) AS objects, sum(occurrences) AS occurrences
FROM found
GROUP BY ${columns}
ORDER BY occurrences DESC, ${columns}`;

const QUERIES: Record<string, AthenaQuery> = {
  ByBucket: { description: 'What was found in each bucket', sql: grouped('bucket, category') },
  ByCategory: { description: 'How much of each category was found', sql: grouped('category') },
  ByDay: { description: 'What was found on each day', sql: grouped('day, category') },
  BySeverity: {
    description: 'Objects by severity, estimated: credentials are high, others go by their occurrences',
    sql: (table) => `${found(table)}, rated AS (
  SELECT id, bucket,
    max(CASE WHEN category = 'CREDENTIALS' OR occurrences >= 100 THEN 3 WHEN occurrences >= 2 THEN 2 ELSE 1 END) AS score
  FROM found
  GROUP BY id, bucket
)
SELECT bucket, CASE score WHEN 3 THEN 'High' WHEN 2 THEN 'Medium' ELSE 'Low' END AS severity, count(*) AS objects
FROM rated
GROUP BY bucket, score
ORDER BY bucket, score DESC`,
  },
  NotRead: {
    description: 'What Macie could not read, or not to its end, with the reason',
    sql: (
      table,
    ) => `SELECT resourcesaffected.s3bucket.name AS bucket, classificationdetails.result.status.code AS status,
  classificationdetails.result.status.reason AS reason, count(*) AS objects
FROM ${table}
WHERE classificationdetails.result.status.code <> 'COMPLETE' AND ${OBJECTS}
GROUP BY 1, 2, 3
ORDER BY objects DESC, 1, 2, 3`,
  },
};
