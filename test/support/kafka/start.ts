import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PORTS, claimAddresses } from './addresses';
import { ClassArchive } from './archive';
import { kafkaClient } from './client';
import { TestKafka, usersFile } from './cluster';
import type { ClusterIdentity } from './identity';
import { DEFAULT_IDENTITY } from './identity';
import { kafkaJars } from './jar-sets';
import { compiled, jars, requireJava } from './java';
import { KafkaNode } from './node';
import type { Profile } from './profiles';
import type { Authentication } from './properties';
import { SUPER_USERS, openPorts, propertyFile, serverProperties } from './properties';
import { authority } from './tls';
import type { KafkaVersion } from './versions';
import { NEWEST_KAFKA } from './versions';
import { logFolder, runFolder, sweep } from './workspace';

export interface KafkaOptions {
  /** @default the newest of `KAFKA_VERSIONS` */
  readonly version?: KafkaVersion;
  /** @default 1; an express cluster has 3 */
  readonly nodes?: 1 | 3;
  /** @default 'standard' */
  readonly profile?: Profile;
  /** What its ARN is made of. @default `DEFAULT_IDENTITY` */
  readonly cluster?: Partial<ClusterIdentity>;
  /** Ports of other ways in stay closed. @default all; serverless: IAM only, the one that it has */
  readonly authentication?: readonly Authentication[];
  /** The configuration of the cluster, see `templateServerProperties`. @default the service's defaults */
  readonly serverProperties?: Record<string, string>;
  /** The Availability Zone of each node. @default one for each */
  readonly zones?: readonly string[];
  /** SCRAM-SHA-512 users and their passwords. @default none */
  readonly scramUsers?: Record<string, string>;
}

const ALL_WAYS: readonly Authentication[] = ['unauthenticated', 'mutualTls', 'scram', 'iam'];

const JVM_OPTIONS = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  // Of the JVM itself: what the class data archive leaves out.
  '-Xlog:disable',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  // Why somebody was refused is what one looks for in a failed test.
  '-Dorg.slf4j.simpleLogger.log.fixture=info',
  '-Dorg.slf4j.simpleLogger.log.kafka.authorizer.logger=info',
];

/** Starts brokers and waits until they serve. End them with `stop()`; if this process ends first, so do they. */
export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  const { version = NEWEST_KAFKA, profile = 'standard', scramUsers = {} } = options;
  const count = options.nodes ?? (profile === 'express' ? 3 : 1);
  if (profile === 'express' && count !== 3) {
    throw new Error('an express cluster has three brokers or more: leave nodes out or set 3');
  }
  const authentication = options.authentication ?? (profile === 'serverless' ? ['iam'] : ALL_WAYS);
  const identity = { ...DEFAULT_IDENTITY, ...options.cluster };

  const jdk = await requireJava();
  const kafka = await jars(kafkaJars(version));
  const ours = await compiled(`kafka-${version}`, path.join(__dirname, 'java'), kafka);
  const classPath = [...kafka, ours].join(path.delimiter);
  const archive = new ClassArchive(jdk, classPath);
  const brokers = await authority();
  const adminCertificate = await brokers.issue(SUPER_USERS.admin);
  sweep();

  const addresses = await claimAddresses();
  const hosts = addresses.hosts.slice(0, count);
  const certificate = await brokers.issue(SUPER_USERS.broker, addresses.hosts);
  const folder = runFolder();
  const logs = logFolder(`${identity.clusterName}-${addresses.name}`);
  writeFileSync(usersFile(folder), '');
  // The first byte keeps a dash, an option to the tool that formats, away from the beginning.
  const clusterId = Buffer.from([0x44, ...randomBytes(15)]).toString('base64url');
  const scram = Object.entries(scramUsers).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);

  const newNode = (host: string, index: number): KafkaNode => {
    const stem = path.join(folder, `node-${index + 1}`);
    const properties = serverProperties({
      node: index + 1,
      zone: options.zones?.[index],
      hosts,
      region: identity.region,
      profile,
      authentication,
      serverProperties: options.serverProperties ?? {},
      files: { data: stem, keyStore: certificate.file, trustStore: brokers.file, iamUsers: usersFile(folder) },
    });
    writeFileSync(`${stem}.properties`, propertyFile(properties));
    return new KafkaNode({
      name: `node ${index + 1} of ${identity.clusterName}`,
      host,
      ports: openPorts(authentication).map((name) => PORTS[name]),
      jvmOptions: [...JVM_OPTIONS, '-cp', classPath],
      properties: `${stem}.properties`,
      format: ['-t', clusterId, ...scram],
      log: path.join(logs, `node-${index + 1}.log`),
      pidFile: `${stem}.pid`,
    });
  };

  let cluster: TestKafka | undefined;
  try {
    const nodes = hosts.map(newNode);
    cluster = new TestKafka({
      version,
      profile,
      identity,
      logs,
      authority: brokers,
      adminCertificate,
      nodes,
      addresses,
      folder,
      archive,
    });
    await Promise.all(nodes.map((node, index) => node.start(index === 0 ? archive.useOrWrite() : archive.use())));
    // Makes the brokers create the topic of committed offsets, on which the first group of a test would have to wait.
    await cluster.admin.findCoordinator({ keyType: kafkaClient.FindCoordinatorKeyTypes.GROUP, keys: ['first'] });
    return cluster;
  } catch (error) {
    await (cluster?.stop() ?? addresses.release()).catch(() => undefined);
    throw error;
  }
}
