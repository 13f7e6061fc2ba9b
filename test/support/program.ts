import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STORE_PASSWORD, trustStore } from './spark';
import type { AwsCredentials } from './kafka';

/** A process under test. It ends with the one that started it. */
export class Program {
  /** All that it has said. */
  output = '';
  /** Undefined while it runs. */
  code?: number | null;

  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(command: string, args: readonly string[], env: Record<string, string | undefined>) {
    this.child = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    const hear = (chunk: Buffer) => (this.output += chunk.toString());
    this.child.stdout!.on('data', hear);
    this.child.stderr!.on('data', hear);
    const kill = () => this.signal('SIGKILL');
    process.once('exit', kill);
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code) => {
        process.off('exit', kill);
        this.code = code;
        resolve();
      }),
    );
  }

  /** What it reads from its input, to the end of it. */
  write(text: string): void {
    this.child.stdin!.end(text);
  }

  /** Waits until it has said something. */
  async says(what: RegExp, withinMs = 120_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!what.test(this.output)) {
      if (this.code !== undefined || Date.now() > deadline) {
        throw new Error(`${String(what)} was not said; the end of what was:\n${this.output.slice(-4_000)}`);
      }
      await sleep(50);
    }
  }

  /** Waits until it ends by itself. */
  async end(): Promise<number | null> {
    await this.ended;
    return this.code!;
  }

  /** Ends it as a deployment does: a consumer leaves its group, if it does so soon. */
  async kill(): Promise<void> {
    this.signal('SIGTERM');
    await Promise.race([this.ended, sleep(20_000, undefined, { ref: false })]);
    this.signal('SIGKILL');
    await this.ended;
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.code === undefined) {
      process.kill(-this.child.pid!, signal);
    }
  }
}

/** Environment of a JVM that trusts the test brokers and has a role's credentials. */
export async function javaEnvironment(credentials?: AwsCredentials): Promise<Record<string, string>> {
  return {
    JAVA_TOOL_OPTIONS: [
      `-Djavax.net.ssl.trustStore=${await trustStore()}`,
      `-Djavax.net.ssl.trustStorePassword=${STORE_PASSWORD}`,
      '-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m',
    ].join(' '),
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(credentials && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken!,
    }),
  };
}

/** The environment that a task definition gives its only container. */
export function containerEnvironment(template: any, resolve: (value: unknown) => any): Record<string, string> {
  const [definition] = Object.values<any>(template.Resources).filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition');
  const [{ Environment }] = definition.Properties.ContainerDefinitions;
  return Object.fromEntries(Environment.map(({ Name, Value }: any) => [Name, String(resolve(Value))]));
}

/** A jar set as the class path that an image of Kafka has at `/opt/kafka`, and a main class behind a script there. */
export interface KafkaImage {
  readonly jars: readonly string[];
  readonly script: string;
  readonly main: string;
}

/**
 * Runs a container's own shell command without the container: `wget` brings the jar for IAM that the tests have already,
 * and Kafka's script is a class path. Everything else is as the template says.
 */
export async function runContainer(
  folder: string,
  image: KafkaImage,
  command: readonly string[],
  env: Record<string, string>,
): Promise<Program> {
  const iam = image.jars.find((jar) => jar.includes('aws-msk-iam-auth'))!;
  const others = image.jars.filter((jar) => jar !== iam).join(path.delimiter);
  const script = path.join(folder, image.script);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'wget'), `#!/bin/sh\nexec cp "${iam}" "$3"\n`, { mode: 0o755 });
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  writeFileSync(script, `#!/bin/sh\nexec java ${log} -cp "${others}:$CLASSPATH" ${image.main} "$@"\n`, { mode: 0o755 });
  const [shell, ...args] = command.map((each) => each.replace(`/opt/kafka/bin/${image.script}`, script));
  return new Program(shell, args, { ...env, PATH: `${folder}${path.delimiter}${process.env.PATH}` });
}
