import { Duration } from 'aws-cdk-lib';
import { movesOf, rebalance } from '../../handlers/kafka-admin/reassignment';
import type { Move, PartitionState } from '../../handlers/kafka-admin/reassignment';
import {
  Brokers,
  ClientAuthentication,
  ExpressBrokerSize,
  PartitionRebalancing,
  ServerlessCluster,
} from '../../lib/cluster';
import { cluster, importedVpc, onlyOne, resourcesOf, stack } from '../support/fixtures';

/** Partitions of one topic, by their replicas. */
function partitionsOf(...replicas: number[][]): PartitionState[] {
  return replicas.map((each, partition) => ({ topicName: 'paid', partition, replicas: each, inSync: each }));
}

/** What each broker holds after the moves. */
function loadAfter(partitions: PartitionState[], moves: Move[]): Record<number, number> {
  const after = partitions.map(
    ({ partition, replicas }) => moves.find((move) => move.partition === partition)?.replicas ?? replicas,
  );
  const load: Record<number, number> = {};
  after.flat().forEach((broker) => (load[broker] = (load[broker] ?? 0) + 1));
  return load;
}

const SIX = new Map([1, 2, 3, 4, 5, 6].map((id) => [id, `az${((id - 1) % 3) + 1}`]));

describe('[195] the moves', () => {
  test('spread all over the brokers of a zone, and leave no zone without its replica', () => {
    const partitions = partitionsOf(
      ...Array.from(
        { length: 12 },
        (_, i) =>
          [
            [1, 2, 3],
            [2, 3, 1],
            [3, 1, 2],
          ][i % 3],
      ),
    );
    const moves = movesOf(partitions, SIX);
    expect(loadAfter(partitions, moves)).toEqual({ 1: 6, 2: 6, 3: 6, 4: 6, 5: 6, 6: 6 });
    for (const { partition, replicas } of moves) {
      expect(replicas.map((id) => SIX.get(id))).toEqual(partitions[partition].replicas.map((id) => SIX.get(id)));
      expect(new Set(replicas).size).toBe(3);
    }
  });

  test('are none where the load is even, give or take one, or can not be more even', () => {
    expect(movesOf(partitionsOf([1, 2, 3], [4, 5, 6], [1, 5, 3]), SIX)).toEqual([]);
    expect(movesOf(partitionsOf([1, 2]), new Map([[1, 'a'], [2, 'a']]))).toEqual([]); // prettier-ignore
    expect(movesOf([], SIX)).toEqual([]);
    expect(movesOf(partitionsOf([1], [1]), new Map([[1, null], [2, null]]))).toEqual([{ topicName: 'paid', partition: 0, replicas: [2] }]); // prettier-ignore
  });
});

describe('[195] a step', () => {
  const admin = (partitions: PartitionState[], moving = 0) => ({
    moving: async () => moving,
    brokers: async () => SIX as Map<number, string | null>,
    partitions: async () => partitions,
    move: jest.fn(async () => undefined),
  });
  const uneven = partitionsOf(...Array.from({ length: 8 }, () => [1, 2, 3]));

  test('sends no more on their way than it may, with those of earlier steps', async () => {
    const fresh = admin(uneven);
    expect(await rebalance(fresh, 2)).toEqual({ moving: 0, started: 2 });
    expect(fresh.move).toHaveBeenCalledTimes(1);
    const busy = admin(uneven, 2);
    expect(await rebalance(busy, 2)).toEqual({ moving: 2, started: 0 });
    expect(await rebalance(admin(uneven, 1), 2)).toEqual({ moving: 1, started: 1 });
    expect(busy.move).not.toHaveBeenCalled();
  });

  test('waits while a replica is behind, and asks nothing where all is even', async () => {
    const unwell = admin([...uneven.slice(1), { ...uneven[0], inSync: [1, 2] }]);
    expect(await rebalance(unwell, 2)).toEqual({ moving: 0, started: 0, unwell: 1 });
    const even = admin(partitionsOf([1, 2, 3], [4, 5, 6]));
    expect(await rebalance(even, 2)).toEqual({ moving: 0, started: 0 });
    expect([unwell.move, even.move].flatMap(({ mock }) => mock.calls)).toEqual([]);
  });
});

describe('[195] the construct', () => {
  test('asks the Kafka client of the stack on a schedule, with rights to see topics and to move them', () => {
    const of = stack();
    const orders = cluster(of, 'Orders');
    new PartitionRebalancing(of, 'Rebalancing', {
      cluster: orders,
      partitionsAtOnce: 4,
      interval: Duration.minutes(1),
    });
    const { ScheduleExpression, Targets } = onlyOne(of, 'AWS::Events::Rule').Properties;
    expect(ScheduleExpression).toBe('rate(1 minute)');
    expect(JSON.stringify(Targets[0].Input)).toContain('\\"work\\":\\"rebalance\\",\\"partitionsAtOnce\\":4}');
    expect(Targets[0].RetryPolicy).toEqual({ MaximumRetryAttempts: 0 });
    const statements = Object.values(resourcesOf(of))
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith('kafka-cluster:'));
    expect(statements.sort()).toEqual([
      'kafka-cluster:AlterCluster',
      'kafka-cluster:Connect',
      'kafka-cluster:DescribeCluster',
      'kafka-cluster:DescribeTopic',
    ]);
  });

  test('is for standard brokers that offer IAM, at a pace that moves', () => {
    const of = stack();
    const express = cluster(of, 'Express', { brokers: Brokers.express({ size: ExpressBrokerSize.M7G_LARGE }) });
    const clicks = new ServerlessCluster(of, 'Clicks', { vpc: importedVpc(of, 'Other') });
    const scram = cluster(of, 'Scram', { authentication: [ClientAuthentication.scram()] });
    const rebalancing = (home: any, partitionsAtOnce?: number) => () =>
      new PartitionRebalancing(of, `R${of.node.children.length}`, { cluster: home, partitionsAtOnce });
    expect(rebalancing(express)).toThrow(/MSK-REBALANCING-KIND: .* is express, and balances its partitions itself/);
    expect(rebalancing(clicks)).toThrow(/MSK-REBALANCING-KIND: .* is serverless/);
    expect(rebalancing(scram)).toThrow(/ClientIdentityNotOffered/);
    expect(rebalancing(cluster(of), 0)).toThrow(/MSK-REBALANCING-PACE: .* got 0/);
  });
});
