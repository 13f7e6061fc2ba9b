import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Errors, Fn, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { arnInCluster } from '../../lib/private/arn';
import { handlerAssetPath } from '../../lib/private/assets';
import { validationError } from '../../lib/private/errors';
import { OwnPolicyPrincipal } from '../../lib/private/own-policy';
import { isTokenList, subnetPerZone, zoneOf } from '../../lib/private/subnets';
import { CLUSTER_ARN, idsOf, importedVpc, onlyOne, stack, textOf } from '../support/fixtures';

const PROJECT = join(__dirname, '..', '..');

describe('an error', () => {
  test('is the CDK’s own, with code and path', () => {
    const of = stack();
    const error: any = validationError('MSK-TOPIC-NAME', "the name 'a b' is refused", of);
    expect(Errors.isValidationError(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'MSK-TOPIC-NAME',
      message: "MSK-TOPIC-NAME: the name 'a b' is refused",
      constructPath: 'Stack',
    });
  });

  test('may belong to no construct', () => {
    const error: any = validationError('RetentionNegative', 'got -2');
    expect(Errors.isValidationError(error)).toBe(true);
    expect(error).toMatchObject({ name: 'RetentionNegative', message: 'RetentionNegative: got -2' });
  });
});

describe('without the internal modules of the CDK', () => {
  // A later release that takes them away does so by name; the CDK itself goes on to use the files.
  const script = `
    const Module = require('module');
    const resolve = Module._resolveFilename;
    const hidden = ['aws-cdk-lib/core/lib/helpers-internal', 'aws-cdk-lib/core/lib/prop-injectable'];
    const asked = new Set();
    Module._resolveFilename = function (request, ...rest) {
      if (hidden.includes(request)) {
        asked.add(request);
        throw Object.assign(new Error('gone'), { code: 'MODULE_NOT_FOUND' });
      }
      return resolve.call(this, request, ...rest);
    };
    const { App, Stack } = require('aws-cdk-lib');
    const lib = require('./lib/index.ts');
    const { validationError } = require('./lib/private/errors.ts');
    const stack = new Stack(new App(), 'Stack');
    const cluster = lib.MskCluster.fromClusterArn(stack, 'Orders', '${CLUSTER_ARN}');
    new lib.KafkaTopic(stack, 'Paid', { cluster, topicName: 'paid', partitions: 1, replicationFactor: 3 });
    const errors = [];
    try { new lib.KafkaTopic(stack, 'Bad', { cluster, topicName: 'bad', partitions: 1 }); } catch (error) { errors.push(error); }
    errors.push(validationError('RetentionNegative', 'got -2'));
    console.log(JSON.stringify({
      asked: [...asked].sort(),
      errors: errors.map(({ name, message }) => ({ name, message })),
      types: Object.values(stack._toCloudFormation().Resources).map(({ Type }) => Type),
    }));
  `;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { cwd: PROJECT, encoding: 'utf8' });
  const result = () => {
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout.split('\n').find((line) => line.startsWith('{'))!);
  };

  test('the package loads, and its constructs work', () => {
    expect(result().asked).toEqual(['aws-cdk-lib/core/lib/helpers-internal', 'aws-cdk-lib/core/lib/prop-injectable']);
    expect(result().types).toEqual(['AWS::MSK::Topic']);
  });

  test('an error still says code and path', () => {
    expect(result().errors).toEqual([
      { name: 'ValidationError', message: expect.stringMatching(/^\[Stack\/Bad\] ClusterZonesUnknown: the zones /) },
      { name: 'ValidationError', message: 'RetentionNegative: got -2' },
    ]);
  });
});

describe('the principal with a policy of its own', () => {
  const roleIn = (of = stack()) =>
    new iam.Role(of, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  const statement = () => new iam.PolicyStatement({ actions: ['kafka-cluster:Connect'], resources: [CLUSTER_ARN] });

  test('has one for each key', () => {
    const role = roleIn();
    const [one, again, other] = ['One', 'One', 'Other'].map(
      (key) => OwnPolicyPrincipal.redirect(role, key).grantPrincipal,
    );
    [one, again, other].forEach((principal) => principal.addToPrincipalPolicy(statement()));
    expect(role.node.children.map(({ node }) => node.id)).toEqual(expect.arrayContaining(['One', 'Other']));
    expect(idsOf(role.stack, 'AWS::IAM::Policy')).toHaveLength(2);
  });

  test('puts it where the owner says', () => {
    const of = stack();
    const owner = new iam.Group(of, 'Owner');
    OwnPolicyPrincipal.redirect(roleIn(of), 'Policy', owner).grantPrincipal.addToPrincipalPolicy(statement());
    expect(owner.node.tryFindChild('Policy')).toBeDefined();
    expect(onlyOne(of, 'AWS::IAM::Policy').Properties.Roles).toEqual([{ Ref: idsOf(of, 'AWS::IAM::Role')[0] }]);
  });

  test('is not redirected twice', () => {
    const redirected = OwnPolicyPrincipal.redirect(roleIn(), 'One');
    expect(OwnPolicyPrincipal.redirect(redirected, 'Other')).toBe(redirected);
  });

  test('is the principal in every other respect', () => {
    const role = roleIn();
    const { grantPrincipal } = OwnPolicyPrincipal.redirect(role, 'One');
    expect(grantPrincipal.assumeRoleAction).toBe(role.assumeRoleAction);
    expect(grantPrincipal.policyFragment).toBe(role.policyFragment);
    expect(grantPrincipal.principalAccount).toBe(role.principalAccount);
  });

  test('gives what it waits for', () => {
    const role = roleIn();
    const { grantPrincipal } = OwnPolicyPrincipal.redirect(role, 'One');
    expect(grantPrincipal.addToPrincipalPolicy(statement())).toEqual({
      statementAdded: true,
      policyDependable: role.node.findChild('One'),
    });
  });

  test('remembers what it could not add, and leaves no policy behind', () => {
    const of = stack();
    const unknown = lambda.Function.fromFunctionArn(of, 'Fn', 'arn:aws:lambda:eu-west-1:123456789012:function:billing');
    for (const grantee of [unknown, roleIn(of).withoutPolicyUpdates()]) {
      const principal = OwnPolicyPrincipal.redirect(grantee, 'Policy', of) as OwnPolicyPrincipal;
      expect(principal.addToPrincipalPolicy(statement())).toEqual({ statementAdded: false });
      expect(principal.refused).toEqual([statement()]);
      expect(of.node.tryFindChild('Policy')).toBeUndefined();
    }
  });
});

describe('an ARN inside a cluster', () => {
  const expected =
    'arn:aws:kafka:eu-west-1:123456789012:transactional-id/orders/0a1b2c3d-0000-4000-8000-000000000001-7/tx';

  test('is a literal where the cluster’s is one', () => {
    expect(arnInCluster(CLUSTER_ARN, 'transactional-id', 'tx')).toBe(expected);
  });

  test('is made by CloudFormation where only it knows the cluster’s', () => {
    const arn = stack().resolve(
      arnInCluster(Token.asString({ 'Fn::GetAtt': ['Orders', 'Arn'] }), 'transactional-id', 'tx'),
    );
    expect(textOf(arn, { 'Orders.Arn': CLUSTER_ARN })).toBe(expected);
  });
});

describe('the subnets of a cluster', () => {
  test('are known by their zone, or not at all', () => {
    const of = stack();
    const [subnet] = importedVpc(of).privateSubnets;
    expect(zoneOf(of, subnet)).toBe('"eu-west-1a"');
    expect(zoneOf(of, ec2.Subnet.fromSubnetId(of, 'Unknown', 'subnet-x'))).toBeUndefined();
    const availabilityZone = Fn.select(0, Fn.getAzs());
    const computed = ec2.Subnet.fromSubnetAttributes(of, 'Computed', { subnetId: 'subnet-y', availabilityZone });
    expect(zoneOf(of, computed)).toBe('{"Fn::Select":[0,{"Fn::GetAZs":""}]}');
  });

  test('are taken in the order of the selection', () => {
    const of = stack();
    const subnets = [...importedVpc(of).privateSubnets].reverse();
    expect(subnetPerZone(of, importedVpc(of, 'Other'), { subnets }, 2)).toEqual(subnets.slice(0, 2));
  });

  test('may be a list that only CloudFormation knows', () => {
    const of = stack();
    const list = Fn.split(',', Fn.importValue('Subnets'));
    expect(isTokenList(list.map((id) => ec2.Subnet.fromSubnetId(of, 'List', id)))).toBe(true);
    expect(isTokenList([ec2.Subnet.fromSubnetId(of, 'One', Fn.importValue('Subnet'))])).toBe(false);
    expect(isTokenList(importedVpc(of).privateSubnets)).toBe(false);
  });
});

test.each(['bootstrap-brokers', 'macie-session'])('the bundle of %s is where the construct looks for it', (handler) => {
  expect(existsSync(join(handlerAssetPath(handler), 'index.js'))).toBe(true);
});
