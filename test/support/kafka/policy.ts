import type { ClusterIdentity } from './identity';
import type { Resolve, Template } from './template';
import { resourcesOf } from './template';

/** An IAM statement as it stands in a template. */
export type Statement = Record<string, unknown>;

export type ResourceKind = 'cluster' | 'topic' | 'group' | 'transactional-id';

/** A Kafka ACL without its principal, in the words of Kafka's protocol. */
export interface Acl {
  readonly resourceType: 'CLUSTER' | 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID';
  readonly resourceName: string;
  readonly patternType: 'LITERAL' | 'PREFIXED';
  readonly operation: Operation;
  readonly permission: 'ALLOW' | 'DENY';
}

type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE';

export interface KafkaRights {
  /** Without it the brokers refuse the connection, whatever else is allowed. */
  readonly connect: boolean;
  readonly acls: readonly Acl[];
  /** Statements, or their remainders, that are about other services; not resolved. */
  readonly others: readonly Statement[];
}

/**
 * The actions of the data plane: what they apply to and which Kafka operation each lets through.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_apachekafkaapisforamazonmskclusters.html
 */
const ACTIONS: Record<string, readonly [ResourceKind, Operation?]> = {
  Connect: ['cluster'],
  DescribeCluster: ['cluster', 'DESCRIBE'],
  AlterCluster: ['cluster', 'ALTER'],
  DescribeClusterDynamicConfiguration: ['cluster', 'DESCRIBE_CONFIGS'],
  AlterClusterDynamicConfiguration: ['cluster', 'ALTER_CONFIGS'],
  WriteDataIdempotently: ['cluster', 'IDEMPOTENT_WRITE'],
  CreateTopic: ['topic', 'CREATE'],
  DescribeTopic: ['topic', 'DESCRIBE'],
  AlterTopic: ['topic', 'ALTER'],
  DeleteTopic: ['topic', 'DELETE'],
  DescribeTopicDynamicConfiguration: ['topic', 'DESCRIBE_CONFIGS'],
  AlterTopicDynamicConfiguration: ['topic', 'ALTER_CONFIGS'],
  ReadData: ['topic', 'READ'],
  WriteData: ['topic', 'WRITE'],
  DescribeGroup: ['group', 'DESCRIBE'],
  AlterGroup: ['group', 'READ'],
  DeleteGroup: ['group', 'DELETE'],
  DescribeTransactionalId: ['transactional-id', 'DESCRIBE'],
  AlterTransactionalId: ['transactional-id', 'WRITE'],
};

const ACL_TYPES: Record<ResourceKind, Acl['resourceType']> = {
  cluster: 'CLUSTER',
  topic: 'TOPIC',
  group: 'GROUP',
  'transactional-id': 'TRANSACTIONAL_ID',
};

const SERVICE = 'kafka-cluster';
const EXPRESSIBLE = ['Sid', 'Effect', 'Action', 'Resource'];

/** All statements that a template attaches to a role: its own and those of policies that name it. */
export function roleStatements(template: Template, roleId: string): Statement[] {
  const role = template.Resources[roleId];
  if (role?.Type !== 'AWS::IAM::Role') {
    throw new Error(`${roleId} is not a role of the template`);
  }
  if (role.Properties?.PermissionsBoundary !== undefined) {
    throw new Error(`${roleId} has a permissions boundary, which Kafka ACLs cannot express`);
  }
  const isRole = (value: any) => value?.Ref === roleId || (value !== undefined && value === role.Properties?.RoleName);
  const managed: unknown[] = role.Properties?.ManagedPolicyArns ?? [];
  const attached = resourcesOf(template, 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy').filter(
    ([id, { Properties: properties }]) =>
      properties?.Roles?.some(isRole) || isRole(properties?.RoleName) || managed.some((arn: any) => arn?.Ref === id),
  );
  const documents = [
    ...(role.Properties?.Policies ?? []).map((policy: any) => policy.PolicyDocument),
    ...attached.map(([, policy]) => policy.Properties!.PolicyDocument),
  ];
  return documents.flatMap((document) => document.Statement);
}

/**
 * What the statements of an IAM identity mean to the brokers of one cluster.
 *
 * Throws at whatever it cannot express exactly, and at any ARN of another cluster: a right that is lost in translation
 * would make a test fail for the wrong reason, one that is gained would prove nothing.
 */
export function kafkaRights(
  statements: readonly Statement[],
  cluster: ClusterIdentity,
  resolve: Resolve = (value) => value,
): KafkaRights {
  const others: Statement[] = [];
  const acls = new Map<string, Acl>();
  const connect = { Allow: false, Deny: false };

  for (const statement of statements) {
    if ('NotAction' in statement) {
      throw cannot('NotAction', statement);
    }
    const actions: string[] = [resolve(statement.Action)].flat();
    const ours = actions.filter(isOurs);
    if (ours.length < actions.length) {
      others.push({ ...statement, Action: actions.filter((action) => !isOurs(action)) });
    }
    if (ours.length === 0) {
      continue;
    }
    const strange = Object.keys(statement).find((key) => !EXPRESSIBLE.includes(key));
    if (strange !== undefined) {
      throw cannot(strange, statement);
    }
    const effect = statement.Effect;
    if (effect !== 'Allow' && effect !== 'Deny') {
      throw cannot(`Effect ${String(effect)}`, statement);
    }
    const resources: string[] = [resolve(statement.Resource ?? [])].flat();
    if (resources.length === 0) {
      throw cannot('no Resource', statement);
    }
    for (const arn of resources) {
      const { kind, name } = resourceOf(arn, cluster);
      for (const action of ours.flatMap((pattern) => namesOf(pattern, kind, arn))) {
        const [, operation] = ACTIONS[action];
        if (operation === undefined) {
          connect[effect] = true;
          continue;
        }
        const acl: Acl = {
          resourceType: ACL_TYPES[kind],
          ...name,
          operation,
          permission: effect === 'Allow' ? 'ALLOW' : 'DENY',
        };
        acls.set(JSON.stringify(acl), acl);
      }
    }
  }
  return { connect: connect.Allow && !connect.Deny, acls: [...acls.values()], others };
}

/** IAM compares without regard to case. A pattern that reaches over several services says nothing that could be tested. */
function isOurs(action: string): boolean {
  const [service] = action.split(':');
  if (/[*?]/.test(service) && glob(service).test(SERVICE)) {
    throw new Error(`action ${action} covers ${SERVICE} and more: cannot be expressed`);
  }
  return service.toLowerCase() === SERVICE;
}

/** The actions that a pattern means on a kind of resource. */
function namesOf(pattern: string, kind: ResourceKind, arn: string): string[] {
  const matches = Object.keys(ACTIONS).filter((name) => glob(pattern).test(`${SERVICE}:${name}`));
  if (matches.length === 0) {
    throw new Error(`there is no action ${pattern}`);
  }
  const fitting = matches.filter((name) => ACTIONS[name][0] === kind);
  if (fitting.length === 0) {
    throw new Error(`${pattern} does not apply to a ${kind}, so it gives no right on ${arn}`);
  }
  return fitting;
}

function glob(pattern: string): RegExp {
  const source = pattern.replace(/[^*?]+/g, (text) => text.replace(/[\\^$.|+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${source.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');
}

function resourceOf(
  arn: unknown,
  cluster: ClusterIdentity,
): { kind: ResourceKind; name: Pick<Acl, 'resourceName' | 'patternType'> } {
  const parts =
    /^arn:([^:]*):kafka:([^:]*):([^:]*):(cluster|topic|group|transactional-id)\/([^/]*)\/([^/]*)(?:\/(.+))?$/.exec(
      String(arn),
    );
  if (parts === null) {
    throw new Error(`resource ${JSON.stringify(arn)} is not the ARN of a cluster, topic, group or transactional id`);
  }
  const [, partition, region, account, kind, clusterName, clusterUuid, name] = parts;
  const actual: ClusterIdentity = { partition, region, account, clusterName, clusterUuid };
  const words: Record<keyof ClusterIdentity, string> = {
    partition: 'partition',
    region: 'Region',
    account: 'account',
    clusterName: 'cluster name',
    clusterUuid: 'cluster id',
  };
  for (const key of Object.keys(words) as (keyof ClusterIdentity)[]) {
    if (actual[key] !== cluster[key]) {
      throw new Error(
        `${arn} is of another cluster: its ${words[key]} is ${actual[key]}, the test cluster's is ${cluster[key]}`,
      );
    }
  }
  if ((kind === 'cluster') !== (name === undefined)) {
    throw new Error(`${arn} names ${kind === 'cluster' ? 'more than a cluster' : `no ${kind}`}`);
  }
  return {
    kind: kind as ResourceKind,
    name: kind === 'cluster' ? { resourceName: 'kafka-cluster', patternType: 'LITERAL' } : pattern(name, arn),
  };
}

/** Kafka knows one name, all names (`*`) and names with a beginning. */
function pattern(name: string, arn: unknown): Pick<Acl, 'resourceName' | 'patternType'> {
  const prefix = name.endsWith('*') ? name.slice(0, -1) : name;
  if (/[*?]|\$\{/.test(prefix)) {
    throw new Error(`${arn}: Kafka ACLs can express a wildcard at the end only`);
  }
  return name === '*' || prefix === name
    ? { resourceName: name, patternType: 'LITERAL' }
    : { resourceName: prefix, patternType: 'PREFIXED' };
}

function cannot(what: string, statement: Statement): Error {
  return new Error(`Kafka ACLs cannot express ${what}: ${JSON.stringify(statement)}`);
}
