import { ServiceError } from './server';
import type { Behaviours } from './server';

export interface FakeCluster {
  readonly arn: string;
  /** The client subnet of each broker, by broker id. Empty: serverless. */
  readonly brokers: Record<number, string>;
  /** Listeners by member of the response on the wire; from the brokers to name to what the service answers. */
  readonly listeners: Record<string, (brokers: number[]) => string>;
}

const NODES_A_PAGE = 4;

/** MSK clusters as `GetBootstrapBrokers`, `ListNodes` and `DescribeClusterV2` show them. */
export class KafkaClusters {
  /** Which three brokers the next answer names, in which order. */
  public pick: (brokers: number[]) => number[] = (brokers) => brokers.slice(0, 3);

  private readonly clusters = new Map<string, FakeCluster>();

  public put(cluster: FakeCluster): void {
    this.clusters.set(cluster.arn, cluster);
  }

  public clear(): void {
    this.clusters.clear();
  }

  public readonly behaviours: Behaviours = {
    GetBootstrapBrokers: ({ clusterArn }) => {
      const { brokers, listeners } = this.cluster(clusterArn);
      const named = this.pick(brokerIds(brokers));
      return Object.fromEntries(Object.entries(listeners).map(([member, answer]) => [member, answer(named)]));
    },

    ListNodes: ({ clusterArn, nextToken }) => {
      const { brokers } = this.cluster(clusterArn);
      if (brokerIds(brokers).length === 0) {
        throw new ServiceError('BadRequestException', 'This operation cannot be performed on serverless clusters.');
      }
      // Controllers of a KRaft cluster are in the same list, and the order is nobody's promise.
      const nodes = [{ nodeType: undefined, controllerNodeInfo: {} }, ...brokerIds(brokers).reverse().map(node)];
      const from = Number(nextToken ?? 0);
      const rest = from + NODES_A_PAGE < nodes.length ? { nextToken: String(from + NODES_A_PAGE) } : {};
      return { nodeInfoList: nodes.slice(from, from + NODES_A_PAGE), ...rest };

      function node(brokerId: number) {
        return { nodeType: 'BROKER', brokerNodeInfo: { brokerId, clientSubnet: brokers[brokerId] } };
      }
    },

    DescribeClusterV2: ({ clusterArn }) => {
      const { arn, brokers } = this.cluster(clusterArn);
      const clusterType = brokerIds(brokers).length === 0 ? 'SERVERLESS' : 'PROVISIONED';
      return { clusterInfo: { clusterArn: arn, clusterName: arn.split('/')[1], clusterType, state: 'ACTIVE' } };
    },
  };

  private cluster(arn: string): FakeCluster {
    const cluster = this.clusters.get(arn);
    if (!cluster) throw new ServiceError('NotFoundException', "The requested resource doesn't exist.");
    return cluster;
  }
}

function brokerIds(brokers: FakeCluster['brokers']): number[] {
  return Object.keys(brokers).map(Number);
}
