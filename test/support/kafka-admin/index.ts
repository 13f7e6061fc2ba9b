import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FakeStack } from '../../handlers/cloudformation';
import { kafkaClient, resourcesOf } from '../kafka';
import type { Principal, TestKafka } from '../kafka';
import { HandlerProcess } from '../node';
import { LocalFunction } from '../poller/invoke';
import { AdminServices } from './services';

const ASSETS = path.join(__dirname, '..', '..', '..', 'assets', 'handlers');
const IAM_PORT = '9098';

/**
 * The two functions of a stack as they are bundled, with brokers that know the role of the one that reaches them. It can
 * connect to nothing else.
 */
export class AdminOnKafka {
  static async start(kafka: TestKafka, of: Stack): Promise<AdminOnKafka> {
    const template: any = Template.fromStack(of).toJSON();
    const [[functionId, admin]] = resourcesOf(template, 'AWS::Lambda::Function').filter(([, { Properties }]) =>
      /kafka-admin$/.test(Properties!.Description),
    );
    const resolve = kafka.resolver(template);
    const principal = await kafka.addRole(template, admin.Properties!.Role['Fn::GetAtt'][0], { resolve });
    const folder = mkdtempSync(path.join(tmpdir(), 'kafka-admin-'));
    const local = new LocalFunction({
      name: functionId,
      arn: `arn:aws:lambda:us-east-1:111122223333:function:${functionId}`,
      code: path.join(ASSETS, 'kafka-admin'),
      timeoutMs: admin.Properties!.Timeout * 1000,
      environment: {
        AWS_REGION: kafka.identity.region,
        AWS_ACCESS_KEY_ID: principal.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: principal.credentials.secretAccessKey,
        AWS_SESSION_TOKEN: principal.credentials.sessionToken!,
        NODE_EXTRA_CA_CERTS: kafka.authority.file,
        NODE_OPTIONS: `--require ${path.join(__dirname, 'only-brokers.cjs')}`,
        ALLOWED_PORTS: IAM_PORT,
        REFUSED_FILE: path.join(folder, 'refused'),
      },
    });
    const services = await AdminServices.start((_, event) => local.invoke(event));
    const dispatcher = await HandlerProcess.start('kafka-admin-dispatcher', services.environment);
    return new AdminOnKafka(kafka, principal, local, services, dispatcher, folder);
  }

  private constructor(
    private readonly kafka: TestKafka,
    readonly principal: Principal,
    readonly admin: LocalFunction,
    readonly services: AdminServices,
    readonly dispatcher: HandlerProcess,
    private readonly folder: string,
  ) {}

  /** A stack of custom resources of one type. */
  stack(resourceType: string, name?: string): FakeStack {
    return new FakeStack(this.dispatcher, name, resourceType);
  }

  /** What a resource of the stack says beside what it is about. */
  get place(): Record<string, string> {
    return {
      Function: this.admin.settings.name,
      ClusterArn: this.kafka.clusterArn,
      Brokers: this.kafka.bootstrap.iam,
    };
  }

  /** Whatever else than a broker the function has tried to reach. */
  refusedConnections(): string[] {
    const file = path.join(this.folder, 'refused');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  async stop(): Promise<void> {
    await Promise.all([this.dispatcher.stop(), this.admin.stop(), this.services.stop()]);
    rmSync(this.folder, { recursive: true });
  }
}

/** Waits until the broker that is asked sees a topic so: each hears of a change in its own time. */
export async function expectTopic(kafka: TestKafka, topicName: string, expected: unknown): Promise<void> {
  for (let tries = 1; tries < 40 && !isDeepStrictEqual(await topicOn(kafka, topicName), expected); tries++) {
    await sleep(100);
  }
  expect(await topicOn(kafka, topicName)).toEqual(expected);
}

/** How a topic is on the brokers: partitions, replicas, and the settings of its own. */
export async function topicOn(kafka: TestKafka, topicName: string) {
  const names = await kafka.admin.listTopics();
  if (!names.includes(topicName)) {
    return undefined;
  }
  const metadata = await kafka.admin.metadata({ topics: [topicName], forceUpdate: true }).catch(() => undefined);
  if (metadata === undefined) {
    return undefined; // One broker has heard of its end, another has not.
  }
  const { partitions } = metadata.topics.get(topicName)!;
  const resource = { resourceType: kafkaClient.ConfigResourceTypes.TOPIC, resourceName: topicName };
  const [{ configs }] = await kafka.admin.describeConfigs({ resources: [resource] });
  const own = configs.filter(({ configSource }) => configSource === kafkaClient.ConfigSources.DYNAMIC_TOPIC_CONFIG);
  return {
    partitions: partitions.length,
    replicas: partitions[0].replicas.length,
    settings: Object.fromEntries(own.map(({ name, value }) => [name, value]).sort()),
  };
}

/** Settings as a template has them. */
export function configs(settings: Record<string, string>): string {
  return Buffer.from(JSON.stringify(settings)).toString('base64');
}
