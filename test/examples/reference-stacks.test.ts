import * as childProcess from 'child_process';
import * as dns from 'dns';
import * as net from 'net';
import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { REFERENCE_STACKS, addReferenceStacks } from '../../examples';
import { EventsToLakehouse } from '../../examples/events-to-lakehouse';
import { app, idsOf, onlyOne, resourcesOf, textOf, warningsOf } from '../support/fixtures';
import { documentedFindings, nagFindings } from '../support/nag';

const EXAMPLES = Object.entries(REFERENCE_STACKS).map(([name, ReferenceStack]): [string, (app: App) => Stack] => [
  name,
  (scope) => new ReferenceStack(scope, name),
]);

// The example app carries no version metadata: neither does it here.
const synthesize = (create: (app: App) => Stack) => create(app({ analyticsReporting: false }));

test('[112] all of them synthesize without network and without another program', () => {
  const forbidden = (what: string) => () => {
    throw new Error(`synthesis may not use ${what}`);
  };
  const spies = [
    jest.spyOn(net.Socket.prototype, 'connect').mockImplementation(forbidden('the network')),
    jest.spyOn(dns, 'lookup').mockImplementation(forbidden('DNS')),
    ...(['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const).map((name) =>
      jest.spyOn(childProcess, name).mockImplementation(forbidden(`child_process.${name}`)),
    ),
  ];
  try {
    expect(() => childProcess.execFileSync('node')).toThrow('may not use child_process.execFileSync');
    const scope = app({ analyticsReporting: false });
    addReferenceStacks(scope);
    expect(scope.synth().stacks.length).toBeGreaterThanOrEqual(EXAMPLES.length);
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
});

describe.each(EXAMPLES)('%s', (name, create) => {
  test('[S-19, 117] equals its snapshot', () => {
    // A snapshot is compared on one version of the CDK only: the lowest that we support.
    expect(Template.fromStack(synthesize(create)).toJSON()).toMatchSnapshot();
  });

  test('[118] has exactly the findings that docs/nag.md explains', () => {
    expect(nagFindings(synthesize(create))).toEqual(documentedFindings(name));
  });

  // The CDK adds this right only to roles that it makes itself; without it the function can not be created.
  test('lets every function in a VPC make its network interfaces', () => {
    const template = Template.fromStack(synthesize(create)).toJSON().Resources as Record<string, any>;
    const resources = Object.values(template);
    const inVpc = resources.filter(({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.VpcConfig);
    const policiesOf = (role: string) => [
      ...(template[role].Properties.Policies ?? []),
      ...resources
        .filter(
          ({ Type, Properties }) =>
            Type === 'AWS::IAM::Policy' && Properties.Roles.some(({ Ref }: any) => Ref === role),
        )
        .map(({ Properties }) => Properties),
    ];
    const without = inVpc
      .map(({ Properties }) => Properties.Role['Fn::GetAtt'][0])
      .filter((role) => {
        const statements = policiesOf(role).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
        return !statements.some(({ Action }) => [Action].flat().includes('ec2:CreateNetworkInterface'));
      });
    expect(without).toEqual([]);
  });

  test('holds nothing that outlives `cdk destroy`', () => {
    const resources = Template.fromStack(synthesize(create)).toJSON().Resources as Record<string, any>;
    const kept = Object.entries(resources).filter(
      ([, { DeletionPolicy }]) => (DeletionPolicy ?? 'Delete') !== 'Delete',
    );
    expect(kept.map(([logicalId]) => logicalId)).toEqual([]);
  });

  test('is for no particular account and Region', () => {
    const synthesized = (account: string) => {
      const context = { ownerAccount: account, clientAccount: account };
      return new REFERENCE_STACKS[name](app({ context }), name).environment;
    };
    // Who lets in another account has to know its own: it is said from outside.
    const account = name.startsWith('cross-account-') ? '999999999999' : 'unknown-account';
    expect(synthesized('999999999999')).toBe(`aws://${account}/unknown-region`);
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

describe('[50] two accounts', () => {
  const OWNER = '111111111111';
  const CLIENT = '222222222222';
  const clusterArn = `arn:aws:kafka:eu-west-1:${OWNER}:cluster/payments/0a1b2c3d-0000-4000-8000-000000000001-7`;
  const create = (name: string) =>
    new REFERENCE_STACKS[name](app({ context: { ownerAccount: OWNER, clientAccount: CLIENT, clusterArn } }), name);
  const owner = create('cross-account-owner');
  const client = create('cross-account-client');
  const { Properties: mapping } = onlyOne(client, 'AWS::Lambda::EventSourceMapping');
  const role = Object.values(resourcesOf(client)).find(({ Properties }) => Properties?.RoleName !== undefined);

  test('agree on what the role of the client may read: the policy of the cluster has it, and the role too', () => {
    const rights = (statements: any[], arn: string) =>
      statements.flatMap(({ Action, Resource }) =>
        [Action]
          .flat()
          .filter((action: string) => action.startsWith('kafka-cluster:'))
          .map((action: string) => `${action} ${textOf(Resource, { [arn]: clusterArn })}`),
      );
    const [arn] = idsOf(owner, 'AWS::MSK::Cluster').map((id) => `${id}.Arn`);
    const policy = onlyOne(owner, 'AWS::MSK::ClusterPolicy').Properties.Policy.Statement;
    const own = idsOf(client, 'AWS::IAM::Policy').flatMap(
      (id) => resourcesOf(client)[id].Properties.PolicyDocument.Statement,
    );
    const inCluster = (kind: string, resource: string) => `${clusterArn.replace(':cluster/', `:${kind}/`)}/${resource}`;
    const [topic] = mapping.Topics;
    const group = mapping.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId;
    expect(rights(policy, arn)).toEqual([
      `kafka-cluster:Connect ${clusterArn}`,
      `kafka-cluster:DescribeTopic ${inCluster('topic', topic)}`,
      `kafka-cluster:ReadData ${inCluster('topic', topic)}`,
      `kafka-cluster:AlterGroup ${inCluster('group', group)}`,
      `kafka-cluster:DescribeGroup ${inCluster('group', group)}`,
    ]);
    expect(rights(own, '').sort()).toEqual(rights(policy, arn).sort());
  });

  test('the owner lets in the account to connect, and of it that role alone to read', () => {
    const policy: any[] = onlyOne(owner, 'AWS::MSK::ClusterPolicy').Properties.Policy.Statement;
    expect(new Set(policy.map(({ Principal }) => textOf(Principal.AWS)))).toEqual(
      new Set([`arn:<AWS::Partition>:iam::${CLIENT}:root`]),
    );
    const [connect, ...read] = policy;
    expect([connect.Action, connect.Condition]).toEqual([
      expect.arrayContaining(['kafka:CreateVpcConnection']),
      undefined,
    ]);
    expect(new Set(read.map(({ Condition }) => textOf(Condition.ArnEquals['aws:PrincipalArn'])))).toEqual(
      new Set([`arn:<AWS::Partition>:iam::${CLIENT}:role/${role?.Properties.RoleName}`]),
    );
  });

  test('the client reads over a connection to the cluster that it was told of, and nothing is left to say', () => {
    const { TargetClusterArn, Authentication } = onlyOne(client, 'AWS::MSK::VpcConnection').Properties;
    expect([TargetClusterArn, Authentication]).toEqual([clusterArn, 'SASL_IAM']);
    const [connection] = idsOf(client, 'AWS::MSK::VpcConnection');
    expect(mapping.EventSourceArn).toEqual({ 'Fn::GetAtt': [connection, 'Arn'] });
    expect([...warningsOf(owner), ...warningsOf(client)]).toEqual([]);
  });
});

test('docs/nag.md explains the findings of no other stack', () => {
  expect(
    documentedFindings()
      .map(({ stack }) => stack)
      .filter((stack) => !EXAMPLES.some(([name]) => name === stack)),
  ).toEqual([]);
});
