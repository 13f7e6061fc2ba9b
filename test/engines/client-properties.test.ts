import { execFile } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { promisify } from 'util';
import { Size } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientIdentity, ClientProperties, MskCluster } from '../../lib';
import { CLUSTER_ARN, stack } from '../support/fixtures';
import { NEWEST_KAFKA, iamToken, kafkaClient, startKafka } from '../support/kafka';
import type { AwsCredentials, TestKafka } from '../support/kafka';
import { KAFKA_TOOLS_JARS, SPARK_JARS, kafkaJars } from '../support/kafka/jar-sets';
import { jars, javaTool } from '../support/kafka/java';
import { authority } from '../support/kafka/tls';
import { npmPackage } from '../support/npm';
import { pythonWith } from '../support/python';

jest.setTimeout(300_000);

const run = promisify(execFile);

type Way = 'iam' | 'scram' | 'mutualTls' | 'anonymous';
const WAYS: Way[] = ['iam', 'scram', 'mutualTls', 'anonymous'];
const USER = { username: 'alice', password: "wonder land's $1865" };
const CLIENT_ID = 'properties';

let kafka: TestKafka;
let folder: string;
let credentials: AwsCredentials;
let certificate: { key: string; cert: string };
let properties: Record<Way, ClientProperties>;

/** The environment of a process that has what ECS would put there: the fields of the secret, the role's credentials. */
function environment(way: Way): NodeJS.ProcessEnv {
  const secret: Record<string, string> = { ...USER, certificate: certificate.cert, privateKey: certificate.key };
  const fields = Object.entries(properties[way].secretFields).map(([name, field]) => [name, secret[field]]);
  return {
    ...process.env,
    ...Object.fromEntries(fields),
    ...(way === 'iam' && {
      AWS_REGION: kafka.identity.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    }),
  };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'client-properties-'));
  kafka = await startKafka({ scramUsers: { [USER.username]: USER.password } });
  const issued = await (await authority()).issue('app');
  certificate = { key: issued.key.toString(), cert: issued.cert.toString() };
  const arn = (kind: string, name: string) => `${kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  const allow = (resource: string, ...actions: string[]) => ({
    Effect: 'Allow' as const,
    Action: actions.map((action) => `kafka-cluster:${action}`),
    Resource: resource,
  });
  const role = await kafka.addPrincipal({
    roleArn: 'arn:aws:iam::111122223333:role/app',
    statements: [
      allow(kafka.clusterArn, 'Connect', 'WriteDataIdempotently'),
      allow(arn('topic', 'iam'), 'DescribeTopic', 'ReadData', 'WriteData'),
      allow(arn('group', '*'), 'DescribeGroup', 'AlterGroup'),
    ],
  });
  credentials = role.credentials;
  await kafka.createTopics(
    WAYS.map((topicName) => ({
      topicName,
      partitions: 1,
      replicationFactor: 1,
      configs: { 'max.message.bytes': String(LARGE) },
    })),
  );

  const home = stack();
  const secret = secretsmanager.Secret.fromSecretNameV2(home, 'Secret', 'AmazonMSK_app');
  const of = (way: Way, identity: ClientIdentity, brokers: string) =>
    ClientProperties.fromCluster(
      MskCluster.fromClusterAttributes(home, way, { clusterArn: CLUSTER_ARN, bootstrapBrokers: brokers }),
      {
        identity,
        clientId: CLIENT_ID,
        clientRack: 'use1-az1',
        maxMessageSize: Size.bytes(LARGE),
        trustedCertificates: kafka.authority.file,
      },
    );
  properties = {
    iam: of('iam', ClientIdentity.iam(), kafka.bootstrap.iam),
    scram: of('scram', ClientIdentity.scram(secret), kafka.bootstrap.scram),
    mutualTls: of('mutualTls', ClientIdentity.mutualTls(secret), kafka.bootstrap.tls),
    anonymous: of('anonymous', ClientIdentity.anonymous(), kafka.bootstrap.tls),
  };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kafka.stop();
});

/** More than any client or broker takes unless it is told to. */
const LARGE = 3 * 1024 * 1024;
const LARGE_VALUE = 'x'.repeat(2 * 1024 * 1024);

/** Runs one of Kafka's own tools with the text as a file. */
async function tool(way: Way, main: string, args: string[], input?: string): Promise<string> {
  const file = path.join(folder, `${way}.properties`);
  writeFileSync(file, properties[way].java);
  const iam = (await jars(SPARK_JARS)).filter((jar) => path.basename(jar).startsWith('aws-msk-iam-auth'));
  const classPath = [...(await jars(kafkaJars(NEWEST_KAFKA))), ...(await jars(KAFKA_TOOLS_JARS)), ...iam];
  const options = ['-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  const [, bootstrap] = /^bootstrap\.servers=(.*)$/m.exec(properties[way].java)!;
  const command = [...options, '-cp', classPath.join(path.delimiter), `org.apache.kafka.tools.${main}`];
  const config = main.endsWith('Producer') ? '--producer.config' : '--consumer.config';
  const running = run(
    javaTool('java'),
    [...command, '--bootstrap-server', bootstrap, config, file, '--topic', way, ...args],
    { env: environment(way), maxBuffer: 16 * LARGE },
  );
  running.child.stdin!.end(input);
  return (await running).stdout;
}

describe.each(WAYS)('as %s', (way) => {
  test("[140] [S-06] [S-08] Kafka's own console tools write and read large records with the Java text as their file", async () => {
    await tool(way, 'ConsoleProducer', [], `hello\n${LARGE_VALUE}\n`);
    const read = await tool(way, 'consumer.ConsoleConsumer', [
      '--from-beginning',
      '--max-messages',
      '2',
      '--timeout-ms',
      '20000',
    ]);
    expect(read.split('\n').map((line) => line.length)).toEqual([5, LARGE_VALUE.length, 0]);
  });

  test('[140] [S-06] @platformatic/kafka writes and reads with its options', async () => {
    const options = JSON.parse(properties[way].platformatic);
    options.tls.ca = kafka.authority.pem;
    if (way === 'iam') options.sasl.token = () => iamToken({ region: kafka.identity.region, credentials });
    if (way === 'scram') Object.assign(options.sasl, USER);
    if (way === 'mutualTls') Object.assign(options.tls, certificate);
    const producer = new kafkaClient.Producer(options);
    await producer.send({ messages: [{ topic: way, value: Buffer.from('from platformatic') }] });
    await producer.close();
    const consumer = new kafkaClient.Consumer({
      ...options,
      groupId: 'platformatic',
    });
    try {
      for await (const { value } of await consumer.consume({ topics: [way], mode: 'earliest' })) {
        if (String(value) === 'from platformatic') break;
      }
    } finally {
      await consumer.close(true);
    }
  });

  test('[140] [S-06] KafkaJS writes with its options', async () => {
    const { Kafka, logLevel } = require(npmPackage('kafkajs@2.2.4'));
    const options = JSON.parse(properties[way].kafkaJs);
    options.ssl.ca = kafka.authority.pem;
    if (way === 'iam') {
      const value = iamToken({ region: kafka.identity.region, credentials });
      options.sasl.oauthBearerProvider = () => ({ value });
    }
    if (way === 'scram') Object.assign(options.sasl, USER);
    if (way === 'mutualTls') Object.assign(options.ssl, certificate);
    const producer = new Kafka({ ...options, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const [answer] = await producer.send({ topic: way, messages: [{ value: 'from KafkaJS' }] });
    await producer.disconnect();
    expect(Number(answer.baseOffset)).toBeGreaterThan(0);
  });
});

/** Reads `name=value` lines and does what their comments say is left to the code. */
const PYTHON = `
import json, os, sys
from confluent_kafka import Consumer, Producer
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

topic, file = sys.argv[1:]
lines = [line.strip() for line in open(file)]
settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
if settings.get("sasl.mechanism") == "OAUTHBEARER":
    def token(_):
        value, expiry_ms = MSKAuthTokenProvider.generate_auth_token(os.environ["AWS_REGION"])
        return value, expiry_ms / 1000
    settings["oauth_cb"] = token
elif settings.get("sasl.mechanism"):
    settings["sasl.username"] = os.environ["KAFKA_USERNAME"]
    settings["sasl.password"] = os.environ["KAFKA_PASSWORD"]
elif "KAFKA_CERTIFICATE" in os.environ:
    settings["ssl.certificate.pem"] = os.environ["KAFKA_CERTIFICATE"]
    settings["ssl.key.pem"] = os.environ["KAFKA_PRIVATE_KEY"]

failures = []
producer = Producer(settings)
producer.produce(topic, "y" * (2 * 1024 * 1024), on_delivery=lambda error, _: failures.append(str(error)) if error else None)
undelivered = producer.flush(20)
consumer = Consumer({**settings, "group.id": "python", "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
largest = 0
while not largest:
    message = consumer.poll(20)
    if message is None:
        break
    if message.error():
        failures.append(str(message.error()))
        break
    if message.value().startswith(b"y"):
        largest = len(message.value())
consumer.close()
print(json.dumps({"undelivered": undelivered, "failures": failures, "largest": largest}))
`;

test.each(WAYS)('[140] [S-06] [S-08] librdkafka writes and reads large records with its text, as %s', async (way) => {
  const python = pythonWith('confluent-kafka==2.16.1', 'aws-msk-iam-sasl-signer-python==1.0.2');
  const file = path.join(folder, `${way}.librdkafka`);
  writeFileSync(file, properties[way].librdkafka);
  const { stdout } = await run(python, ['-c', PYTHON, way, file], { env: environment(way) });
  expect(JSON.parse(stdout)).toEqual({ undelivered: 0, failures: [], largest: 2 * 1024 * 1024 });
});
