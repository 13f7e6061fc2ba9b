import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { ScramAndMtls } from '../../examples/scram-and-mtls';
import { rotate, USER_TAGS } from '../../handlers/scram-rotation/rotation';
import type { Credentials, Secrets } from '../../handlers/scram-rotation/rotation';
import { app } from '../support/fixtures';
import { createTemplateTopics, kafkaClient, refusal, startKafka, templateServerProperties } from '../support/kafka';
import type { Template, TestKafka } from '../support/kafka';
import { synthesized } from '../support/poller/deployment';

jest.setTimeout(300_000);

const NAME = 'scram-and-mtls';

/** Kafka's number for it. */
const SCRAM_SHA_512 = 2;

function templateOf(): Template {
  const scope = app({ analyticsReporting: false });
  new ScramAndMtls(scope, NAME);
  return synthesized(scope, NAME).template;
}

const template = templateOf();
const all = (type: string) => Object.entries(template.Resources).filter(([, { Type }]) => Type === type);

/** The value that Secrets Manager would generate. */
function generated(secretId: string): Credentials {
  const { SecretStringTemplate, GenerateStringKey, PasswordLength, ExcludePunctuation } =
    template.Resources[secretId].Properties!.GenerateSecretString;
  expect([GenerateStringKey, PasswordLength, ExcludePunctuation]).toEqual(['password', 32, true]);
  return { ...JSON.parse(SecretStringTemplate), password: randomBytes(16).toString('hex') };
}

/** The secrets that are associated with the cluster, by logical id. */
const associated: string[] = all('AWS::MSK::BatchScramSecret')[0][1].Properties!.SecretArnList.map(
  ({ Ref }: any) => Ref,
);

/** The mapping of each consumer, by the kind of its secret. */
const mappings = Object.fromEntries(
  all('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => {
    const [{ Type, URI }] = Properties!.SourceAccessConfigurations;
    return [Type as string, { properties: Properties!, secret: URI.Ref as string }];
  }),
);

describe('[S-01] scram-and-mtls on Kafka 3.9.2, from its own template', () => {
  const users = new Map(associated.map((id) => [id, generated(id)]));
  let kafka: TestKafka;

  beforeAll(async () => {
    const { ClientAuthentication } = all('AWS::MSK::Cluster')[0][1].Properties!;
    expect([ClientAuthentication.Sasl.Scram.Enabled, ClientAuthentication.Tls.Enabled]).toEqual([true, true]);
    expect([ClientAuthentication.Sasl.Iam.Enabled, ClientAuthentication.Unauthenticated.Enabled]).toEqual([
      false,
      false,
    ]);
    kafka = await startKafka({
      version: '3.9.2',
      nodes: 3,
      authentication: ['scram', 'mutualTls'],
      serverProperties: templateServerProperties(template),
      scramUsers: Object.fromEntries([...users.values()].map(({ username, password }) => [username, password])),
    });
    await createTemplateTopics(kafka, template);
  });
  afterAll(() => kafka?.stop());

  /** What the secret that clients read says at first: the value of the one that it refers to. */
  function firstCredentials(): Credentials {
    const { secret } = mappings.SASL_SCRAM_512_AUTH;
    const [, { Ref }] = template.Resources[secret].Properties!.SecretString['Fn::Join'][1];
    return users.get(Ref)!;
  }

  async function consume(connection: object, group: string, expected: number): Promise<string[]> {
    const consumer = kafka.consumer(connection as never, { groupId: group } as never);
    try {
      const stream = await consumer.consume({ topics: ['payments'], mode: kafkaClient.MessagesStreamModes.EARLIEST });
      const values: string[] = [];
      for await (const { value } of stream) {
        values.push(String(value));
        if (values.length === expected) break;
      }
      return values.sort();
    } finally {
      await consumer.close(true);
    }
  }

  test('both mappings consume the one topic, as groups of their own', () => {
    expect(Object.keys(mappings).sort()).toEqual(['CLIENT_CERTIFICATE_TLS_AUTH', 'SASL_SCRAM_512_AUTH']);
    const groups = Object.values(mappings).map(({ properties }) => [
      properties.Topics,
      properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId,
    ]);
    expect(groups.sort()).toEqual([
      [['payments'], 'audit'],
      [['payments'], 'ledger'],
    ]);
  });

  test('the security group lets pollers through on the ports of both, and on no other', () => {
    const ports = all('AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties!.FromPort);
    expect(ports.sort()).toEqual([9094, 9096]);
    expect(kafka.bootstrap.scram).toMatch(/^127\.0\.\d+\.1:9096,/);
    expect(kafka.bootstrap.tls).toMatch(/^127\.0\.\d+\.1:9094,/);
  });

  test('[24] [30] who logs in with the generated secret, and who shows a certificate, write and read', async () => {
    const { username, password } = firstCredentials();
    expect(username).toBe('ledger');
    const scram = kafka.scram(username, password);
    const mutualTls = await kafka.mutualTls('audit');
    const values: string[] = [];
    for (const [who, connection] of [
      ['ledger', scram],
      ['audit', mutualTls],
    ] as const) {
      const producer = kafka.producer(connection, { idempotent: true });
      for (let number = 0; number < 20; number++) {
        const value = `${who}-${number}`;
        values.push(value);
        await producer.send({
          acks: -1,
          messages: [{ topic: 'payments', key: Buffer.from(value), value: Buffer.from(value) }],
        });
      }
    }
    for (const [connection, type] of [
      [scram, 'SASL_SCRAM_512_AUTH'],
      [mutualTls, 'CLIENT_CERTIFICATE_TLS_AUTH'],
    ] as const) {
      const group = mappings[type].properties.AmazonManagedKafkaEventSourceConfig.ConsumerGroupId;
      expect(await consume(connection, group, values.length)).toEqual([...values].sort());
    }
  });

  test('a wrong password is refused, and so is a user whose secret is not associated', async () => {
    const attempt = (username: string, password: string) =>
      kafka
        .producer(kafka.scram(username, password), { retries: 0 } as never)
        .send({ acks: -1, messages: [{ topic: 'payments', value: Buffer.from('x') }] })
        .then(() => 'ok', refusal);
    expect(await attempt('ledger', 'wrong')).toBe('SASL_AUTHENTICATION_FAILED');
    expect(await attempt('eve', firstCredentials().password)).toBe('SASL_AUTHENTICATION_FAILED');
  });

  test('[193] both users of the rotation are let in, whichever the secret names', async () => {
    const values = new Map<string, { credentials: Credentials; stages: string[] }[]>();
    const current = (secretId: string) => values.get(secretId)!.find(({ stages }) => stages.includes('AWSCURRENT'))!;
    associated.forEach((id) => values.set(id, [{ credentials: users.get(id)!, stages: ['AWSCURRENT'] }]));
    values.set('own', [{ credentials: firstCredentials(), stages: ['AWSCURRENT'] }]);
    const tags = Object.fromEntries(
      template.Resources[mappings.SASL_SCRAM_512_AUTH.secret].Properties!.Tags.map(({ Key, Value }: any) => [
        Key,
        Value.Ref,
      ]),
    );
    expect(Object.keys(tags)).toEqual(USER_TAGS);
    const secrets: Secrets = {
      describe: async () => ({ rotationEnabled: true, versions: { old: ['AWSCURRENT'], new: ['AWSPENDING'] }, tags }),
      read: async (secretId, stage) => {
        const found = values.get(secretId)!.find(({ stages }) => stages.includes(stage));
        return found && { credentials: found.credentials, versionId: 'new', created: 0 };
      },
      put: async (secretId, _, credentials, stage) => {
        values.set(secretId, [
          ...values.get(secretId)!.filter(({ stages }) => !stages.includes(stage)),
          { credentials, stages: [stage] },
        ]);
        // What the service does within ten minutes after the secret of a user has changed.
        if (stage === 'AWSCURRENT') await setPassword(credentials);
      },
      moveCurrent: async () => {
        const pending = values.get('own')!.find(({ stages }) => stages.includes('AWSPENDING'))!;
        values.set('own', [{ credentials: pending.credentials, stages: ['AWSCURRENT'] }]);
      },
    };
    const before = current('own').credentials;
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      await rotate({ SecretId: 'own', ClientRequestToken: 'new', Step }, secrets, {
        now: () => Date.now(),
        sleep: async () => undefined,
      });
      // Who has read the secret before, and who reads it now, can both log in.
      for (const { username, password } of [before, current('own').credentials]) {
        const producer = kafka.producer(kafka.scram(username, password));
        await producer.send({ acks: -1, messages: [{ topic: 'payments', value: Buffer.from(Step) }] });
      }
    }
    expect(current('own').credentials.username).toBe('ledger_clone');
  });

  /** The cluster reads a changed secret, and tells its brokers. */
  async function setPassword({ username: name, password }: Credentials): Promise<void> {
    const { tls } = await kafka.mutualTls('audit');
    const connection = new kafkaClient.Connection('secret-reader', { tls });
    const [host, port] = kafka.bootstrap.tls.split(',')[0].split(':');
    await connection.connect(host, Number(port));
    const salt = randomBytes(16);
    const iterations = 4096;
    const saltedPassword = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
    const user = { name, mechanism: SCRAM_SHA_512, iterations, salt, saltedPassword };
    await kafkaClient.alterUserScramCredentialsV0.api.async(connection, [], [user]);
    await connection.close();
    await kafka.changesApplied();
  }
});
