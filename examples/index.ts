import type { App } from 'aws-cdk-lib';
import { KinesisToMsk } from './kinesis-to-msk';
import { OrdersToLambda } from './orders-to-lambda';
import { SensitiveDataAlerts } from './sensitive-data-alerts';

/** Every reference stack, under its name. */
export function addReferenceStacks(app: App): void {
  new KinesisToMsk(app, 'kinesis-to-msk');
  new OrdersToLambda(app, 'orders-to-lambda');
  new SensitiveDataAlerts(app, 'sensitive-data-alerts');
}
