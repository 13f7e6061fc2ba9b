import { App } from 'aws-cdk-lib';
import { OrdersToLambda } from '../examples/orders-to-lambda';
import { SensitiveDataAlerts } from '../examples/sensitive-data-alerts';

const app = new App();
new OrdersToLambda(app, 'orders-to-lambda');
new SensitiveDataAlerts(app, 'sensitive-data-alerts');
