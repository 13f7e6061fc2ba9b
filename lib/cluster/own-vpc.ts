import { CfnResource, Fn } from 'aws-cdk-lib';
import type { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/**
 * A VPC for a cluster alone: three zones whatever the environment of the stack, no way in or out, refused traffic logged,
 * and kept as long as the cluster is.
 */
export class OwnVpc extends Construct {
  public readonly vpc: ec2.IVpc;

  constructor(scope: Construct, id: string, removalPolicy: RemovalPolicy) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'FlowLogs', { retention: logs.RetentionDays.THREE_MONTHS });
    this.vpc = new ec2.Vpc(this, 'Resource', {
      availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())),
      natGateways: 0,
      // Nothing uses that group, and to empty it takes a function that would have to be kept as well.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Brokers', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      flowLogs: {
        Refused: {
          destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup),
          trafficType: ec2.FlowLogTrafficType.REJECT,
        },
      },
    });
    // The brokers' network interfaces hold all of it: deleted before a retained cluster, its deletion would fail.
    this.node
      .findAll()
      .filter((each) => CfnResource.isCfnResource(each))
      .forEach((each) => each.applyRemovalPolicy(removalPolicy));
  }
}
