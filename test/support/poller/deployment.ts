import * as path from 'node:path';
import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';
import { SimulatedRole, roleIdOf } from '../iam';
import type { Authentication, KafkaVersion, Message, Principal, Resolve, Template, TestKafka, Topic } from '../kafka';
import { createTemplateTopics, kafkaClient, resourcesOf, startKafka, templateServerProperties } from '../kafka';
import { readAll } from './audit';
import type { FailureRecord } from './failure-record';
import type { FunctionSettings } from './invoke';
import { LocalFunction } from './invoke';
import type { Mapping } from './mapping';
import { readMapping } from './mapping';
import { obstacles } from './network';
import type { PollerOptions } from './poller';
import { Poller } from './poller';
import { INTERFACE_ACTIONS, brokerGroups, portOf, problems, refused } from './preflight';
import { standIns } from './stand-ins';

/** A synthesized stack: its template, and the folders of its functions' code. */
export interface Synthesized {
  readonly template: Template;
  /** Folder by S3 key. */
  readonly code: Readonly<Record<string, string>>;
}

export function synthesized(app: App, stackName: string): Synthesized {
  const assembly = app.synth();
  const stack = assembly.getStackByName(stackName);
  const manifest = JSON.parse(readFileSync(path.join(assembly.directory, `${stackName}.assets.json`), 'utf8'));
  const code: Record<string, string> = {};
  for (const { source, destinations } of Object.values<any>(manifest.files)) {
    for (const { objectKey } of Object.values<any>(destinations)) {
      code[objectKey] = path.join(assembly.directory, source.path);
    }
  }
  return { template: stack.template, code };
}

/** Starts brokers as the `AWS::MSK::Cluster` of a template describes them, in a version that may be another one. */
export async function startCluster(template: Template, version: KafkaVersion): Promise<TestKafka> {
  const [[, { Properties }]] = resourcesOf(template, 'AWS::MSK::Cluster');
  const { ClientAuthentication: authentication, NumberOfBrokerNodes: nodes } = Properties!;
  const enabled: [Authentication, boolean | undefined][] = [
    ['iam', authentication.Sasl?.Iam?.Enabled],
    ['scram', authentication.Sasl?.Scram?.Enabled],
    ['mutualTls', authentication.Tls?.Enabled],
    ['unauthenticated', authentication.Unauthenticated?.Enabled],
  ];
  return startKafka({
    version,
    nodes,
    authentication: enabled.filter(([, on]) => on).map(([way]) => way),
    serverProperties: templateServerProperties(template),
  });
}

/** Names that none of the test brokers knows. */
const NOBODY = { AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'of-nobody' };

/** A function that reaches no broker. @param environment what stands for the services that it calls */
export function functionWithoutBrokers(
  stack: Synthesized,
  resolve: Resolve,
  functionId: string,
  environment: Record<string, string>,
): LocalFunction {
  const settings = functionSettings(stack, resolve, functionId);
  const AWS_REGION = resolve({ Ref: 'AWS::Region' });
  return new LocalFunction({
    ...settings,
    environment: { ...settings.environment, AWS_REGION, ...NOBODY, ...environment },
  });
}

/** A function as the template configures it. */
export function functionSettings(stack: Synthesized, resolve: Resolve, functionId: string): FunctionSettings {
  const { Environment, Timeout, Code, Runtime, Handler } = stack.template.Resources[functionId].Properties!;
  if (Runtime !== 'nodejs24.x' || Handler !== 'index.handler') {
    throw new Error(`${functionId} is ${Runtime}, ${Handler}: only nodejs24.x, index.handler can be played`);
  }
  return {
    name: functionId,
    arn: resolve({ 'Fn::GetAtt': [functionId, 'Arn'] }),
    code: stack.code[resolve(Code.S3Key)],
    timeoutMs: (Timeout ?? 3) * 1000,
    environment: resolve(Environment?.Variables ?? {}),
  };
}

export type ConsumeOptions = Pick<
  PollerOptions,
  'invoke' | 'ruler' | 'registry' | 'reading' | 'absent' | 'retryDelayMs'
> & {
  /** Logical id. @default the only mapping */
  readonly mappingId?: string;
};

/** A stack on brokers: what CloudFormation would make of it, as far as records go through. */
export class Deployment {
  readonly resolve: Resolve;
  /** What has been reported to each failure destination. */
  readonly deadLetters = new Map<string, FailureRecord[]>();
  private readonly principals = new Map<string, Promise<Principal>>();

  constructor(
    readonly kafka: TestKafka,
    readonly stack: Synthesized,
  ) {
    this.resolve = kafka.resolver(stack.template, standIns(stack.template, kafka));
  }

  /** Makes the topics of the template. */
  createTopics(): Promise<Topic[]> {
    return createTemplateTopics(this.kafka, this.stack.template, this.resolve);
  }

  /** The role of a function, known to the brokers with the rights that the template gives it. */
  principal(functionId: string): Promise<Principal> {
    const roleId = roleIdOf(this.stack.template, functionId);
    const known =
      this.principals.get(roleId) ?? this.kafka.addRole(this.stack.template, roleId, { resolve: this.resolve });
    this.principals.set(roleId, known);
    return known;
  }

  simulatedRole(functionId: string): SimulatedRole {
    const { template } = this.stack;
    return new SimulatedRole(template, {
      roleId: roleIdOf(template, functionId),
      identity: this.kafka.identity,
      resolve: this.resolve,
    });
  }

  /** A function that can be invoked. @param environment what stands for the services that it calls */
  async function(functionId: string, environment: Record<string, string> = {}): Promise<LocalFunction> {
    const settings = functionSettings(this.stack, this.resolve, functionId);
    const { credentials } = await this.principal(functionId);
    return new LocalFunction({
      ...settings,
      environment: {
        ...settings.environment,
        AWS_REGION: this.kafka.identity.region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken!,
        // The test brokers' certificates are not Amazon's.
        NODE_EXTRA_CA_CERTS: this.kafka.authority.file,
        ...environment,
      },
    });
  }

  /** Why a function could not be made, or not reach the brokers. */
  async obstaclesOf(functionId: string): Promise<string[]> {
    const { template } = this.stack;
    const { VpcConfig } = template.Resources[functionId].Properties!;
    if (VpcConfig === undefined) {
      return [`${functionId} is in no VPC`];
    }
    const from: string[] = this.resolve(VpcConfig.SecurityGroupIds);
    return [
      ...(await refused(INTERFACE_ACTIONS, this.simulatedRole(functionId))),
      ...obstacles(template, this.resolve, {
        from,
        to: brokerGroups(template, this.resolve),
        port: portOf(this.kafka),
      }),
    ];
  }

  /** All that a topic holds, read by somebody who may read it and nothing else. */
  async records(topic: string): Promise<Message[]> {
    const { connection } = await this.somebody(`reader-of-${topic}`, [
      [['Connect'], this.kafka.clusterArn],
      [['DescribeTopic', 'ReadData'], this.arnOf('topic', topic)],
      [['DescribeGroup', 'AlterGroup'], this.arnOf('group', 'reading')],
    ]);
    return readAll(connection, topic, 'reading');
  }

  /** Writes records, or without a value tombstones, as somebody who may write to the topic and nothing else. */
  async write(topic: string, values: readonly (Buffer | string | undefined)[]): Promise<void> {
    const { connection } = await this.somebody(`writer-of-${topic}`, [
      [['Connect', 'WriteDataIdempotently'], this.kafka.clusterArn],
      [['DescribeTopic', 'WriteData'], this.arnOf('topic', topic)],
    ]);
    const producer = new kafkaClient.Producer({ ...connection, idempotent: true });
    const messages = values.map((value, index) => ({
      topic,
      key: Buffer.from(`key-${index}`),
      value: value === undefined ? undefined : Buffer.from(value),
    }));
    await producer.send({ acks: -1, messages }).finally(() => producer.close());
  }

  private arnOf(kind: 'group' | 'topic', name: string): string {
    return `${this.kafka.clusterArn.replace(':cluster/', `:${kind}/`)}/${name}`;
  }

  private somebody(name: string, rights: readonly (readonly [string[], string])[]): Promise<Principal> {
    return this.kafka.addPrincipal({
      roleArn: `arn:aws:iam::${this.kafka.identity.account}:role/${name}`,
      statements: rights.map(([actions, Resource]) => ({
        Effect: 'Allow',
        Action: actions.map((action) => `kafka-cluster:${action}`),
        Resource,
      })),
    });
  }

  mapping(mappingId?: string): Mapping {
    return readMapping(this.stack.template, this.resolve, mappingId);
  }

  /** Starts the mapping; rejects with all that would keep the service from it. */
  async consume(options: ConsumeOptions): Promise<Poller> {
    const mapping = this.mapping(options.mappingId);
    const { functionName } = mapping;
    const place = { template: this.stack.template, resolve: this.resolve, kafka: this.kafka };
    const found = await problems(mapping, this.simulatedRole(functionName), place);
    if (found.length > 0) {
      throw new Error(`the mapping cannot work: ${found.join('; ')}`);
    }
    const { connection } = await this.principal(functionName);
    return Poller.start({
      ...options,
      mapping,
      connection,
      bootstrapServers: this.kafka.bootstrap.iam,
      functionArn: this.resolve({ 'Fn::GetAtt': [functionName, 'Arn'] }),
      onFailure: (message) => {
        const { destination } = mapping;
        this.deadLetters.set(destination!, [...(this.deadLetters.get(destination!) ?? []), message]);
      },
    });
  }
}
