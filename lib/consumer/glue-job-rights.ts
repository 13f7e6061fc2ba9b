import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { BoundFormat } from './record-format';

/** What a run needs besides Kafka, code and files. */
export interface JobRightsOptions {
  readonly connection: glue.IConnection;
  readonly subnet: ec2.ISubnet;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly logGroups: logs.ILogGroup[];
  readonly metricNamespaces: string[];
  readonly schema: BoundFormat['schema'];
}

/**
 * What `AWSGlueServiceRole` grants on everything, for this job only.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/create-service-policy.html
 */
export function jobStatements(scope: Construct, options: JobRightsOptions): iam.PolicyStatement[] {
  const { connection, subnet, securityGroup, logGroups, metricNamespaces, schema } = options;
  const arn = (service: string, resource: string, resourceName?: string) =>
    Stack.of(scope).formatArn({ service, resource, resourceName });
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
    new iam.PolicyStatement({ actions, resources, conditions });
  const networkInterfaces = arn('ec2', 'network-interface', '*');
  const ofGlue = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } };

  const statements = [
    allow(['glue:GetConnection'], [arn('glue', 'catalog'), connection.connectionArn]),
    // EC2 knows no resource for its describe calls.
    allow(
      [
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeVpcEndpoints',
      ],
      ['*'],
    ),
    // The interfaces do not exist yet.
    allow(
      ['ec2:CreateNetworkInterface'],
      [
        networkInterfaces,
        arn('ec2', 'security-group', securityGroup.securityGroupId),
        arn('ec2', 'subnet', subnet.subnetId),
      ],
    ),
    allow(['ec2:DeleteNetworkInterface'], [networkInterfaces], {
      ArnEqualsIfExists: { 'ec2:Subnet': arn('ec2', 'subnet', subnet.subnetId) },
    }),
    allow(['ec2:CreateTags', 'ec2:DeleteTags'], [networkInterfaces], ofGlue),
    // CloudWatch knows no resource for metrics.
    allow(['cloudwatch:PutMetricData'], ['*'], { StringEquals: { 'cloudwatch:namespace': metricNamespaces } }),
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      logGroups.map(({ logGroupArn }) => logGroupArn),
    ),
  ];
  if (schema) {
    statements.push(
      allow(
        ['glue:GetSchemaVersion'],
        [
          arn('glue', 'registry', schema.registryName),
          arn('glue', 'schema', `${schema.registryName}/${schema.schemaName}`),
        ],
      ),
    );
  }
  return statements;
}
