import type { GetBootstrapBrokersCommandOutput, ListNodesCommandOutput } from '@aws-sdk/client-kafka';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';

export interface Properties {
  readonly ClusterArn: string;
  /** Members of the GetBootstrapBrokers response. */
  readonly Listeners: string[];
  /** Those of which every broker is wanted as well, as the attribute `All` and the name. */
  readonly AllOf?: string[];
}

/** The two calls to the service. */
export interface ClusterEndpoints {
  bootstrapBrokers(clusterArn: string): Promise<GetBootstrapBrokersCommandOutput>;
  nodes(clusterArn: string, nextToken?: string): Promise<ListNodesCommandOutput>;
}

/** The policy of the function is as young as the resource, and IAM takes its time to tell everybody. */
const PATIENCE_MS = 120_000;

/** `Custom::MskBootstrapBrokers`: the broker strings of the listeners asked for, the same ones at every look. */
export function bootstrapBrokers(endpoints: ClusterEndpoints, clock: Clock): CustomResource<Properties> {
  return {
    async ensure({ ResourceProperties: { ClusterArn, Listeners = [], AllOf = [] } }) {
      const patience = new Patience(clock, PATIENCE_MS);
      const answer = await patience.call(() => endpoints.bootstrapBrokers(ClusterArn), isWorthWaiting);
      const offered = offeredListeners(answer);
      const missing = [...new Set([...Listeners, ...AllOf])].filter((listener) => !offered.has(listener));
      if (missing.length > 0) throw new MissingListener(missing, [...offered.keys()]);

      const data: Record<string, string> = {};
      let brokers: ZoneOfBroker | undefined;
      const named = async (listener: string, choose: (brokers: ZoneOfBroker) => number[]): Promise<string> => {
        const returned = offered.get(listener)!;
        const address = sharedAddress(listener, returned);
        if (address === undefined) return inOrder(returned);
        brokers ??= zonesOf(await allNodes(endpoints, ClusterArn, patience));
        return choose(brokers)
          .map((id) => `b-${id}${address}`)
          .join();
      };
      for (const listener of Listeners) data[listener] = await named(listener, lowestPerZone);
      for (const listener of AllOf) data[`All${listener}`] = await named(listener, (all) => [...all.keys()]);
      return { physicalResourceId: `${ClusterArn}/bootstrap-brokers`, data };
    },
  };
}

function isWorthWaiting(error: AwsError): boolean {
  return isAccessDenied(error) || isTransient(error);
}

function offeredListeners(answer: GetBootstrapBrokersCommandOutput): Map<string, string> {
  const members = Object.entries(answer).filter(([name, value]) => name.startsWith('BootstrapBrokerString') && value);
  return new Map(members as [string, string][]);
}

/**
 * What follows `b-1` in the name of a broker, port included, when that is the same for all brokers of the listener.
 *
 * The service names any three brokers, others at each call. Names that differ in the number alone can be written for
 * the brokers of our choice. Behind multi-VPC connectivity each broker has a port of its own, and the endpoint of a
 * serverless cluster is no single broker.
 */
function sharedAddress(listener: string, returned: string): string | undefined {
  if (listener.includes('VpcConnectivity')) return undefined;
  const addresses = new Set(returned.split(',').map((broker) => /^b-\d+(.+)$/.exec(broker)?.[1]));
  return addresses.size === 1 ? [...addresses][0] : undefined;
}

function inOrder(returned: string): string {
  const brokerId = (broker: string) => Number(/^b-(\d+)/.exec(broker)?.[1] ?? 0);
  return returned
    .split(',')
    .sort((a, b) => brokerId(a) - brokerId(b))
    .join();
}

async function allNodes(endpoints: ClusterEndpoints, clusterArn: string, patience: Patience) {
  const nodes = [];
  let token: string | undefined;
  do {
    const page = await patience.call(() => endpoints.nodes(clusterArn, token), isWorthWaiting);
    nodes.push(...(page.NodeInfoList ?? []));
    token = page.NextToken;
  } while (token);
  return nodes;
}

/** The subnet of each broker, by the number of the broker. */
type ZoneOfBroker = Map<number, string>;

function zonesOf(nodes: NonNullable<ListNodesCommandOutput['NodeInfoList']>): ZoneOfBroker {
  const zones = nodes.flatMap(
    ({ BrokerNodeInfo: { BrokerId: id, ClientSubnet: zone } = {} }): [number, string][] =>
      id === undefined || zone === undefined ? [] : [[id, zone]], // else a controller or a ZooKeeper node
  );
  if (zones.length === 0) throw new Error('ListNodes names no broker of the cluster');
  return new Map(zones.sort(([a], [b]) => a - b));
}

/** One broker for each zone, as the service does, but always the same one: brokers that are added have higher ids. */
function lowestPerZone(brokers: ZoneOfBroker): number[] {
  const seen = new Set<string>();
  return [...brokers].filter(([, zone]) => !seen.has(zone) && seen.add(zone)).map(([id]) => id);
}

class MissingListener extends Error {
  public override readonly name = 'MissingListener';

  public constructor(missing: string[], offered: string[]) {
    const fixes = [...new Set(missing.map(fix))].join(', ');
    super(
      `the cluster does not offer ${missing.join(', ')}, only ${offered.join(', ') || 'nothing'}: turn on ${fixes}`,
    );
  }
}

/** The parts that the name of a listener is made of, and what turns each on. */
const AUTHENTICATION = {
  SaslIam: 'IAM authentication',
  SaslScram: 'SASL/SCRAM authentication',
  Tls: 'mutual TLS authentication or unauthenticated access over TLS',
  '': 'plaintext traffic and unauthenticated access',
};
const NETWORK = {
  Public: 'public access',
  VpcConnectivity: 'multi-VPC connectivity',
  Ipv6: 'the network type DUAL',
  '': undefined,
};

function fix(listener: string): string {
  const part = (texts: object) => Object.entries(texts).find(([word]) => listener.includes(word))?.[1] as string;
  const network = part(NETWORK);
  return `${part(AUTHENTICATION)} of the cluster${network ? ` with ${network}` : ''}`;
}
