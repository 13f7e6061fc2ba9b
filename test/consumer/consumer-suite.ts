import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ClientAuthentication, ClientIdentity, MskCluster, ServerlessCluster } from '../../lib/cluster';
import type { IKafkaConsumer, IMskCluster } from '../../lib/cluster';
import { ConsumerAlarms } from '../../lib/monitoring';
import { KafkaTopic } from '../../lib/topic';
import type { IKafkaTopic } from '../../lib/topic';
import {
  app,
  CLUSTER_ARN,
  cluster,
  differences,
  idsOf,
  importedVpc,
  resourcesOf,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';

/** What a user says of any consumer. */
export interface Flow {
  readonly topic: IKafkaTopic;
  readonly consumerGroup: string;
  readonly identity?: ClientIdentity;
  /** Whether a consumer that has read nothing yet begins with what arrives from then on. */
  readonly latest?: boolean;
  /** Whether it runs the second version of whatever code it has. */
  readonly changed?: boolean;
  /** Whether the cluster is in another account, reached by a managed VPC connection where the service wants one. */
  readonly foreign?: boolean;
}

/** Who a consumer can be to a cluster; `anonymous` over TLS. */
export type Way = 'iam' | 'scram' | 'mutualTls' | 'anonymous';
export const WAYS: Way[] = ['iam', 'scram', 'mutualTls', 'anonymous'];

/** What a user may change of a consumer. */
export type Edit = 'topic' | 'group' | 'position' | 'cluster' | 'code' | 'moved';
export const EDITS: Edit[] = ['topic', 'group', 'position', 'cluster', 'code', 'moved'];

/**
 * What becomes of what was read: `keeps` goes on where it was, `replays` begins at the starting position, `skips` begins
 * with what arrives from then on. `—` stands for an edit that the consumer has no property for.
 */
export type Effect = 'keeps' | 'replays' | 'skips' | '—';

/** What becomes of the resource. */
export type Change = 'replaced' | 'in place' | 'untouched';

/** One consumer: the suite knows nothing else of it. */
export interface ConsumerCase {
  /** Its public name. */
  readonly name: string;

  /** Makes one. */
  make(scope: Construct, id: string, flow: Flow): IKafkaConsumer;

  /** A cluster of this app that it can read; by default the smallest one. */
  cluster?(scope: Construct, id: string): IMskCluster;

  /** What is said of an imported cluster that it can read; by default all that there is to say. */
  readonly imported?: Partial<Parameters<typeof MskCluster.fromClusterAttributes>[2]>;

  /** The type of the resource that reads. */
  readonly type: string;

  /** Of this type, the properties that CloudFormation replaces the resource for. */
  readonly createOnly: string[];

  /** The same of properties inside a property. */
  readonly createOnlyWithin?: Record<string, string[]>;

  /** How it may be let in; none where the service needs nobody's leave. */
  readonly ways: Way[];

  /**
   * Where its network interfaces are: with a group of their own, in the groups of the cluster, or not in the VPC at all.
   */
  readonly interfaces: 'own' | 'cluster' | 'none';

  readonly serverless: boolean;

  /** The warning that is about something else than the consumer: what a cluster needs later, what is not built yet. */
  readonly tolerates?: string;

  /** The warnings that say what the owner of an imported cluster has to add; none for most. */
  readonly asksOwner?: string[];

  /** Whether it reads clusters of other accounts, and says what their policy needs. */
  readonly crossAccount: boolean;

  /** `kafka-cluster` actions by IAM, by resource: `cluster`, `topic/NAME`, `group/NAME`. */
  rights(flow: { topic: string; group: string }): Record<string, string[]>;

  /** What was made, under fixed names. */
  readonly exposes: string[];

  /** The metrics that its alarms watch, by alarm. */
  readonly watched: Partial<Record<'Records' | 'Time' | 'Stalled' | 'DeadLetters', string>>;

  /** What the consumer finds its progress by, from its resource: where an edit leaves one of them, reading goes on. */
  progress(properties: any, logicalId: string): string[];

  /** Where it begins when it has read nothing: `skips` for a service that knows no past. */
  readonly begins: 'replays' | 'skips';

  /** What each edit does to what was read, and to the resource. */
  readonly edits: Record<Edit, readonly [Effect] | readonly [Effect, Change]>;
}

/** Where each action of the data plane belongs. @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_apachekafkaapisforamazonmskclusters.html */
const RESOURCE_TYPES: Record<string, string> = {
  Connect: 'cluster',
  AlterCluster: 'cluster',
  DescribeCluster: 'cluster',
  AlterClusterDynamicConfiguration: 'cluster',
  DescribeClusterDynamicConfiguration: 'cluster',
  WriteDataIdempotently: 'cluster',
  AlterTopic: 'topic',
  AlterTopicDynamicConfiguration: 'topic',
  CreateTopic: 'topic',
  DeleteTopic: 'topic',
  DescribeTopic: 'topic',
  DescribeTopicDynamicConfiguration: 'topic',
  ReadData: 'topic',
  WriteData: 'topic',
  AlterGroup: 'group',
  DeleteGroup: 'group',
  DescribeGroup: 'group',
  AlterTransactionalId: 'transactional-id',
  DescribeTransactionalId: 'transactional-id',
};

const PORTS: Record<Way, number> = { iam: 9098, scram: 9096, mutualTls: 9094, anonymous: 9094 };
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_billing-a1b2c3';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';

function topicIn(scope: Construct, orders: IMskCluster, topicName = 'paid'): IKafkaTopic {
  return new KafkaTopic(scope, `Topic${orders.node.id}${topicName}`, { cluster: orders, topicName, partitions: 12 });
}

function authenticationOf(way: Way): ClientAuthentication {
  switch (way) {
    case 'iam':
      return ClientAuthentication.iam();
    case 'scram':
      return ClientAuthentication.scram();
    case 'mutualTls':
      return ClientAuthentication.mutualTls([{ certificateAuthorityArn: 'arn' } as any]);
    case 'anonymous':
      return ClientAuthentication.unauthenticated();
  }
}

function identityOf(scope: Construct, way: Way): ClientIdentity {
  const secret = () => secretsmanager.Secret.fromSecretCompleteArn(scope, 'Secret', SECRET);
  switch (way) {
    case 'iam':
      return ClientIdentity.iam();
    case 'scram':
      return ClientIdentity.scram(secret());
    case 'mutualTls':
      return ClientIdentity.mutualTls(secret());
    case 'anonymous':
      return ClientIdentity.anonymous();
  }
}

/** References of a template as text: whatever is a cluster has the ARN of the fixtures. */
function clustersOf(of: Stack): Record<string, string> {
  const ids = ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster'].flatMap((type) => idsOf(of, type));
  return Object.fromEntries(ids.map((id) => [`${id}.Arn`, CLUSTER_ARN]));
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function statementsOf(of: Stack): Statement[] {
  return idsOf(of, 'AWS::IAM::Policy').flatMap((id) => resourcesOf(of)[id].Properties.PolicyDocument.Statement);
}

/** What policies allow on the data plane: `topic/paid` to actions without prefix. */
function dataPlane(of: Stack): Record<string, string[]> {
  const [prefix, nameAndUuid] = CLUSTER_ARN.split(':cluster/');
  const rights: Record<string, Set<string>> = {};
  for (const { Action, Resource } of statementsOf(of)) {
    for (const action of [Action].flat().filter((each) => each.startsWith('kafka-cluster:'))) {
      for (const resource of [Resource].flat()) {
        const key = textOf(resource, clustersOf(of)).replace(`${prefix}:`, '').replace(`/${nameAndUuid}`, '');
        (rights[key] ??= new Set()).add(action.replace('kafka-cluster:', ''));
      }
    }
  }
  return Object.fromEntries(Object.entries(rights).map(([key, actions]) => [key, [...actions].sort()]));
}

/** Everything that a resource waits for, over what it waits for. */
function waitsFor(of: Stack, id: string): Set<string> {
  const resources = resourcesOf(of);
  const seen = new Set<string>();
  const visit = (each: string) =>
    (resources[each]?.DependsOn ?? []).forEach((next) => {
      if (!seen.has(next)) {
        seen.add(next);
        visit(next);
      }
    });
  visit(id);
  return seen;
}

/** Everything that a consumer promises, whatever it is. */
export function consumerSuite(of: ConsumerCase): void {
  const clusterIn = (scope: Construct, id = 'Orders') => of.cluster?.(scope, id) ?? cluster(scope, id);
  const flowIn = (scope: Construct, props: Partial<Flow> = {}): Flow => ({
    consumerGroup: 'billing',
    ...props,
    topic: props.topic ?? topicIn(scope, clusterIn(scope)),
  });
  const readersIn = (home: Stack) => idsOf(home, of.type);

  describe(of.name, () => {
    test('[S-13] has data-plane statements at the right resource types, each with a name', () => {
      const home = stack();
      of.make(home, 'Consumer', flowIn(home));
      const rights = dataPlane(home);
      const documented = of.rights({ topic: 'paid', group: 'billing' });
      for (const [resource, actions] of Object.entries(rights)) {
        const [type, name] = resource.split('/');
        expect(actions.map((action) => RESOURCE_TYPES[action])).toEqual(actions.map(() => type));
        // A prefix may stand for names that the service makes; all names stand only where it says nothing of them.
        expect(name === '*' && !(resource in documented)).toBe(false);
      }
      expect(rights).toEqual(documented);
    });

    test('[123] puts every statement into policies of its own', () => {
      const { owner, client } = twoStacks();
      const topic = topicIn(owner, clusterIn(owner));
      of.make(client, 'Consumer', flowIn(client, { topic }));
      expect(dataPlane(owner)).toEqual({});
      expect(idsOf(client, 'AWS::IAM::Policy').length).toBeGreaterThan(0);
      const names = [owner, client].map((each) => each.dependencies.map(({ node }) => node.id));
      expect(names).toEqual([[], ['Owner']]);
    });

    test.each<Way>(of.ways.length ? of.ways : ['iam'])('[126] opens one port, from its own side: %s', (way) => {
      const { owner, client } = twoStacks();
      const orders = of.cluster
        ? of.cluster(owner, 'Orders')
        : cluster(owner, 'Orders', { authentication: [authenticationOf(way)] });
      const topic = topicIn(owner, orders);
      of.make(client, 'Consumer', flowIn(client, { topic, identity: identityOf(client, way) }));
      const rules = (home: Stack) =>
        idsOf(home, INGRESS)
          .map((id) => resourcesOf(home)[id].Properties)
          .filter(({ FromPort, ToPort }) => FromPort !== 0 && ToPort !== 65535)
          .map(({ FromPort, ToPort }) => [FromPort, ToPort]);
      const one = [[PORTS[way], PORTS[way]]];
      expect({ owner: rules(owner), client: rules(client) }).toEqual(
        {
          own: { owner: [], client: one },
          // Pollers carry the groups of the cluster: the rule by which these let themselves in is the cluster's.
          cluster: { owner: one, client: [] },
          none: { owner: [], client: [] },
        }[of.interfaces],
      );
    });

    test('[124] comes after topic, cluster and rights', () => {
      const home = stack();
      of.make(home, 'Consumer', flowIn(home));
      const [reader] = readersIn(home);
      const before = waitsFor(home, reader);
      expect([...before]).toEqual(
        expect.arrayContaining(['AWS::MSK::Topic', 'AWS::MSK::Cluster'].flatMap((type) => idsOf(home, type))),
      );
      const policies = idsOf(home, 'AWS::IAM::Policy').filter((id) => id.startsWith('Consumer'));
      expect(policies.some((id) => before.has(id))).toBe(true);
    });

    const refused = WAYS.filter((way) => !of.ways.includes(way));
    if (of.ways.length) {
      test.each(of.ways)('[23] [24] [25] may be let in as %s, with the rights that takes', (way) => {
        const home = stack();
        const topic = topicIn(home, cluster(home, 'Orders', { authentication: [authenticationOf(way)] }));
        of.make(home, 'Consumer', flowIn(home, { topic, identity: identityOf(home, way) }));
        const onSecret = statementsOf(home).filter(({ Resource }) => [Resource].flat().includes(SECRET));
        const actions = onSecret.flatMap(({ Action }) => Action);
        const needsSecret = way === 'scram' || way === 'mutualTls';
        expect(actions.includes('secretsmanager:GetSecretValue')).toBe(needsSecret);
        expect(actions.filter((action) => !/^secretsmanager:(Get|Describe)/.test(action))).toEqual([]);
        expect(Object.keys(dataPlane(home)).length > 0).toBe(way === 'iam');
        expect(JSON.stringify(resourcesOf(home))).not.toContain('resolve:secretsmanager');
      });

      if (refused.length) {
        test.each(refused)('[23] [24] [25] refuses what its service knows nothing of: %s', (way) => {
          const home = stack();
          const topic = topicIn(home, cluster(home, 'Orders', { authentication: [authenticationOf(way)] }));
          expect(() => of.make(home, 'Consumer', flowIn(home, { topic, identity: identityOf(home, way) }))).toThrow(
            /IAM|iam\(\)/,
          );
        });
      }
    }

    test('[4] reads a topic that is there already, of a cluster that is imported', () => {
      const home = stack();
      const orders = importedCluster(home);
      of.make(home, 'Consumer', flowIn(home, { topic: KafkaTopic.fromTopicName(home, 'Paid', orders, 'paid') }));
      expect(readersIn(home)).toHaveLength(1);
      expect(Object.values(resourcesOf(home)).filter(({ Type }) => Type.startsWith('AWS::MSK::Cluster'))).toEqual([]);
      expect(untolerated(home)).toEqual((of.asksOwner ?? []).map((each) => expect.stringContaining(each)));
    });

    test(`[3] ${of.serverless ? 'reads' : 'refuses'} a serverless cluster`, () => {
      const home = stack();
      const clicks = new ServerlessCluster(home, 'Clicks', { vpc: importedVpc(home) });
      const make = () =>
        of.make(home, 'Consumer', flowIn(home, { topic: KafkaTopic.fromTopicName(home, 'Page', clicks, 'page') }));
      if (of.serverless) {
        make();
        expect(readersIn(home)).toHaveLength(1);
        expect(dataPlane(home)).toEqual(of.rights({ topic: 'page', group: 'billing' }));
      } else {
        expect(make).toThrow(/serverless/);
      }
    });

    test('[110] stands beside another one on the same topic', () => {
      const home = stack();
      const { topic } = flowIn(home);
      of.make(home, 'Consumer', flowIn(home, { topic }));
      of.make(home, 'Other', flowIn(home, { topic, consumerGroup: 'shipping' }));
      expect(readersIn(home)).toHaveLength(2);
      expect(untolerated(home)).toEqual([]);
    });

    if (of.crossAccount) {
      test('[88] reads a cluster of another account, and says what its policy needs', () => {
        const client = stack({ env: { account: '210987654321', region: 'eu-west-1' } });
        const topic = KafkaTopic.fromTopicName(client, 'Paid', importedCluster(client), 'paid');
        of.make(client, 'Consumer', flowIn(client, { topic, foreign: true }));
        expect(warningsOf(client).join('\n')).toContain('cdk-msk-macie:MSK-CLUSTER-POLICY-NOT-CHANGED');
      });
    }

    test('[142] has alarms on what its service measures, and none that would stay silent', () => {
      const home = stack();
      const consumer = of.make(home, 'Consumer', flowIn(home));
      const { recordsBehind, timeBehind } = consumer.consumerMetrics;
      new ConsumerAlarms(home, 'Alarms', {
        consumer,
        maxRecords: recordsBehind && 1000,
        maxTime: timeBehind && Duration.minutes(10),
      });
      const alarms = idsOf(home, 'AWS::CloudWatch::Alarm').map((id) => {
        const { MetricName, Metrics = [] } = resourcesOf(home)[id].Properties;
        const names = Metrics.flatMap(({ MetricStat }: any) => MetricStat?.Metric.MetricName ?? []);
        return [id.replace(/^Alarms|[0-9A-F]{8}$/g, ''), MetricName ?? names.join()];
      });
      expect(Object.fromEntries(alarms)).toEqual(of.watched);
    });

    test('[S-13] exposes what it made', () => {
      const home = stack();
      const consumer: any = of.make(home, 'Consumer', flowIn(home));
      expect(of.exposes.filter((name) => consumer[name] === undefined)).toEqual([]);
    });

    describe('an edit', () => {
      interface Scenario {
        readonly id: string;
        readonly topicName: string;
        readonly clusterId: string;
        readonly flow: Omit<Flow, 'topic'>;
      }

      const BASE: Scenario = {
        id: 'Consumer',
        topicName: 'paid',
        clusterId: 'Orders',
        flow: { consumerGroup: 'billing' },
      };
      const EDITED: Record<Edit, Scenario> = {
        topic: { ...BASE, topicName: 'shipped' },
        group: { ...BASE, flow: { consumerGroup: 'invoicing' } },
        position: { ...BASE, flow: { ...BASE.flow, latest: true } },
        cluster: { ...BASE, clusterId: 'Others' },
        code: { ...BASE, flow: { ...BASE.flow, changed: true } },
        moved: { ...BASE, id: 'Moved' },
      };

      /** The reader in a stack in which only the consumer differs. */
      function reader({ id, topicName, clusterId, flow }: Scenario): { id: string; properties: any; found: string[] } {
        const home = stack();
        const topics: Record<string, IKafkaTopic> = {};
        for (const each of ['Orders', 'Others']) {
          const orders = clusterIn(home, each);
          ['paid', 'shipped'].forEach((name) => (topics[`${each}/${name}`] = topicIn(home, orders, name)));
        }
        of.make(home, id, { ...flow, topic: topics[`${clusterId}/${topicName}`] });
        const [logicalId] = readersIn(home);
        const properties = resourcesOf(home)[logicalId].Properties;
        return { id: logicalId, properties, found: of.progress(properties, logicalId) };
      }

      test.each(EDITS)('[125] of %s does what the guide says', (edit) => {
        const before = reader(BASE);
        const after = reader(EDITED[edit]);
        const changes = differences(before.properties, after.properties);
        const within = Object.entries(of.createOnlyWithin ?? {}).flatMap(([path, names]) =>
          names.map((name) => `${path}.${name}`),
        );
        const createOnly = [...of.createOnly, ...within];
        const replaced =
          before.id !== after.id ||
          changes.some((path) => createOnly.some((each) => path === each || path.startsWith(`${each}.`)));
        const changed = changes.length > 0;
        const change: Change = replaced ? 'replaced' : changed ? 'in place' : 'untouched';
        const keeps = after.found.some((each) => before.found.includes(each));
        const [effect, ...expected] = of.edits[edit];
        expect(effect === '—' ? ['—', change] : [keeps ? 'keeps' : of.begins, change]).toEqual(
          effect === '—' ? ['—', 'untouched'] : [effect, ...expected],
        );
      });
    });
  });

  function untolerated(home: Stack): string[] {
    return warningsOf(home).filter((each) => !of.tolerates || !each.includes(of.tolerates));
  }

  /** Cluster and topic in one, the consumer in the other. */
  function twoStacks(): { owner: Stack; client: Stack } {
    const theApp = app();
    return { owner: stack({ app: theApp, id: 'Owner' }), client: stack({ app: theApp, id: 'Client' }) };
  }

  function importedCluster(home: Stack): IMskCluster {
    const net = importedVpc(home);
    return MskCluster.fromClusterAttributes(home, 'Imported', {
      clusterArn: CLUSTER_ARN,
      authentication: [ClientAuthentication.iam()],
      vpc: net,
      subnets: net.privateSubnets,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(home, 'BrokerGroup', 'sg-0a1b2c3d')],
      addPollerRule: false,
      bootstrapBrokers: 'b-1.orders:9098,b-2.orders:9098,b-3.orders:9098',
      ...of.imported,
    });
  }
}
