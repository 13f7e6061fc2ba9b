import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, EksConsumer, EksPodIdentity, EksScaling } from '../../lib';
import type { EksConsumerProps } from '../../lib';
import { CLUSTER_ARN, cluster, idsOf, onlyOne, resourcesOf, stack, textOf } from '../support/fixtures';
import { CONSUME, allowed, topicOf } from './consumers';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/ABC';
const PROVIDER = `arn:aws:iam::123456789012:oidc-provider/${ISSUER}`;

type Options = Partial<EksConsumerProps> & { readonly of?: Stack };

function consumer({ of = stack(), ...props }: Options = {}): EksConsumer {
  return new EksConsumer(of, 'Billing', {
    consumerGroup: 'billing',
    workloadName: 'billing',
    image: 'registry.example.com:5000/team/billing:1.2',
    podIdentity: EksPodIdentity.serviceAccount(
      iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(of, 'Provider', PROVIDER),
    ),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(of, 'Nodes', 'sg-nodes')],
    ...props,
    topic: props.topic ?? topicOf(cluster(of)),
  });
}

/** The objects of Kubernetes by kind, references as text. */
function objects(made: EksConsumer): Record<string, any> {
  const resolved = Stack.of(made).resolve(made.manifest) as any[];
  return Object.fromEntries(resolved.map((each) => [each.kind, readable(each)]));
}

function readable(value: any): any {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const [name] = Object.keys(value);
  return name === 'Ref' || name?.startsWith('Fn::')
    ? textOf(value)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}

const containerOf = (made: EksConsumer) => objects(made).Deployment.spec.template.spec.containers[0];
const environmentOf = (made: EksConsumer) =>
  Object.fromEntries(containerOf(made).env.map(({ name, value, valueFrom }: any) => [name, value ?? valueFrom]));
const trustOf = (of: Stack, prefix: string) =>
  resourcesOf(of)[idsOf(of, 'AWS::IAM::Role').find((id) => id.startsWith(prefix))!].Properties.AssumeRolePolicyDocument;

describe('[S-16] [136] pods of EKS', () => {
  test('may read their topics as their group, and nothing else', () => {
    const of = stack();
    consumer({ of });
    expect(allowed(of)).toEqual({ [CLUSTER_ARN]: ['kafka-cluster:Connect'], ...CONSUME });
  });

  test('are let in on one port by the group that is theirs already', () => {
    const of = stack();
    consumer({ of });
    const { SourceSecurityGroupId, FromPort, ToPort } = onlyOne(of, 'AWS::EC2::SecurityGroupIngress').Properties;
    expect([SourceSecurityGroupId, FromPort, ToPort]).toEqual(['sg-nodes', 9098, 9098]);
    expect(idsOf(of, 'AWS::EC2::SecurityGroup')).toHaveLength(1);
  });

  test('find brokers, topics, group and settings in their environment', () => {
    const environment = environmentOf(consumer({ environment: { STAGE: 'test' } }));
    expect(Object.keys(environment)).toEqual([
      'STAGE',
      'AWS_ROLE_SESSION_NAME',
      'KAFKA_BOOTSTRAP_SERVERS',
      'KAFKA_TOPICS',
      'KAFKA_GROUP_ID',
      'KAFKA_CLIENT_PROPERTIES',
    ]);
    expect(environment.KAFKA_CLIENT_PROPERTIES).toContain('sasl.mechanism=AWS_MSK_IAM');
  });

  test('are said as service account and deployment, with few rights on their machine', () => {
    const { ServiceAccount, Deployment, ...rest } = objects(consumer());
    expect(Object.keys(rest)).toEqual([]);
    expect(ServiceAccount.metadata).toMatchObject({ name: 'billing', namespace: 'default' });
    expect(Deployment.spec).toMatchObject({ replicas: 1, template: { spec: { serviceAccountName: 'billing' } } });
    expect(Deployment.spec.selector.matchLabels).toEqual(Deployment.spec.template.metadata.labels);
    const [{ securityContext }] = Deployment.spec.template.spec.containers;
    expect(securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
  });

  test('are one text for kubectl, and values for a chart', () => {
    const of = stack();
    const made = consumer({ of });
    expect(textOf(of.resolve(made.manifestJson))).toMatch(/^\{"apiVersion":"v1","kind":"List","items":\[/);
    const values = readable(of.resolve(made.helmValues));
    expect(values).toMatchObject({
      replicaCount: 1,
      image: { repository: 'registry.example.com:5000/team/billing', tag: '1.2' },
      serviceAccount: { create: true, name: 'billing' },
      extraObjects: [],
    });
    expect(values.env).toEqual(containerOf(made).env);
  });

  test.each([
    ['team/billing', { repository: 'team/billing' }],
    ['host:5000/billing', { repository: 'host:5000/billing' }],
    ['billing@sha256:0a', { repository: 'billing', digest: 'sha256:0a' }],
  ])('the image %s in values', (image, expected) => {
    const made = consumer({ image });
    expect((Stack.of(made).resolve(made.helmValues) as any).image).toEqual(expected);
  });

  test('are ready when topic, rights and network are', () => {
    const of = stack();
    const made = consumer({ of });
    const last = new ec2.CfnEIP(of, 'Last');
    last.node.addDependency(made.ready);
    const types = onlyOne(of, 'AWS::EC2::EIP').DependsOn!.map((id) => resourcesOf(of)[id].Type);
    expect(new Set(types)).toEqual(
      new Set([
        'AWS::MSK::Cluster',
        'AWS::MSK::Topic',
        'AWS::IAM::Policy',
        'AWS::IAM::Role',
        'AWS::EC2::SecurityGroupIngress',
      ]),
    );
  });
});

describe('[136] the session that brokers know pods by', () => {
  test('IRSA: one service account alone gets the role, in a session of one name', () => {
    const of = stack();
    const made = consumer({ of, workloadNamespace: 'shop' });
    const [{ Action, Condition, Principal }] = trustOf(of, 'BillingRole').Statement;
    expect(Action).toBe('sts:AssumeRoleWithWebIdentity');
    expect(Principal).toEqual({ Federated: PROVIDER });
    expect(Condition.StringEquals).toEqual({
      [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      [`${ISSUER}:sub`]: 'system:serviceaccount:shop:billing',
      'sts:RoleSessionName': 'billing',
    });
    expect(environmentOf(made).AWS_ROLE_SESSION_NAME).toBe('billing');
    const role = idsOf(of, 'AWS::IAM::Role').find((id) => id.startsWith('BillingRole'));
    expect(objects(made).ServiceAccount.metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': `<${role}.Arn>`,
    });
  });

  test('IRSA of a cluster that is not there yet: the same, as a text', () => {
    const of = stack();
    const provider = new iam.OidcProviderNative(of, 'Oidc', { url: 'https://x', clientIds: ['sts.amazonaws.com'] });
    consumer({ of, podIdentity: EksPodIdentity.serviceAccount(provider) });
    const [id] = idsOf(of, 'AWS::IAM::OIDCProvider');
    const trust = JSON.parse(textOf(trustOf(of, 'BillingRole'), { [id]: PROVIDER }));
    expect(Object.keys(trust.Statement[0].Condition.StringEquals)).toEqual([
      `${ISSUER}:aud`,
      `${ISSUER}:sub`,
      'sts:RoleSessionName',
    ]);
  });

  test('Pod Identity: its role takes the one with the rights, in a session of the name given', () => {
    const of = stack();
    const podIdentity = EksPodIdentity.podIdentityAgent({ eksClusterName: 'apps', sessionName: 'billing-of-apps' });
    const made = consumer({ of, podIdentity });
    const [agent] = trustOf(of, 'BillingPodRole').Statement;
    expect(agent.Principal).toEqual({ Service: 'pods.eks.amazonaws.com' });
    expect(textOf(agent.Condition.ArnEquals['aws:SourceArn'])).toMatch(/:cluster\/apps$/);
    const role = trustOf(of, 'BillingRole').Statement;
    expect(JSON.stringify(role)).toContain('"sts:RoleSessionName":"billing-of-apps"');
    const association = onlyOne(of, 'AWS::EKS::PodIdentityAssociation');
    expect(association.Properties).toMatchObject({
      ClusterName: 'apps',
      Namespace: 'default',
      ServiceAccount: 'billing',
    });
    expect(objects(made).ConfigMap.data.config).toMatch(
      /role_session_name = billing-of-apps\ncredential_source = EcsContainer/,
    );
    expect(environmentOf(made)).toMatchObject({ AWS_CONFIG_FILE: '/etc/aws-kafka/config', AWS_PROFILE: 'kafka' });
    const { volumes, containers } = objects(made).Deployment.spec.template.spec;
    expect([volumes[0].configMap.name, containers[0].volumeMounts[0].mountPath]).toEqual([
      'billing-aws',
      '/etc/aws-kafka',
    ]);
    expect(objects(made).ServiceAccount.metadata.annotations).toEqual({});
  });

  test('a session name that IAM does not take is refused', () => {
    const podIdentity = EksPodIdentity.podIdentityAgent({ eksClusterName: 'apps', sessionName: 'a b' });
    expect(() => consumer({ podIdentity })).toThrow("`sessionName` is 'a b'");
  });
});

describe('[136] scaling by KEDA', () => {
  const kedaRole = (of: Stack) =>
    new iam.Role(of, 'Keda', { assumedBy: new iam.ServicePrincipal('pods.eks.amazonaws.com') });

  test('looks at each topic, with a right to see the lag and none to read', () => {
    const of = stack();
    const orders = cluster(of);
    const made = consumer({
      of,
      topic: topicOf(orders),
      additionalTopics: [topicOf(orders, 'refunded')],
      scaling: EksScaling.onLag({ recordsPerReplica: 500, kedaRole: kedaRole(of) }),
    });
    const { ScaledObject, TriggerAuthentication, Deployment } = objects(made);
    expect(Deployment.spec.replicas).toBeUndefined();
    expect(ScaledObject.spec).toMatchObject({
      scaleTargetRef: { name: 'billing' },
      minReplicaCount: 1,
      maxReplicaCount: 24,
    });
    expect(ScaledObject.spec.triggers.map(({ metadata }: any) => metadata.topic)).toEqual(['paid', 'refunded']);
    expect(ScaledObject.spec.triggers[0]).toMatchObject({
      type: 'kafka',
      metadata: { lagThreshold: '500', sasl: 'oauthbearer', saslTokenProvider: 'aws_msk_iam', tls: 'enable' },
      authenticationRef: { name: TriggerAuthentication.metadata.name },
    });
    expect(TriggerAuthentication.spec).toEqual({ podIdentity: { provider: 'aws' } });
    const [policy] = idsOf(of, 'AWS::IAM::Policy').filter((id) => id.startsWith('BillingKedaPolicy'));
    const actions = resourcesOf(of)[policy].Properties.PolicyDocument.Statement.map(({ Action }: any) => Action);
    expect(actions).toEqual(['kafka-cluster:Connect', 'kafka-cluster:DescribeTopic', 'kafka-cluster:DescribeGroup']);
  });

  test('by IAM needs to know who looks', () => {
    expect(() => consumer({ scaling: EksScaling.onLag({ recordsPerReplica: 1 }) })).toThrow('give `kedaRole`');
  });

  test.each([
    [EksScaling.constant(-1), '`replicas` must be a whole number from 0'],
    [EksScaling.onLag({ recordsPerReplica: 0 }), '`recordsPerReplica` must be a whole number from 1'],
    [
      EksScaling.onLag({ recordsPerReplica: 1, minReplicas: 3, maxReplicas: 2 }),
      '`maxReplicas` must be a whole number from 3',
    ],
  ])('refuses what can not be meant (%#)', (scaling, message) => {
    expect(() => consumer({ scaling })).toThrow(message);
  });

  test('takes user and password from the secret of Kubernetes that pods have theirs from', () => {
    const of = stack();
    const orders = cluster(of, 'Orders', { authentication: [ClientAuthentication.scram()] });
    const secret = new secretsmanager.Secret(of, 'Credentials', { secretName: 'AmazonMSK_billing' });
    const made = consumer({
      of,
      topic: topicOf(orders),
      identity: ClientIdentity.scram(secret),
      credentialsSecret: 'kafka-billing',
      scaling: EksScaling.onLag({ recordsPerReplica: 1 }),
    });
    const { ScaledObject, TriggerAuthentication } = objects(made);
    expect(TriggerAuthentication.spec.secretTargetRef).toEqual([
      { parameter: 'username', name: 'kafka-billing', key: 'username' },
      { parameter: 'password', name: 'kafka-billing', key: 'password' },
    ]);
    expect(ScaledObject.spec.triggers[0].metadata).toMatchObject({ sasl: 'scram_sha512', tls: 'enable' });
    expect(environmentOf(made).KAFKA_USERNAME).toEqual({ secretKeyRef: { name: 'kafka-billing', key: 'username' } });
    expect(Object.values(allowed(of))).toEqual([['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']]);
  });
});

test.each<[Options, string]>([
  [{ workloadName: 'Billing' }, "`workloadName` is 'Billing'"],
  [{ workloadNamespace: '-shop' }, "`workloadNamespace` is '-shop'"],
  [{ credentialsSecret: 'x' }, 'leave it out'],
  [{ environment: { KAFKA_TOPICS: 'x' } }, "the environment variable 'KAFKA_TOPICS' is made here"],
  [{ environment: { AWS_ROLE_SESSION_NAME: 'x' } }, "'AWS_ROLE_SESSION_NAME'"],
  [{ securityGroups: [] }, 'a list of security groups must not be empty'],
])('refuses what can not be meant (%#)', (options, message) => {
  expect(() => consumer(options)).toThrow(message);
});
