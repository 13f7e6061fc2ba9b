import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { EksConsumer, EksPodIdentity, EksScaling, KafkaTopic, KafkaVersion, ProvisionedCluster } from '../lib';
import { CONSOLE_CONSUMER, KAFKA_IMAGE } from './console-consumer';
import { networkWithWayOut } from './parts';

/** Pods read a topic; KEDA runs as many of them as what is left to read asks for. */
export class EksConsumerStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = networkWithWayOut(this);
    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Orders', {
      vpc,
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const topic = new KafkaTopic(this, 'Paid', { cluster, topicName: 'orders.paid', partitions: 6 });

    const kubernetes = this.kubernetes(vpc);
    const provider = new iam.OidcProviderNative(this, 'Oidc', {
      url: kubernetes.attrOpenIdConnectIssuerUrl,
      clientIds: ['sts.amazonaws.com'],
    });
    const nodes = ec2.SecurityGroup.fromSecurityGroupId(this, 'Nodes', kubernetes.attrClusterSecurityGroupId);

    const consumer = new EksConsumer(this, 'Printer', {
      topic,
      consumerGroup: 'printer',
      workloadName: 'printer',
      image: KAFKA_IMAGE,
      command: ['sh', '-c'],
      args: [CONSOLE_CONSUMER],
      podIdentity: EksPodIdentity.serviceAccount(provider),
      securityGroups: [nodes],
      scaling: EksScaling.onLag({ recordsPerReplica: 10_000, kedaRole: this.kedaRole(kubernetes) }),
    });

    const manifest = new ssm.StringParameter(this, 'Manifest', { stringValue: consumer.manifestJson });
    manifest.node.addDependency(consumer.ready);
    new CfnOutput(this, 'ManifestParameter', { value: manifest.parameterName });
    new CfnOutput(this, 'EksClusterName', { value: kubernetes.ref });
  }

  /** EKS Auto Mode: nodes come and go with the pods. */
  private kubernetes(vpc: ec2.Vpc): eks.CfnCluster {
    const managed = (name: string) => iam.ManagedPolicy.fromAwsManagedPolicyName(name);
    const clusterRole = new iam.Role(this, 'KubernetesRole', {
      assumedBy: new iam.ServicePrincipal('eks.amazonaws.com').withSessionTags(),
      managedPolicies: ['BlockStorage', 'Cluster', 'Compute', 'LoadBalancing', 'Networking'].map((name) =>
        managed(`AmazonEKS${name}Policy`),
      ),
    });
    const nodeRole = new iam.Role(this, 'NodeRole', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [managed('AmazonEKSWorkerNodeMinimalPolicy'), managed('AmazonEC2ContainerRegistryPullOnly')],
    });
    return new eks.CfnCluster(this, 'Kubernetes', {
      roleArn: clusterRole.roleArn,
      accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
      computeConfig: { enabled: true, nodePools: ['general-purpose', 'system'], nodeRoleArn: nodeRole.roleArn },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
      storageConfig: { blockStorage: { enabled: true } },
      logging: {
        clusterLogging: {
          enabledTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'].map((type) => ({ type })),
        },
      },
      resourcesVpcConfig: { subnetIds: vpc.privateSubnets.map(({ subnetId }) => subnetId) },
    });
  }

  /** What KEDA's operator runs as, once it is installed in the namespace `keda`. */
  private kedaRole(kubernetes: eks.CfnCluster): iam.Role {
    const role = new iam.Role(this, 'KedaRole', {
      assumedBy: new iam.ServicePrincipal('pods.eks.amazonaws.com').withSessionTags(),
    });
    new eks.CfnPodIdentityAssociation(this, 'KedaIdentity', {
      clusterName: kubernetes.ref,
      namespace: 'keda',
      serviceAccount: 'keda-operator',
      roleArn: role.roleArn,
    });
    return role;
  }
}
