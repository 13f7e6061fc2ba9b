import { readFileSync } from 'fs';
import * as path from 'path';
import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ClicksToDashboard } from '../../examples/clicks-to-dashboard';
import { EventsToLakehouse } from '../../examples/events-to-lakehouse';
import { OrdersToLambda } from '../../examples/orders-to-lambda';
import { SensitiveDataAlerts } from '../../examples/sensitive-data-alerts';
import { app } from '../support/fixtures';
import { documentedFindings, nagFindings } from '../support/nag';

const EXAMPLES: [string, (app: App) => Stack][] = [
  ['orders-to-lambda', (scope) => new OrdersToLambda(scope, 'orders-to-lambda')],
  ['sensitive-data-alerts', (scope) => new SensitiveDataAlerts(scope, 'sensitive-data-alerts')],
  ['clicks-to-dashboard', (scope) => new ClicksToDashboard(scope, 'clicks-to-dashboard')],
  ['events-to-lakehouse', (scope) => new EventsToLakehouse(scope, 'events-to-lakehouse')],
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

describe('[S-18] events-to-lakehouse with a warehouse', () => {
  const create = (scope: App) => new EventsToLakehouse(scope, 'events-to-lakehouse', { warehouse: true });
  const resources: Record<string, any> = Template.fromStack(synthesize(create)).toJSON().Resources;
  const idsOf = (type: string) => Object.keys(resources).filter((id) => resources[id].Type === type);

  test('has what it has without one, and Redshift Serverless', () => {
    const without = Template.fromStack(synthesize((scope) => new EventsToLakehouse(scope, 'events-to-lakehouse')));
    const before = Object.keys(without.toJSON().Resources);
    expect(before.filter((id) => !(id in resources))).toEqual([]);
    const added = Object.keys(resources).filter((id) => !before.includes(id));
    expect(added.map((id) => resources[id].Type).sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::RedshiftServerless::Namespace',
      'AWS::RedshiftServerless::Workgroup',
    ]);
  });

  test('is not public, and reads the table without writing anything', () => {
    const [workgroup] = idsOf('AWS::RedshiftServerless::Workgroup').map((id) => resources[id].Properties);
    expect(workgroup).toMatchObject({ PubliclyAccessible: false, EnhancedVpcRouting: true });
    const [policy] = idsOf('AWS::IAM::Policy').filter((id) => id.startsWith('WarehouseRole'));
    const actions = resources[policy].Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action);
    expect(actions.filter((action: string) => !/^(glue:Get|s3:Get|s3:List)/.test(action))).toEqual([]);
  });
});

test('docs/nag.md explains the findings of no other stack', () => {
  expect(
    documentedFindings()
      .map(({ stack }) => stack)
      .filter((stack) => !EXAMPLES.some(([name]) => name === stack)),
  ).toEqual([]);
});
