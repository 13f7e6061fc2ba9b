import { SecretValue } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  ClientAuthentication,
  ClientIdentity,
  ResourcePattern,
  ServerlessCluster,
  TopicBrowser,
  TopicBrowserAccess,
} from '../../lib';
import type { LoadBalancerAccessOptions, TopicBrowserProps } from '../../lib';
import { CLUSTER_ARN, cluster, idsOf, importedVpc, onlyOne, resourcesOf, stack, vpc } from '../support/fixtures';
import { GROUP_ARN, TOPIC_ARN, allowed } from './consumers';

type Options = Partial<TopicBrowserProps> & { readonly of?: Stack };

function browser({ of = stack(), ...props }: Options = {}): Stack {
  new TopicBrowser(of, 'Billing', {
    topics: [ResourcePattern.literal('paid')],
    ...props,
    cluster: props.cluster ?? cluster(of),
  });
  return of;
}

const containerOf = (of: Stack) => onlyOne(of, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions[0];
const environmentOf = (of: Stack): Record<string, any> =>
  Object.fromEntries(containerOf(of).Environment.map(({ Name, Value }: any) => [Name, Value]));

describe('[197] a topic browser', () => {
  test('may read its topics and nothing else', () => {
    expect(allowed(browser({ consumerGroups: [ResourcePattern.literal('billing')] }))).toEqual({
      [CLUSTER_ARN]: [
        'kafka-cluster:Connect',
        'kafka-cluster:DescribeCluster',
        'kafka-cluster:DescribeClusterDynamicConfiguration',
      ],
      [TOPIC_ARN]: [
        'kafka-cluster:DescribeTopic',
        'kafka-cluster:DescribeTopicDynamicConfiguration',
        'kafka-cluster:ReadData',
      ],
      [GROUP_ARN]: ['kafka-cluster:DescribeGroup'],
    });
    expect(environmentOf(browser()).KAFKA_CLUSTERS_0_READONLY).toBe('true');
  });

  test('may write only if that is said', () => {
    const of = browser({ writable: true });
    expect(allowed(of)[TOPIC_ARN]).toEqual(
      expect.arrayContaining(['kafka-cluster:WriteData', 'kafka-cluster:DeleteTopic']),
    );
    expect(environmentOf(of).KAFKA_CLUSTERS_0_READONLY).toBe('false');
  });

  test('does not ask a serverless cluster for the settings of brokers that it has not', () => {
    const of = stack();
    browser({ of, cluster: new ServerlessCluster(of, 'Serverless', { vpc: importedVpc(of) }) });
    expect(JSON.stringify(resourcesOf(of))).not.toContain('DescribeClusterDynamicConfiguration');
  });

  test('knows the cluster by IAM', () => {
    const environment = environmentOf(browser());
    expect(environment).toMatchObject({
      DYNAMIC_CONFIG_ENABLED: 'false',
      KAFKA_CLUSTERS_0_PROPERTIES_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_CLUSTERS_0_PROPERTIES_SASL_MECHANISM: 'AWS_MSK_IAM',
      KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG: 'software.amazon.msk.auth.iam.IAMLoginModule required;',
      KAFKA_CLUSTERS_0_PROPERTIES_SASL_CLIENT_CALLBACK_HANDLER_CLASS:
        'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
    });
  });

  test('knows it by user and password, from the secret', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const secret = new secretsmanager.Secret(of, 'Credentials', { secretName: 'AmazonMSK_browser' });
    browser({ of, cluster: orders, identity: ClientIdentity.scram(secret) });
    expect(containerOf(of).Secrets.map(({ Name }: any) => Name)).toEqual(['BROWSER_USERNAME', 'BROWSER_PASSWORD']);
    expect(environmentOf(of).KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG).toContain('password="${BROWSER_PASSWORD}"');
  });

  test('nothing is open: people come by a session into the task', () => {
    const of = browser();
    expect(idsOf(of, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([]);
    expect(onlyOne(of, 'AWS::ECS::Service').Properties.EnableExecuteCommand).toBe(true);
    const [id] = idsOf(of, 'AWS::EC2::SecurityGroup').filter((each) => each.startsWith('Billing'));
    expect(resourcesOf(of)[id].Properties.SecurityGroupIngress).toBeUndefined();
    // The brokers' own group lets the browser in, and that is the only way that is opened.
    expect(idsOf(of, 'AWS::EC2::SecurityGroupIngress')).toHaveLength(1);
  });
});

describe('[197] by a load balancer', () => {
  const LOGIN = {
    issuer: 'https://login.example.com',
    authorizationEndpoint: 'https://login.example.com/authorize',
    tokenEndpoint: 'https://login.example.com/token',
    userInfoEndpoint: 'https://login.example.com/me',
    clientId: 'browser',
    clientSecret: SecretValue.secretsManager('oidc'),
  };

  function balanced(options: Partial<LoadBalancerAccessOptions>): Stack {
    const of = stack();
    const network = vpc(of);
    const certificate = acm.Certificate.fromCertificateArn(
      of,
      'Certificate',
      'arn:aws:acm:eu-west-1:123456789012:certificate/a',
    );
    return browser({
      of,
      cluster: cluster(of, 'Orders', { vpc: network }),
      access: TopicBrowserAccess.loadBalancer({ certificates: [certificate], ...options }),
    });
  }

  test('only from within the VPC, over HTTPS, and without sessions into the task', () => {
    const of = balanced({});
    expect(onlyOne(of, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.Scheme).toBe('internal');
    expect(onlyOne(of, 'AWS::ElasticLoadBalancingV2::Listener').Properties).toMatchObject({
      Port: 443,
      Protocol: 'HTTPS',
    });
    const [id] = idsOf(of, 'AWS::EC2::SecurityGroup').filter((each) => each.startsWith('BillingLoadBalancer'));
    expect(JSON.stringify(resourcesOf(of)[id].Properties.SecurityGroupIngress)).not.toContain('0.0.0.0/0');
    expect(onlyOne(of, 'AWS::ECS::Service').Properties.EnableExecuteCommand).not.toBe(true);
  });

  test('from everywhere only for who has logged in', () => {
    expect(() => balanced({ internetFacing: true })).toThrow('whoever found the address would read your records');
    const of = balanced({ internetFacing: true, login: LOGIN });
    const { DefaultActions } = onlyOne(of, 'AWS::ElasticLoadBalancingV2::Listener').Properties;
    expect(DefaultActions.map(({ Type }: any) => Type)).toEqual(['authenticate-oidc', 'forward']);
  });

  test('from those who are named', () => {
    const of = balanced({ peers: [ec2.Peer.ipv4('10.1.0.0/16')] });
    const [id] = idsOf(of, 'AWS::EC2::SecurityGroup').filter((each) => each.startsWith('BillingLoadBalancer'));
    expect(resourcesOf(of)[id].Properties.SecurityGroupIngress).toEqual([
      expect.objectContaining({ CidrIp: '10.1.0.0/16', FromPort: 443 }),
    ]);
  });
});

test('refuses what can not be meant', () => {
  expect(() => browser({ topics: [] })).toThrow('name `topics`');
});
