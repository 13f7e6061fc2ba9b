import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressBlock } from './addresses';
import { PORTS } from './addresses';
import type { ClassArchive } from './archive';
import type {
  Acl as KafkaAcl,
  Admin,
  BaseOptions,
  Consumer,
  ConsumerOptions,
  Producer,
  ProducerOptions,
} from './client';
import { kafkaClient } from './client';
import type { AwsCredentials } from './iam-token';
import { iamToken } from './iam-token';
import type { ClusterIdentity } from './identity';
import { clusterArn, sessionArn } from './identity';
import type { KafkaNode } from './node';
import { CLEAN_EXIT } from './node';
import type { Acl, Statement } from './policy';
import { kafkaRights, roleStatements } from './policy';
import type { Profile } from './profiles';
import type { KnownValues, Resolve, Template } from './template';
import { templateResolver } from './template';
import type { Authority, Certificate } from './tls';
import type { Topic } from './topics';
import type { KafkaVersion } from './versions';

/** Options that every client of the library takes: `new kafkaClient.Producer({ ...connection, … })`. */
export type Connection = Pick<BaseOptions, 'clientId' | 'bootstrapBrokers' | 'tls' | 'sasl'>;

export interface PrincipalOptions {
  readonly roleArn: string;
  /** Of the role's session. @default 'test' */
  readonly sessionName?: string;
  readonly statements: readonly Statement[];
  /** Turns what the statements hold into literals. @default they are literals */
  readonly resolve?: Resolve;
  /** @default temporary ones, the same each time for one role */
  readonly credentials?: AwsCredentials;
}

export interface Principal {
  /** How the brokers name it: a session of the role. */
  readonly arn: string;
  readonly credentials: AwsCredentials;
  /** To the IAM port. */
  readonly connection: Connection;
  /** What it may do, in the words of Kafka. */
  readonly acls: readonly Acl[];
  /** The statements that are not about Kafka's data plane. */
  readonly others: readonly Statement[];
}

/** What a cluster is made of; it owns all of it from then on. */
export interface ClusterParts {
  readonly version: KafkaVersion;
  readonly profile: Profile;
  readonly identity: ClusterIdentity;
  readonly logs: string;
  readonly authority: Authority;
  readonly adminCertificate: Certificate;
  readonly nodes: readonly KafkaNode[];
  readonly addresses: AddressBlock;
  readonly folder: string;
  readonly archive: ClassArchive;
}

type Listener = Exclude<keyof typeof PORTS, 'controller'>;

/** Of a client under test: enough for a broker that has just started. */
const IMPATIENT = { retries: 3, retryDelay: 200 };
const PATIENT = { retries: 20, retryDelay: 250 };
const CLIENTS_CLOSE_WITHIN_MS = 3_000;
const SETTLED_WITHIN_MS = 60_000;

/** A cluster of real Kafka brokers on loopback addresses that plays one Amazon MSK cluster. */
export class TestKafka {
  readonly clusterArn: string;
  readonly version: KafkaVersion;
  readonly profile: Profile;
  readonly identity: ClusterIdentity;
  /** Folder with the log of each node: what they printed, and why they refused somebody. */
  readonly logs: string;
  /** Who signed the brokers' certificates, for clients that take a file. */
  readonly authority: Authority;
  /** Broker strings by listener. Those of closed ports are there too: a client meets what it would meet on the service. */
  readonly bootstrap: Record<Listener, string>;
  /** A client that no ACL binds, over a port of its own. */
  readonly admin: Admin;
  /** One such client a broker: each answers for its broker alone. */
  private readonly admins: Admin[];
  private readonly closeClients: (() => Promise<void>)[] = [];
  private readonly users = new Map<string, AwsCredentials & { principal: string; connect: boolean }>();
  private marks = 0;

  /** @internal use `startKafka` */
  constructor(private readonly parts: ClusterParts) {
    const { identity, addresses, nodes } = parts;
    ({ version: this.version, profile: this.profile, logs: this.logs, authority: this.authority } = parts);
    this.identity = identity;
    this.clusterArn = clusterArn(identity);
    const hosts = addresses.hosts.slice(0, nodes.length);
    const brokers = (name: Listener) => hosts.map((host) => `${host}:${PORTS[name]}`);
    this.bootstrap = {
      replication: brokers('replication').join(','),
      plaintext: brokers('plaintext').join(','),
      tls: brokers('tls').join(','),
      scram: brokers('scram').join(','),
      iam: brokers('iam').join(','),
    };
    this.admins = brokers('replication').map((broker) => this.superUser([broker]));
    this.admin = this.superUser(brokers('replication'));
  }

  /** A producer. Clients made here are closed when the cluster stops, so that a failed test leaves none. */
  producer(connection: Connection, options: Partial<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> = {}): Producer {
    const producer = new kafkaClient.Producer({ ...IMPATIENT, ...connection, ...options });
    this.closeClients.push(() => producer.close(true));
    return producer;
  }

  consumer(
    connection: Connection,
    options: { groupId: string } & Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>,
  ): Consumer {
    const consumer = new kafkaClient.Consumer({ ...IMPATIENT, ...connection, ...options });
    this.closeClients.push(() => consumer.close(true));
    return consumer;
  }

  adminClient(connection: Connection, options: Partial<BaseOptions> = {}): Admin {
    const admin = new kafkaClient.Admin({ ...IMPATIENT, ...connection, ...options });
    this.closeClients.push(() => admin.close());
    return admin;
  }

  plaintext(): Connection {
    return this.connection('plaintext');
  }

  tls(): Connection {
    return { ...this.connection('tls'), tls: { ca: this.authority.pem } };
  }

  /** With a certificate whose principal is `User:CN=<commonName>`. */
  async mutualTls(commonName: string): Promise<Connection> {
    const { key, cert } = await this.authority.issue(commonName);
    return { ...this.connection('tls'), tls: { ca: this.authority.pem, key, cert } };
  }

  scram(username: string, password: string): Connection {
    return {
      ...this.connection('scram'),
      tls: { ca: this.authority.pem },
      sasl: { mechanism: 'SCRAM-SHA-512', username, password },
    };
  }

  /** With credentials, or with whatever makes a token. */
  iam(credentials: AwsCredentials | (() => string)): Connection {
    const { region } = this.identity;
    const token = typeof credentials === 'function' ? credentials : () => iamToken({ region, credentials });
    return { ...this.connection('iam'), tls: { ca: this.authority.pem }, sasl: { mechanism: 'OAUTHBEARER', token } };
  }

  /** Makes a role known to the IAM port, with exactly these rights. A second call for the same role replaces them. */
  async addPrincipal({ roleArn, sessionName, statements, resolve, credentials }: PrincipalOptions): Promise<Principal> {
    const arn = sessionArn(roleArn, sessionName);
    const rights = kafkaRights(statements, this.identity, resolve);
    const known = credentials ?? temporaryCredentials(arn);
    await this.setAcls(`User:${arn}`, rights.acls);
    this.users.forEach((user, key) => user.principal === arn && this.users.delete(key));
    this.users.set(known.accessKeyId, { ...known, principal: arn, connect: rights.connect });
    this.writeUsers();
    return { arn, credentials: known, connection: this.iam(known), acls: rights.acls, others: rights.others };
  }

  /** Gives a principal (`User:alice`) exactly these ACLs, and waits until every broker has them. */
  async setAcls(principal: string, acls: readonly Acl[]): Promise<void> {
    const { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } = kafkaClient;
    const filter = {
      resourceType: ResourceTypes.ANY,
      resourceName: null,
      resourcePatternType: ResourcePatternTypes.ANY,
      principal,
      host: null,
      operation: AclOperations.ANY,
      permissionType: AclPermissionTypes.ANY,
    };
    // The controller has them at once; each broker follows in its own time.
    const settled = (expected: readonly string[]) =>
      Promise.all(
        this.runningAdmins().map((admin) =>
          until(`the ACLs of ${principal}`, async () => {
            const resources = await admin.describeAcls({ filter });
            const actual = resources.flatMap(({ acls, ...resource }) =>
              acls.map((acl) => aclKey({ ...resource, ...acl })),
            );
            return actual.sort().join() === [...expected].sort().join();
          }),
        ),
      );
    await this.admin.deleteAcls({ filters: [filter] });
    await settled([]);
    const creations = acls.map((acl) => ({
      resourceType: ResourceTypes[acl.resourceType],
      resourceName: acl.resourceName,
      resourcePatternType: ResourcePatternTypes[acl.patternType],
      principal,
      host: '*',
      operation: AclOperations[acl.operation],
      permissionType: AclPermissionTypes[acl.permission],
    }));
    if (creations.length > 0) {
      await this.admin.createAcls({ creations });
    }
    await settled(creations.map(aclKey));
  }

  /** Waits until every broker has all that was changed before: they learn of changes in their order. */
  async changesApplied(): Promise<void> {
    const resourceName = `mark-${++this.marks}`;
    await this.setAcls('User:mark', [
      { resourceType: 'GROUP', resourceName, patternType: 'LITERAL', operation: 'DESCRIBE', permission: 'ALLOW' },
    ]);
  }

  /** Of the rights of a principal, those that no broker has let it make use of. */
  unused({ arn, acls }: Pick<Principal, 'arn' | 'acls'>): string[] {
    const logs = readdirSync(this.logs).map((name) => readFileSync(path.join(this.logs, name), 'utf8'));
    const uses = [...logs.join('').matchAll(/ User:(\S+) uses (\w+) (\w+) (\S+)$/gm)].filter(([, who]) => who === arn);
    const fits = (acl: Acl, name: string) =>
      acl.patternType === 'LITERAL' ? ['*', name].includes(acl.resourceName) : name.startsWith(acl.resourceName);
    return acls
      .filter(
        (acl) =>
          !uses.some(([, , use, type, name]) => use === acl.operation && type === acl.resourceType && fits(acl, name)),
      )
      .map(({ operation, resourceType, resourceName }) => `${operation} ${resourceType} ${resourceName}`);
  }

  /** `addPrincipal` with all that a template attaches to one of its roles. */
  addRole(
    template: Template,
    roleId: string,
    options: { resolve?: Resolve; credentials?: AwsCredentials } = {},
  ): Promise<Principal> {
    const { partition, account } = this.identity;
    return this.addPrincipal({
      roleArn: `arn:${partition}:iam::${account}:role/${roleId}`,
      statements: roleStatements(template, roleId),
      resolve: options.resolve ?? this.resolver(template),
      credentials: options.credentials,
    });
  }

  /** Resolves intrinsic functions of a template whose MSK cluster this one plays. */
  resolver(template: Template, known?: KnownValues): Resolve {
    return templateResolver(template, this.identity, known);
  }

  /** Creates topics as the super user and waits until every broker serves them. */
  async createTopics(topics: readonly Topic[]): Promise<void> {
    for (const { topicName, partitions, replicationFactor, configs = {} } of topics) {
      await this.admin.createTopics({
        topics: [topicName],
        partitions,
        replicas: replicationFactor,
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      });
    }
    await this.settled(
      (topic) => topic.every(({ leader }) => leader > 0),
      topics.map(({ topicName }) => topicName),
      this.runningAdmins(),
    );
  }

  /** Ends a node at once, as a crash does; with SIGTERM in order. */
  async kill(node: number, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.node(node).end(signal);
  }

  /** Starts a node that was killed, with the data that it had. */
  async restart(node: number): Promise<void> {
    await this.node(node).start(this.parts.archive.use());
  }

  /** Waits until every broker sees each replica of each topic in sync. */
  async inSync(): Promise<void> {
    const topics = await this.admin.listTopics();
    await this.settled(
      (topic) => topic.every(({ leader, isr, replicas }) => leader > 0 && isr.length === replicas.length),
      topics,
      this.admins,
    );
  }

  /** Process ids of the running nodes. */
  pids(): number[] {
    return this.parts.nodes.flatMap(({ pid }) => pid ?? []);
  }

  /** Ends all nodes and deletes their data. Throws if one of them had ended by itself. */
  async stop(): Promise<void> {
    const { nodes, folder, addresses, archive, logs } = this.parts;
    const closing = Promise.allSettled(this.closeClients.map((close) => close()));
    // A consumer says good-bye to its group; one whose broker is dead would do so for ever.
    await Promise.race([closing, sleep(CLIENTS_CLOSE_WITHIN_MS, undefined, { ref: false })]);
    const clean = [CLEAN_EXIT];
    let patienceMs: number | undefined;
    if (nodes.length > 1 && archive.exists) {
      // The last controller would wait five seconds for a quorum that is gone.
      patienceMs = 1_500;
      clean.push('SIGKILL');
    }
    const ends = await Promise.all(nodes.filter((node) => node.running).map((node) => node.end('SIGTERM', patienceMs)));
    archive.keep();
    rmSync(folder, { recursive: true, force: true });
    await addresses.release();
    nodes.forEach((node) => node.checkAlive());
    if (!ends.every((end) => clean.includes(end))) {
      throw new Error(`the nodes ended with ${ends.join(', ')}, a clean end is ${CLEAN_EXIT}; see ${logs}`);
    }
  }

  private node(number: number): KafkaNode {
    const node = this.parts.nodes[number - 1];
    if (node === undefined) {
      throw new Error(`there is no node ${number}: the cluster has ${this.parts.nodes.length}`);
    }
    return node;
  }

  private connection(listener: Listener): Connection {
    return { clientId: 'test', bootstrapBrokers: this.bootstrap[listener].split(',') };
  }

  private superUser(bootstrapBrokers: string[]): Admin {
    const { key, cert } = this.parts.adminCertificate;
    return this.adminClient(
      { clientId: 'fixture', bootstrapBrokers, tls: { ca: this.authority.pem, key, cert } },
      PATIENT,
    );
  }

  private runningAdmins(): Admin[] {
    return this.admins.filter((_, index) => this.parts.nodes[index].running);
  }

  private async settled(
    isSettled: (partitions: { leader: number; isr: number[]; replicas: number[] }[]) => boolean,
    topics: string[],
    admins: Admin[],
  ) {
    await Promise.all(
      admins.map((admin) =>
        until(`the topics ${topics.join(', ')}`, async () => {
          const metadata = await admin.metadata({ topics, forceUpdate: true }).catch(() => undefined);
          return (
            metadata !== undefined &&
            metadata.brokers.size === admins.length &&
            topics.every((topic) => isSettled(metadata.topics.get(topic)!.partitions))
          );
        }),
      ),
    );
  }

  private writeUsers(): void {
    const lines = [...this.users].map(
      ([key, user]) =>
        `${key}.secret=${user.secretAccessKey}\n${key}.token=${user.sessionToken ?? ''}\n${key}.principal=${user.principal}\n${key}.connect=${user.connect}\n`,
    );
    const file = usersFile(this.parts.folder);
    writeFileSync(`${file}.new`, lines.join(''));
    renameSync(`${file}.new`, file);
  }
}

/** The callers that the IAM port knows. */
export function usersFile(folder: string): string {
  return path.join(folder, 'iam-users.properties');
}

/** All that tells one ACL of a principal from another. */
function aclKey(acl: Omit<KafkaAcl, 'principal' | 'host'>): string {
  return [acl.resourceType, acl.resourcePatternType, acl.resourceName, acl.operation, acl.permissionType].join(' ');
}

/** Keys of a session as STS gives them: with a token. */
function temporaryCredentials(arn: string): AwsCredentials {
  const secret = createHash('sha256').update(arn).digest();
  return {
    accessKeyId: `ASIA${secret.toString('hex').slice(0, 16).toUpperCase()}`,
    secretAccessKey: secret.toString('base64'),
    sessionToken: createHash('sha512').update(arn).digest('base64'),
  };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not settle in ${SETTLED_WITHIN_MS / 1000} s`);
    }
    await sleep(50);
  }
}
