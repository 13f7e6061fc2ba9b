import { readFileSync } from 'fs';
import * as path from 'path';
import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Ec2Client } from '../../examples/ec2-client';
import { EksConsumerStack } from '../../examples/eks-consumer';
import { FargateConsumerStack } from '../../examples/fargate-consumer';
import { OrdersToLambda } from '../../examples/orders-to-lambda';
import { SensitiveDataAlerts } from '../../examples/sensitive-data-alerts';
import { app } from '../support/fixtures';
import { documentedFindings, nagFindings } from '../support/nag';

const EXAMPLES: [string, (app: App) => Stack][] = [
  ['ec2-client', (scope) => new Ec2Client(scope, 'ec2-client')],
  ['eks-consumer', (scope) => new EksConsumerStack(scope, 'eks-consumer')],
  ['fargate-consumer', (scope) => new FargateConsumerStack(scope, 'fargate-consumer')],
  ['orders-to-lambda', (scope) => new OrdersToLambda(scope, 'orders-to-lambda')],
  ['sensitive-data-alerts', (scope) => new SensitiveDataAlerts(scope, 'sensitive-data-alerts')],
];

// The example app carries no version metadata: neither does it here.
const synthesize = (create: (app: App) => Stack) => create(app({ analyticsReporting: false }));

describe.each(EXAMPLES)('%s', (name, create) => {
  test('[S-19, 117] equals its snapshot', () => {
    // A snapshot is compared on one version of the CDK only: the lowest that we support.
    expect(Template.fromStack(synthesize(create)).toJSON()).toMatchSnapshot();
  });

  test('[118] has exactly the findings that docs/nag.md explains', () => {
    expect(nagFindings(synthesize(create))).toEqual(documentedFindings(name));
  });

  test('is in the example app', () => {
    const source = readFileSync(path.join(__dirname, '..', '..', 'examples', 'index.ts'), 'utf8');
    expect(source).toContain(`'${name}'`);
  });

  test('holds nothing that outlives `cdk destroy`', () => {
    const resources = Template.fromStack(synthesize(create)).toJSON().Resources as Record<string, any>;
    const kept = Object.entries(resources).filter(
      ([, { DeletionPolicy }]) => (DeletionPolicy ?? 'Delete') !== 'Delete',
    );
    expect(kept.map(([logicalId]) => logicalId)).toEqual([]);
  });

  test('is for no particular account and Region', () => {
    const stack = synthesize(create);
    expect(stack.environment).toBe('aws://unknown-account/unknown-region');
  });
});

test('docs/nag.md explains the findings of no other stack', () => {
  expect(
    documentedFindings()
      .map(({ stack }) => stack)
      .filter((stack) => !EXAMPLES.some(([name]) => name === stack)),
  ).toEqual([]);
});
