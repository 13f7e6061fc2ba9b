export { FailureDestination } from './failure-destination';
export { LambdaConsumer } from './lambda-consumer';
export type { LambdaConsumerProps } from './lambda-consumer';
export { PollerScaling } from './poller-scaling';
export type { ProvisionedPollersOptions } from './poller-scaling';
