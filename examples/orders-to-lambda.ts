import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import {
  KafkaProducer,
  KafkaTopic,
  KafkaVersion,
  LambdaConsumer,
  PollerScaling,
  ProducerClient,
  ProvisionedCluster,
  Retention,
} from '../lib';
import { admitInterfaces, bundledFunction, privateNetwork } from './parts';

/** Orders are written to a topic; a function bills each of them once. */
export class OrdersToLambda extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = privateNetwork(this);

    // The one word that lets `cdk destroy` delete the records too; leave it out for anything but a demo.
    const cluster = new ProvisionedCluster(this, 'Orders', {
      vpc,
      kafkaVersion: KafkaVersion.V3_9_X_KRAFT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const paid = new KafkaTopic(this, 'Paid', {
      cluster,
      topicName: 'orders.paid',
      partitions: 12,
      configuration: { retention: Retention.of(Duration.days(3)) },
    });

    const ledger = this.table('Ledger');
    const seen = this.table('Seen', 'expiration');
    const billing = bundledFunction(this, 'Billing', {
      timeout: Duration.seconds(30),
      environment: {
        LEDGER_TABLE: ledger.tableName,
        IDEMPOTENCY_TABLE: seen.tableName,
      },
    });
    ledger.grant(billing, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    seen.grant(billing, 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    const consumer = new LambdaConsumer(this, 'BillingConsumer', {
      topic: paid,
      consumerGroup: 'billing',
      handler: billing,
      scaling: PollerScaling.provisioned({ reportBatchItemFailures: true }),
      maxBatchingWindow: Duration.seconds(1),
    });

    // Reads again, once it is switched on, what the messages of the dead-letter queue point at.
    vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
    const network = new ec2.SecurityGroup(this, 'OrderReplaySecurityGroup', { vpc, allowAllOutbound: false });
    network.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'DynamoDB, by its gateway endpoint');
    const replay = bundledFunction(this, 'OrderReplay', {
      timeout: Duration.seconds(30),
      vpc,
      securityGroups: [network],
      environment: {
        BOOTSTRAP_BROKERS: cluster.bootstrapBrokers.forIdentity(),
        CONSUMER_GROUP: 'billing-replay',
        LEDGER_TABLE: ledger.tableName,
        IDEMPOTENCY_TABLE: seen.tableName,
      },
    });
    admitInterfaces(replay);
    paid.grants.consume(replay, 'billing-replay').applyBefore(replay);
    replay.connections.allowToDefaultPort(cluster);
    ledger.grant(replay, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    seen.grant(replay, 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    const messages = new SqsEventSource(consumer.deadLetterQueue!, {
      enabled: false,
      batchSize: 1,
      reportBatchItemFailures: true,
    });
    replay.addEventSource(messages);

    const producer = bundledFunction(this, 'OrderProducer', {
      timeout: Duration.minutes(1),
      vpc,
      securityGroups: [new ec2.SecurityGroup(this, 'OrderProducerSecurityGroup', { vpc, allowAllOutbound: false })],
    });
    new KafkaProducer(this, 'OrderWriter', { topics: [paid], client: ProducerClient.lambdaFunction(producer) });

    new CfnOutput(this, 'ProducerName', { value: producer.functionName });
    new CfnOutput(this, 'ReplayMappingId', { value: messages.eventSourceMappingId });
    new CfnOutput(this, 'LedgerName', { value: ledger.tableName });
  }

  private table(id: string, timeToLiveAttribute?: string): dynamodb.Table {
    return new dynamodb.Table(this, id, {
      partitionKey: { name: timeToLiveAttribute ? 'id' : 'pk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
