import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * What Lambda needs of the role of a function in a VPC; the CDK adds it only to roles that it makes itself. The interfaces
 * do not exist yet, and EC2 knows no resource for the describe calls.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

export function interfacesGrant(grantee: iam.IGrantable): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions: INTERFACE_ACTIONS, resourceArns: ['*'] });
}
