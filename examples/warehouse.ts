import type { Stack } from 'aws-cdk-lib';
import { CfnOutput } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as redshift from 'aws-cdk-lib/aws-redshiftserverless';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Which table Redshift is to see, and where it runs. */
export interface WarehouseOptions {
  readonly vpc: ec2.IVpc;
  readonly database: string;
  readonly table: string;
  /** The way to the Glue Data Catalog: all that Redshift calls goes through the network. */
  readonly catalog: ec2.IConnectable;
  readonly data: s3.IBucket;
  readonly prefix: string;
}

/**
 * Amazon Redshift Serverless that reads an Iceberg table where it is. The output is the one statement that it needs.
 *
 * @see https://docs.aws.amazon.com/redshift/latest/dg/querying-iceberg.html
 */
export function warehouse(stack: Stack, { vpc, catalog, database, table, data, prefix }: WarehouseOptions): void {
  const role = new iam.Role(stack, 'WarehouseRole', {
    assumedBy: new iam.ServicePrincipal('redshift.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const inCatalog = (resource: string, resourceName?: string) =>
    stack.formatArn({ service: 'glue', resource, resourceName });
  const allow = (actions: string[], resources: string[]) =>
    role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
  allow(
    ['glue:GetDatabase', 'glue:GetDatabases', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'],
    [inCatalog('catalog'), inCatalog('database', database), inCatalog('table', `${database}/${table}`)],
  );
  allow(['s3:GetObject'], [data.arnForObjects(`${prefix}/*`)]);
  allow(['s3:GetBucketLocation', 's3:ListBucket'], [data.bucketArn]);

  const securityGroup = new ec2.SecurityGroup(stack, 'WarehouseSecurityGroup', { vpc, description: 'Redshift' });
  catalog.connections.allowFrom(securityGroup, ec2.Port.HTTPS);

  const name = `${stack.stackName}-warehouse`;
  const namespace = new redshift.CfnNamespace(stack, 'WarehouseNamespace', {
    namespaceName: name,
    dbName: 'shop',
    manageAdminPassword: true,
    iamRoles: [role.roleArn],
    defaultIamRoleArn: role.roleArn,
    logExports: ['userlog', 'connectionlog', 'useractivitylog'],
  });
  const workgroup = new redshift.CfnWorkgroup(stack, 'Warehouse', {
    workgroupName: name,
    namespaceName: namespace.namespaceName,
    baseCapacity: 8,
    maxCapacity: 16,
    publiclyAccessible: false,
    enhancedVpcRouting: true,
    subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    securityGroupIds: [securityGroup.securityGroupId],
    configParameters: [{ parameterKey: 'require_ssl', parameterValue: 'true' }],
  });
  workgroup.addResourceDependency(namespace);
  new CfnOutput(stack, 'WarehouseStatement', {
    value: `CREATE EXTERNAL SCHEMA lake FROM DATA CATALOG DATABASE '${database}' IAM_ROLE default`,
  });
}
