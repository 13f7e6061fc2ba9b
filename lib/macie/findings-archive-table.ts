import type * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { athenaTable } from './athena-table';
import type { AthenaQuery } from './athena-table';
import type { FindingsArchive } from './findings-archive';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';

/** How archived findings are read with SQL. */
export interface FindingsArchiveTableProps {
  /** Where the findings are. */
  readonly archive: FindingsArchive;

  /**
   * The bucket for what queries return.
   *
   * @default - a bucket of its own: encrypted with the key of the archive, private, TLS only, kept when the construct goes
   */
  readonly queryResultsBucket?: s3.IBucket;
}

/**
 * Archived findings as a table with a partition for each day, with queries by month, bucket, severity and finding that
 * Amazon Athena has ready.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
 */
@injectable
export class FindingsArchiveTable extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingsArchiveTable';

  /** The name of the database. */
  public readonly databaseName: string;

  /** The name of the table. */
  public readonly tableName: string = 'findings';

  /** The name of the workgroup that has the queries. */
  public readonly workGroupName: string;

  constructor(scope: Construct, id: string, props: FindingsArchiveTableProps) {
    super(scope, id);
    const { bucket, findingsPrefix } = props.archive;
    const encryptionKey = bucket.encryptionKey;
    if (!encryptionKey && !props.queryResultsBucket) {
      throw validationError(
        'FindingsArchiveTable',
        `${bucket.node.path} has no key that queries could be encrypted with; give queryResultsBucket`,
        this,
      );
    }
    const location = `s3://${bucket.bucketName}/${findingsPrefix}`;
    const made = athenaTable(this, {
      subject: 'Findings',
      tableName: this.tableName,
      location,
      columns: COLUMNS,
      partitionKeys: [{ name: 'day', type: 'string' }],
      parameters: {
        'projection.enabled': 'true',
        'projection.day.type': 'date',
        'projection.day.format': 'yyyy-MM-dd',
        'projection.day.range': '2026-01-01,NOW',
        'storage.location.template': `${location}day=\${day}/`,
      },
      queries: QUERIES,
      encryptionKey,
      queryResultsBucket: props.queryResultsBucket,
    });
    this.databaseName = made.databaseName;
    this.workGroupName = made.workGroupName;
  }
}

/** What queries need of an event; whatever else it holds is not read. */
const COLUMNS: glue.CfnTable.ColumnProperty[] = [
  { name: 'id', type: 'string' },
  { name: 'account', type: 'string' },
  { name: 'time', type: 'string' },
  {
    name: 'detail',
    type:
      'struct<id:string,accountid:string,region:string,type:string,category:string,createdat:string,updatedat:string,' +
      'count:bigint,severity:struct<score:int,description:string>,' +
      'resourcesaffected:struct<s3bucket:struct<name:string,arn:string>,s3object:struct<key:string,versionid:string>>>',
  },
];

/** The newest state of each finding: one about a bucket is published again, and any may be delivered twice. */
const newest = (table: string) => `WITH newest AS (
  SELECT detail.id AS finding, max(detail.accountid) AS account, max(detail.resourcesaffected.s3bucket.name) AS bucket,
    max(detail.type) AS type, max(detail.severity.description) AS severity, min(substr(detail.createdat, 1, 10)) AS created,
    max(detail.count) AS occurred
  FROM ${table}
  GROUP BY detail.id
)
`;

const grouped = (columns: string) => (table: string) =>
  `${newest(table)}SELECT ${columns}, count(*) AS findings, sum(occurred) AS occurred
FROM newest
GROUP BY ${columns}
ORDER BY findings DESC, ${columns}`;

const QUERIES: Record<string, AthenaQuery> = {
  FindingsByBucket: { description: 'Findings of each bucket, by type', sql: grouped('account, bucket, type') },
  FindingsBySeverity: { description: 'Findings by severity and type', sql: grouped('severity, type') },
  FindingsByMonth: {
    description: 'Findings of each month, by severity',
    sql: (table) => `${newest(table)}SELECT substr(created, 1, 7) AS month, severity, count(*) AS findings
FROM newest
GROUP BY substr(created, 1, 7), severity
ORDER BY 1, 2`,
  },
};
