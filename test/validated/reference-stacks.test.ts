import { CfnResource } from 'aws-cdk-lib';
import { exampleApp, validatorEntries } from '../support/examples';

test('[111] the template validator of the CDK has nothing to say about the reference stacks', () => {
  const app = exampleApp();
  app.synth();
  // Without Maven there is no jar, and nothing wrong with the template.
  const entries = validatorEntries(app).filter(({ ruleName }) => !ruleName.endsWith(':FLINK-RUNNER-NOT-BUILT'));
  expect(entries).toEqual([]);
}, 60_000);

test('the validator is on: it reports a fault that is planted', () => {
  const app = exampleApp();
  const stack = app.node.findChild('orders-to-lambda');
  new CfnResource(stack, 'Planted', { type: 'AWS::MSK::Topic', properties: { TopicName: 'planted', Partitions: 1 } });
  expect(() => app.synth()).toThrow(/'ClusterArn' is a required property/);
  expect(validatorEntries(app)).not.toEqual([]);
}, 60_000);
