import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acmpca from 'aws-cdk-lib/aws-acmpca';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  AuthenticationMechanism,
  ClientAuthentication,
  ClientIdentity,
  ClusterNetworkType,
  KafkaVersion,
} from '../../lib/cluster';
import type { ProvisionedClusterProps } from '../../lib/cluster';
import { MskVpcConnection } from '../../lib/connect';
import {
  app,
  cluster,
  differences,
  idsOf,
  importedVpc,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  stack,
  vpc,
  warningsOf,
} from '../support/fixtures';

keepReportsQuiet();

/** Mutual TLS with an authority that is there already. */
const mutualTls = () =>
  ClientAuthentication.mutualTls([
    acmpca.CertificateAuthority.fromCertificateAuthorityArn(
      stack(),
      'Authority',
      'arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/0a1b2c3d-0000-4000-8000-000000000001',
    ),
  ]);

const { IAM, SCRAM, MUTUAL_TLS, UNAUTHENTICATED } = AuthenticationMechanism;

function settingsOf(props: Partial<ProvisionedClusterProps>): any {
  const scope = stack();
  cluster(scope, 'Orders', props);
  return onlyOne(scope, 'Custom::MskClusterSettings').Properties;
}

describe('settings that the service refuses at creation', () => {
  test('add nothing where none is named, and nothing to the cluster', () => {
    const [plain, settled] = [stack(), stack()];
    cluster(plain);
    cluster(settled, 'Orders', { vpcConnectivity: [IAM], networkType: ClusterNetworkType.DUAL });
    expect(idsOf(plain, 'AWS::StepFunctions::StateMachine')).toEqual([]);
    const [id] = idsOf(plain, 'AWS::MSK::Cluster');
    expect(differences(resourcesOf(plain)[id], resourcesOf(settled)[id])).toEqual([]);
  });

  test.each<[string, Partial<ProvisionedClusterProps>, object]>([
    ['[44] dual stack', { networkType: ClusterNetworkType.DUAL }, { NetworkType: 'DUAL' }],
    ['[47] connectivity', { vpcConnectivity: [IAM] }, { VpcConnectivity: ['SASL_IAM'] }],
    ['[47] no connectivity', { vpcConnectivity: [] }, { VpcConnectivity: [] }],
    ['[45] no public access', { publicAccess: false }, { PublicAccess: 'DISABLED' }],
  ])('%s, in the words of the service', (_, props, expected) => {
    expect(settingsOf(props).Settings).toEqual(expected);
  });

  test('[44] IPV4 is what every cluster has: there is nothing to do, and no way back', () => {
    const scope = stack();
    cluster(scope, 'Orders', { networkType: ClusterNetworkType.IPV4 });
    expect(idsOf(scope, 'Custom::MskClusterSettings')).toEqual([]);
  });

  test('[46] the function is told where to signal by name, never by the URL that answers in its place', () => {
    const scope = stack();
    cluster(scope, 'Orders', { vpcConnectivity: [IAM] });
    const [handle] = idsOf(scope, 'AWS::CloudFormation::WaitConditionHandle');
    const { Properties } = onlyOne(scope, 'Custom::MskClusterSettings');
    expect(Properties.Handle).toBe(handle);
    expect(Number(Properties.ServiceTimeout)).toBeLessThanOrEqual(3600);
    const condition = onlyOne(scope, 'AWS::CloudFormation::WaitCondition');
    expect(condition.Properties).toEqual({ Handle: { Ref: handle }, Timeout: '43200', Count: 1 });
    expect(condition.DependsOn).toEqual(idsOf(scope, 'Custom::MskClusterSettings'));
    const references = JSON.stringify(resourcesOf(scope)).split(`{"Ref":"${handle}"}`).length - 1;
    expect(references).toBe(1);
  });

  test('[46] another setting has another handle, and so has a cluster that is replaced; another order has not', () => {
    const handleOf = (props: Partial<ProvisionedClusterProps>) => settingsOf(props).Handle;
    const both = handleOf({
      authentication: [ClientAuthentication.iam(), mutualTls()],
      ...closed,
      vpcConnectivity: [IAM, MUTUAL_TLS],
    });
    expect(
      handleOf({
        authentication: [ClientAuthentication.iam(), mutualTls()],
        ...closed,
        vpcConnectivity: [MUTUAL_TLS, IAM],
      }),
    ).toBe(both);
    const first = handleOf({ vpcConnectivity: [IAM] });
    expect(handleOf({ vpcConnectivity: [IAM], brokerLogs: [] })).toBe(first);
    expect(handleOf({ vpcConnectivity: [] })).not.toBe(first);
    expect(handleOf({ vpcConnectivity: [IAM], clusterName: 'orders-2' })).not.toBe(first);
  });

  const closed = { serverProperties: { other: { 'allow.everyone.if.no.acl.found': 'false' } } };

  test('the function may change this cluster and no other, and open it to the internet only where that was asked', () => {
    const statementOf = (props: Partial<ProvisionedClusterProps>) => {
      const scope = stack();
      const home = vpc(scope);
      cluster(scope, 'Orders', { vpc: home, ...props });
      const policies = Object.values(resourcesOf(scope)).filter(({ Type }) => Type === 'AWS::IAM::Policy');
      return policies
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .find(({ Action }: any) => [Action].flat().includes('kafka:UpdateConnectivity'));
    };
    const closedStatement = statementOf({ vpcConnectivity: [IAM] });
    expect(closedStatement.Condition).toEqual({ BoolIfExists: { 'kafka:publicAccessEnabled': 'false' } });
    expect(closedStatement.Resource['Fn::GetAtt'][1]).toBe('Arn');
    expect(statementOf({ publicAccess: false }).Condition).toBeDefined();
    const open = { publicAccess: true, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } };
    expect(statementOf(open).Condition).toBeUndefined();
  });

  test('two clusters of a stack share function and state machine', () => {
    const scope = stack();
    cluster(scope, 'One', { vpcConnectivity: [IAM] });
    cluster(scope, 'Two', { vpcConnectivity: [IAM] });
    expect(idsOf(scope, 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
    expect(idsOf(scope, 'AWS::CloudFormation::WaitCondition')).toHaveLength(2);
  });

  test('who says nothing of himself can not come from other VPCs', () => {
    expect(() => settingsOf({ vpcConnectivity: [UNAUTHENTICATED] })).toThrow(
      'MSK-CLUSTER-VPC-CONNECTIVITY: other VPCs reach a cluster by IAM, SCRAM or MUTUAL_TLS, got UNAUTHENTICATED',
    );
  });

  test('[45] public access in private subnets fails at synth, and says how to select others', () => {
    const scope = stack();
    cluster(scope, 'Orders', { publicAccess: true });
    expect(() => Template.fromStack(scope)).toThrow(
      /MSK-CLUSTER-PUBLIC-ACCESS: public access needs public subnets.*subnetType: ec2.SubnetType.PUBLIC/s,
    );
  });

  test('[45] [47] SCRAM needs ACLs that are looked at', () => {
    for (const props of [
      { publicAccess: true, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } },
      { vpcConnectivity: [SCRAM] },
    ]) {
      const build = (more: object) => {
        const scope = stack();
        cluster(scope, 'Orders', {
          vpc: vpc(scope),
          authentication: [ClientAuthentication.scram()],
          ...props,
          ...more,
        });
        return () => Template.fromStack(scope);
      };
      expect(build({})).toThrow(/set allow.everyone.if.no.acl.found=false/);
      expect(build(closed)).not.toThrow();
    }
  });

  test('a connection knows that connectivity will be on, and waits for it', () => {
    const warned = (vpcConnectivity?: AuthenticationMechanism[]) => {
      const scope = stack();
      const orders = cluster(scope, 'Orders', { vpcConnectivity });
      new MskVpcConnection(scope, 'Connection', { cluster: orders, vpc: importedVpc(scope, 'Clients') });
      return warningsOf(scope).filter((text) => text.includes('MSK-VPC-CONNECTION-CONNECTIVITY')).length;
    };
    expect(warned()).toBe(1);
    expect(warned([])).toBe(1);
    expect(warned([IAM])).toBe(0);
  });
});

describe('the broker strings that follow', () => {
  const both = [ClientAuthentication.iam(), mutualTls()];

  test.each<
    [
      string,
      Partial<ProvisionedClusterProps>,
      'publicForIdentity' | 'vpcConnectivityForIdentity' | 'ipv6ForIdentity',
      string,
    ]
  >([
    [
      '[77]',
      { publicAccess: true, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } },
      'publicForIdentity',
      'BootstrapBrokerStringPublicSaslIam',
    ],
    ['[78]', { vpcConnectivity: [IAM] }, 'vpcConnectivityForIdentity', 'BootstrapBrokerStringVpcConnectivitySaslIam'],
    ['[44]', { networkType: ClusterNetworkType.DUAL }, 'ipv6ForIdentity', 'BootstrapBrokerStringSaslIamIpv6'],
  ])('%s are looked up once the setting is in place: %p', (_, props, method, listener) => {
    const scope = stack();
    const orders = cluster(scope, 'Orders', { vpc: vpc(scope), ...props });
    expect(scope.resolve(orders.bootstrapBrokers[method]())).toEqual({ 'Fn::GetAtt': [expect.any(String), listener] });
    const lookup = onlyOne(scope, 'Custom::MskBootstrapBrokers');
    expect(lookup.Properties.Listeners).toEqual([listener]);
    expect(lookup.DependsOn).toEqual(expect.arrayContaining(idsOf(scope, 'AWS::CloudFormation::WaitCondition')));
    // Another setting is another set of strings.
    expect(lookup.Properties).toMatchObject(onlyOne(scope, 'Custom::MskClusterSettings').Properties.Settings);
  });

  test.each([
    [{ publicAccess: false }, 'publicForIdentity', '`publicAccess: true`'],
    [{}, 'publicForIdentity', '`publicAccess: true`'],
    [{ vpcConnectivity: [IAM] }, 'vpcConnectivityForIdentity', '`vpcConnectivity` with MUTUAL_TLS'],
    [{}, 'ipv6ForIdentity', '`networkType: ClusterNetworkType.DUAL`'],
  ] as const)('[77, 78] of a listener that will not be there are refused: %p', (props, method, fix) => {
    const scope = stack();
    const orders = cluster(scope, 'Orders', { authentication: both, ...props } as object);
    const secret = { secretArn: 'arn' } as any;
    expect(() => orders.bootstrapBrokers[method](ClientIdentity.mutualTls(secret))).toThrow(fix);
  });
});

test('the settings of a cluster in another app context are the same template', () => {
  const template = () => {
    const scope = new Stack(app(), 'Stack');
    cluster(scope, 'Orders', { vpcConnectivity: [IAM], kafkaVersion: KafkaVersion.V3_9_X_KRAFT });
    return Template.fromStack(scope).toJSON();
  };
  expect(template()).toEqual(template());
});

describe('[37] a key of its own', () => {
  test('is made on request, rotates, and is kept with the cluster', () => {
    const scope = stack();
    cluster(scope, 'Orders', { createEncryptionKey: true });
    const [id] = idsOf(scope, 'AWS::KMS::Key');
    expect(onlyOne(scope, 'AWS::KMS::Key')).toMatchObject({
      Properties: { EnableKeyRotation: true },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(onlyOne(scope, 'AWS::MSK::Cluster').Properties.EncryptionInfo.EncryptionAtRest).toEqual({
      DataVolumeKMSKeyId: { 'Fn::GetAtt': [id, 'Arn'] },
    });
  });

  test('is not made beside one that is given, nor unasked', () => {
    const scope = stack();
    const encryptionKey = kms.Key.fromKeyArn(scope, 'Given', 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d');
    expect(() => cluster(scope, 'Both', { createEncryptionKey: true, encryptionKey })).toThrow('EncryptionKeyTwice');
    const plain = stack();
    cluster(plain);
    expect(idsOf(plain, 'AWS::KMS::Key')).toEqual([]);
  });
});
