import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  AuthenticationMechanism,
  Brokers,
  ClientAuthentication,
  FailureDestination,
  KafkaTopic,
  KafkaVersion,
  LambdaConsumer,
  MskCluster,
  MskVpcConnection,
  PollerScaling,
  ProvisionedCluster,
  StandardBrokerSize,
} from '../lib';
import { bundledFunction, privateNetwork } from './parts';

/** What both sides have agreed upon: the owner lets in a role that does not exist yet, by its name. */
const TOPIC = 'payments';
const GROUP = 'audit';
const ROLE = 'payments-audit';

/** Who is who: `-c ownerAccount=… -c clientAccount=…`. Without, both stacks synthesize, for accounts of nobody. */
function accountsFrom({ node }: Construct): { readonly owner: string; readonly client: string } {
  return {
    owner: (node.tryGetContext('ownerAccount') as string | undefined) ?? '111122223333',
    client: (node.tryGetContext('clientAccount') as string | undefined) ?? '444455556666',
  };
}

/** A cluster that another account connects to. One role there may read one topic, as one consumer group. */
export class CrossAccountOwner extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    const { owner, client } = accountsFrom(scope);
    super(scope, id, { ...props, env: { ...props?.env, account: owner } });

    const cluster = new ProvisionedCluster(this, 'Payments', {
      vpc: privateNetwork(this),
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      brokers: Brokers.standard({ size: StandardBrokerSize.M7G_LARGE }),
      vpcConnectivity: [AuthenticationMechanism.IAM],
      // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const payments = new KafkaTopic(this, 'Topic', { cluster, topicName: TOPIC, partitions: 6 });

    const account = new iam.AccountPrincipal(client);
    const arn = this.formatArn({ service: 'iam', region: '', account: client, resource: 'role', resourceName: ROLE });
    cluster.grants.vpcConnections(account);
    payments.grants.consume(account.withConditions({ ArnEquals: { 'aws:PrincipalArn': arn } }), GROUP);
    Validations.of(this).acknowledge({
      id: 'cdk-msk-macie:MSK-GRANT-NOT-ADDED',
      reason: 'the stack of the client gives the role its own half of the rights',
    });

    new CfnOutput(this, 'ClusterArn', { value: cluster.clusterArn });
  }
}

/** A function that reads a topic of another account, over a connection from its own. */
export class CrossAccountClient extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    const { owner, client } = accountsFrom(scope);
    super(scope, id, { ...props, env: { ...props?.env, account: client } });

    const known = this.node.tryGetContext('clusterArn') as string | undefined;
    const placeholder = { service: 'kafka', account: owner, resource: 'cluster', resourceName: 'payments/0-1' };
    const cluster = MskCluster.fromClusterAttributes(this, 'Payments', {
      clusterArn: known ?? this.formatArn(placeholder),
      authentication: [ClientAuthentication.iam()],
    });

    const vpc = privateNetwork(this);
    const pollers = new ec2.SecurityGroup(this, 'Pollers', { vpc, allowAllOutbound: false });
    const connection = new MskVpcConnection(this, 'Connection', { cluster, vpc, securityGroups: [pollers] });
    const failures = new sqs.Queue(this, 'Failures', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const handler = bundledFunction(this, 'PaymentLog', { timeout: Duration.seconds(30) }, ROLE);
    new LambdaConsumer(this, 'AuditConsumer', {
      topic: KafkaTopic.fromTopicName(this, 'Topic', cluster, TOPIC),
      consumerGroup: GROUP,
      handler,
      vpcConnection: connection,
      scaling: PollerScaling.provisioned({ onFailure: FailureDestination.queue(failures) }),
    });
    for (const code of ['MSK-VPC-CONNECTION-POLICY', 'MSK-CLUSTER-POLICY-NOT-CHANGED']) {
      Validations.of(this).acknowledge({
        id: `cdk-msk-macie:${code}`,
        reason: 'the stack of the owner has it in the policy of the cluster',
      });
    }

    new CfnOutput(this, 'LogGroupName', { value: handler.logGroup.logGroupName });
  }
}
