import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';

/** What all services on Fargate here have in common. */
export interface FargateOptions {
  /**
   * The ECS cluster.
   *
   * @default - a new one, with Container Insights
   */
  readonly ecsCluster?: ecs.ICluster;

  /**
   * The VPC of the tasks.
   *
   * @default - that of `ecsCluster`, or of the brokers
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Their subnets. Tasks get no public address: image, logs, secrets and STS are reached by a NAT gateway or by endpoints
   * of the VPC.
   *
   * @default - those of the brokers, or the private ones of `vpc`
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Their security groups.
   *
   * @default - a new one, which lets tasks reach the brokers, and HTTPS anywhere; open more by `connections`
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The role of the code in the container. It is to be the role of this service alone.
   *
   * @default - a new one
   */
  readonly taskRole?: iam.IRole;

  /**
   * CPU of a task: 256 is a quarter of a virtual CPU.
   *
   * @default 256
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   */
  readonly cpu?: number;

  /**
   * Memory of a task, in MiB. Fargate has certain sizes for each `cpu`.
   *
   * @default - twice the number of `cpu`
   */
  readonly memoryLimitMiB?: number;

  /**
   * The processor that the image is built for.
   *
   * @default ecs.CpuArchitecture.X86_64
   */
  readonly cpuArchitecture?: ecs.CpuArchitecture;

  /**
   * How long the log is kept. It outlives the stack, unless the brokers go with it too.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}
