import type { App } from 'aws-cdk-lib';
import { Ec2Client } from './ec2-client';
import { EksConsumerStack } from './eks-consumer';
import { FargateConsumerStack } from './fargate-consumer';
import { OrdersToLambda } from './orders-to-lambda';
import { SensitiveDataAlerts } from './sensitive-data-alerts';

/** Every reference stack, under its name. */
export function addReferenceStacks(app: App): void {
  new Ec2Client(app, 'ec2-client');
  new EksConsumerStack(app, 'eks-consumer');
  new FargateConsumerStack(app, 'fargate-consumer');
  new OrdersToLambda(app, 'orders-to-lambda');
  new SensitiveDataAlerts(app, 'sensitive-data-alerts');
}
