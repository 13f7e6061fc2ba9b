import type { App } from 'aws-cdk-lib';
import { ClicksToDashboard } from './clicks-to-dashboard';
import { EventsToLakehouse } from './events-to-lakehouse';
import { OrdersToLambda } from './orders-to-lambda';
import { SensitiveDataAlerts } from './sensitive-data-alerts';

/** Every reference stack, under its name. */
export function addReferenceStacks(app: App): void {
  new OrdersToLambda(app, 'orders-to-lambda');
  new SensitiveDataAlerts(app, 'sensitive-data-alerts');
  new ClicksToDashboard(app, 'clicks-to-dashboard');
  new EventsToLakehouse(app, 'events-to-lakehouse');
}
