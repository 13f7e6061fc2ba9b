import * as path from 'path';
import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** A network of its own, in three Availability Zones and without a way to the internet. */
export function privateNetwork(scope: Construct, options: ec2.VpcProps = {}): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', {
    availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())),
    natGateways: 0,
    subnetConfiguration: [{ name: 'Private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    flowLogs: { All: { destination: ec2.FlowLogDestination.toCloudWatchLogs(demoLog(scope, 'FlowLog')) } },
    ...options,
  });
}

/** The same with a way out, by one NAT gateway: images and tools come from there. */
export function networkWithWayOut(scope: Construct): ec2.Vpc {
  return privateNetwork(scope, {
    natGateways: 1,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
}

/** A log that goes with the stack. */
export function demoLog(scope: Construct, id: string): logs.LogGroup {
  return new logs.LogGroup(scope, id, {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** A bundled function of `examples/handlers` with a role that may write its own log and nothing else. */
export function bundledFunction(
  scope: Construct,
  id: string,
  options: lambda.FunctionOptions,
  roleName?: string,
): lambda.Function {
  const folder = id.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const logGroup = demoLog(scope, `${id}Log`);
  const assumedBy = new iam.ServicePrincipal('lambda.amazonaws.com');
  const role = new iam.Role(scope, `${id}Role`, { assumedBy, roleName });
  logGroup.grantWrite(role);
  return new lambda.Function(scope, id, {
    ...options,
    runtime: lambda.Runtime.NODEJS_24_X,
    code: lambda.Code.fromAsset(path.join(__dirname, 'assets', folder)),
    handler: 'index.handler',
    memorySize: 512,
    role,
    logGroup,
  });
}

/** A private bucket whose requests are logged, in a bucket that goes with the stack. */
export function loggedBucket(scope: Construct, id: string, encryptionKey: kms.IKey, log: s3.IBucket): s3.Bucket {
  return new s3.Bucket(scope, id, {
    ...PRIVATE,
    encryption: s3.BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    serverAccessLogsBucket: log,
    serverAccessLogsPrefix: `${id}/`,
  });
}

/** Where requests to other buckets are logged; Amazon S3 writes there without a key of ours. */
export function accessLog(scope: Construct): s3.Bucket {
  return new s3.Bucket(scope, 'AccessLog', { ...PRIVATE, encryption: s3.BucketEncryption.S3_MANAGED });
}

const PRIVATE: s3.BucketProps = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  versioned: true,
};

/**
 * Lets Lambda make the network interfaces of a function in a VPC; the CDK adds that only to roles that it makes itself.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function admitInterfaces(handler: lambda.Function): void {
  handler.addToRolePolicy(
    new iam.PolicyStatement({
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'], // they do not exist yet, and EC2 knows no resource for its describe calls
    }),
  );
}

/**
 * Lets alarms publish to topics that the key encrypts: without it, they are silent.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export function admitAlarms(key: kms.Key): void {
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'], // in the policy of a key: this key
    }),
  );
}
