import { Size } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, ClientProperties, MskCluster } from '../../lib/cluster';
import type { ClientPropertiesOptions } from '../../lib/cluster';
import { CLUSTER_ARN, cluster, countsOf, stack, textOf } from '../support/fixtures';

const BROKERS = 'b-1.orders:9098,b-2.orders:9098';
const home = stack();
const orders = MskCluster.fromClusterAttributes(home, 'Orders', {
  clusterArn: CLUSTER_ARN,
  bootstrapBrokers: BROKERS,
});
const secret = secretsmanager.Secret.fromSecretCompleteArn(
  home,
  'Secret',
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_billing-AbCdEf',
);
const of = (options?: ClientPropertiesOptions) => ClientProperties.fromCluster(orders, options);
const settings = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

const IDENTITIES = {
  iam: undefined,
  scram: ClientIdentity.scram(secret),
  mutualTls: ClientIdentity.mutualTls(secret),
  anonymous: ClientIdentity.anonymous(),
};

/** What each client is told about who it is; https://kafka.apache.org/documentation/#security_sasl and the clients' own. */
const SECURITY: Record<keyof typeof IDENTITIES, { java: object; librdkafka: object; tls?: object; sasl?: string }> = {
  iam: {
    java: {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'AWS_MSK_IAM',
      'sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
      'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
      'reconnect.backoff.ms': '1000',
    },
    librdkafka: { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER', 'reconnect.backoff.ms': '1000' },
    tls: {},
    sasl: 'OAUTHBEARER',
  },
  scram: {
    java: {
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
      'config.providers': 'env',
      'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="${env:KAFKA_USERNAME}" password="${env:KAFKA_PASSWORD}";',
    },
    librdkafka: { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512' },
    tls: {},
    sasl: 'SCRAM-SHA-512',
  },
  mutualTls: {
    java: {
      'security.protocol': 'SSL',
      'config.providers': 'env',
      'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': '${env:KAFKA_CERTIFICATE}',
      'ssl.keystore.key': '${env:KAFKA_PRIVATE_KEY}',
    },
    librdkafka: { 'security.protocol': 'SSL' },
    tls: {},
  },
  anonymous: { java: { 'security.protocol': 'SSL' }, librdkafka: { 'security.protocol': 'SSL' }, tls: {} },
};

describe.each(Object.entries(IDENTITIES))('as %s', (name, identity) => {
  const expected = SECURITY[name as keyof typeof IDENTITIES];
  const properties = of({ identity });

  test('[140] [S-06] each client is told how to get in, and nothing more', () => {
    const brokers = { 'bootstrap.servers': BROKERS };
    expect(properties.bootstrapBrokers).toBe(BROKERS);
    expect(settings(properties.java)).toEqual({ ...brokers, ...expected.java });
    expect(settings(properties.librdkafka)).toEqual({ ...brokers, ...expected.librdkafka });
    const list = BROKERS.split(',');
    expect(JSON.parse(properties.platformatic)).toEqual({
      bootstrapBrokers: list,
      tls: expected.tls,
      ...(expected.sasl && { sasl: { mechanism: expected.sasl } }),
    });
    expect(JSON.parse(properties.kafkaJs)).toEqual({
      brokers: list,
      ssl: expected.tls,
      ...(expected.sasl && { sasl: { mechanism: expected.sasl.toLowerCase() } }),
    });
  });

  test('[140] the secret is named and the process that has it is told which field is which, but no text holds it', () => {
    const fields = { scram: ['username', 'password'], mutualTls: ['certificate', 'privateKey'] }[name as string];
    expect(Object.values(properties.secretFields)).toEqual(fields ?? []);
    expect(properties.secret).toBe(fields && secret);
    expect(properties.librdkafka.includes(secret.secretArn)).toBe(fields !== undefined);
    expect([properties.java, properties.platformatic, properties.kafkaJs].join()).not.toContain('AmazonMSK_');
    expect(Object.keys(properties.secretFields).filter((key) => !properties.java.includes(`\${env:${key}}`))).toEqual(
      [],
    );
  });
});

test('[140] a client in plain text is told of no encryption', () => {
  const plain = MskCluster.fromClusterAttributes(home, 'Plain', {
    clusterArn: CLUSTER_ARN,
    authentication: [ClientAuthentication.plaintext()],
    bootstrapBrokers: BROKERS,
  });
  const { java, librdkafka, platformatic, kafkaJs } = ClientProperties.fromCluster(plain, {
    identity: IDENTITIES.anonymous,
  });
  expect(settings(java)['security.protocol']).toBe('PLAINTEXT');
  expect(settings(librdkafka)['security.protocol']).toBe('PLAINTEXT');
  expect(JSON.parse(platformatic)).toEqual({ bootstrapBrokers: BROKERS.split(',') });
  expect(JSON.parse(kafkaJs)).toEqual({ brokers: BROKERS.split(',') });
});

test('[140] broker strings that are known at deployment only become text and list in the template', () => {
  const scope = stack();
  const own = cluster(scope);
  const properties = ClientProperties.fromCluster(own, { clientId: 'billing' });
  const rendered = (text: string) => {
    const [broker] = JSON.stringify(scope.resolve(text)).match(/OrdersBootstrapBrokers\w+/)!;
    return textOf(scope.resolve(text), { [`${broker}.BootstrapBrokerStringSaslIam`]: 'b-1:9098,b-2:9098' });
  };
  expect(rendered(properties.java)).toContain('bootstrap.servers=b-1:9098,b-2:9098\nclient.id=billing\n');
  expect(JSON.parse(rendered(properties.platformatic))).toMatchObject({
    bootstrapBrokers: ['b-1:9098', 'b-2:9098'],
    clientId: 'billing',
  });
  expect(JSON.parse(rendered(properties.kafkaJs))).toMatchObject({ brokers: ['b-1:9098', 'b-2:9098'] });
  expect(countsOf(scope)['Custom::MskBootstrapBrokers']).toBe(1);
});

test('[194] a consumer says in which zone it is, by the id of the zone', () => {
  const properties = of({ clientRack: 'use1-az1' });
  expect(settings(properties.java)['client.rack']).toBe('use1-az1');
  expect(settings(properties.librdkafka)['client.rack']).toBe('use1-az1');
  expect(JSON.parse(properties.platformatic).clientRack).toBe('use1-az1');
  expect(() => of({ clientRack: 'us-east-1a' })).toThrow(
    "ClientRackZoneName: `clientRack` is 'us-east-1a', the name of a zone, and brokers go by zone ids: use one such as 'use1-az1'",
  );
});

test('[S-08] [140] clients take records as large as the topic does, and nothing is said that is so by default', () => {
  const sizes = (mebibytes: number) => {
    const { java, librdkafka, platformatic } = of({ maxMessageSize: Size.mebibytes(mebibytes) });
    const names = /size|memory|bytes/;
    const chosen = (text: string) => Object.entries(settings(text)).filter(([key]) => names.test(key));
    return {
      java: Object.fromEntries(chosen(java)),
      librdkafka: Object.fromEntries(chosen(librdkafka)),
      platformatic: JSON.parse(platformatic).maxBytes,
    };
  };
  const twelve = String(12 * 1024 * 1024);
  expect(sizes(12)).toEqual({
    java: { 'max.request.size': twelve, 'max.partition.fetch.bytes': twelve },
    librdkafka: { 'message.max.bytes': twelve, 'max.partition.fetch.bytes': twelve },
    platformatic: undefined,
  });
  const hundred = String(100 * 1024 * 1024);
  expect(sizes(100)).toEqual({
    java: {
      'max.request.size': hundred,
      'buffer.memory': hundred,
      'max.partition.fetch.bytes': hundred,
      'fetch.max.bytes': hundred,
    },
    librdkafka: {
      'message.max.bytes': hundred,
      'max.partition.fetch.bytes': hundred,
      'fetch.max.bytes': hundred,
      // librdkafka wants room for the frame beside the records.
      'receive.message.max.bytes': String(100 * 1024 * 1024 + 512),
    },
    platformatic: 100 * 1024 * 1024,
  });
});

test('[140] a file of trusted authorities is named to the clients that read files', () => {
  const { java, librdkafka } = of({ trustedCertificates: '/etc/ssl/ca.pem' });
  expect(settings(java)).toMatchObject({
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': '/etc/ssl/ca.pem',
  });
  expect(settings(librdkafka)['ssl.ca.location']).toBe('/etc/ssl/ca.pem');
});

test.each(['two words', 'line\nsasl.mechanism=PLAIN', ''])('[140] a client id %j would break the file', (clientId) => {
  expect(() => of({ clientId })).toThrow('ClientPropertyValue');
});
