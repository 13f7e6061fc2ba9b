import type { App, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ClicksToDashboard } from './clicks-to-dashboard';
import { CrossAccountClient, CrossAccountOwner } from './cross-account';
import { Ec2Client } from './ec2-client';
import { EksConsumerStack } from './eks-consumer';
import { EventsToLakehouse } from './events-to-lakehouse';
import { KinesisToMsk } from './kinesis-to-msk';
import { FargateConsumerStack } from './fargate-consumer';
import { FirehoseToLake } from './firehose-to-lake';
import { OrdersToLambda } from './orders-to-lambda';
import { ProtectedStream } from './protected-stream';
import { RegulatedDataWatch } from './regulated-data-watch';
import { ReplicatedClusters } from './replicated-clusters';
import { ScramAndMtls } from './scram-and-mtls';
import { SensitiveDataAlerts } from './sensitive-data-alerts';
import { ServerlessToLambda } from './serverless-to-lambda';

/** Every reference stack, by its name. */
export const REFERENCE_STACKS: Record<string, new (scope: Construct, id: string) => Stack> = {
  'orders-to-lambda': OrdersToLambda,
  'sensitive-data-alerts': SensitiveDataAlerts,
  'clicks-to-dashboard': ClicksToDashboard,
  'events-to-lakehouse': EventsToLakehouse,
  'kinesis-to-msk': KinesisToMsk,
  'replicated-clusters': ReplicatedClusters,
  'firehose-to-lake': FirehoseToLake,
  'ec2-client': Ec2Client,
  'eks-consumer': EksConsumerStack,
  'fargate-consumer': FargateConsumerStack,
  'serverless-to-lambda': ServerlessToLambda,
  'regulated-data-watch': RegulatedDataWatch,
  'protected-stream': ProtectedStream,
  'scram-and-mtls': ScramAndMtls,
  'cross-account-owner': CrossAccountOwner,
  'cross-account-client': CrossAccountClient,
};

export function addReferenceStacks(app: App): void {
  Object.entries(REFERENCE_STACKS).forEach(([name, ReferenceStack]) => new ReferenceStack(app, name));
}
