import type { App, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ClicksToDashboard } from './clicks-to-dashboard';
import { EventsToLakehouse } from './events-to-lakehouse';
import { KinesisToMsk } from './kinesis-to-msk';
import { OrdersToLambda } from './orders-to-lambda';
import { ReplicatedClusters } from './replicated-clusters';
import { ScramAndMtls } from './scram-and-mtls';
import { SensitiveDataAlerts } from './sensitive-data-alerts';

/** Every reference stack, by its name. */
export const REFERENCE_STACKS: Record<string, new (scope: Construct, id: string) => Stack> = {
  'orders-to-lambda': OrdersToLambda,
  'sensitive-data-alerts': SensitiveDataAlerts,
  'clicks-to-dashboard': ClicksToDashboard,
  'events-to-lakehouse': EventsToLakehouse,
  'kinesis-to-msk': KinesisToMsk,
  'replicated-clusters': ReplicatedClusters,
  'scram-and-mtls': ScramAndMtls,
};

export function addReferenceStacks(app: App): void {
  Object.entries(REFERENCE_STACKS).forEach(([name, ReferenceStack]) => new ReferenceStack(app, name));
}
