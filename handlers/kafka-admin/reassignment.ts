import type { Done } from './request';

/** A partition as the brokers have it. */
export interface PartitionState {
  readonly topicName: string;
  readonly partition: number;
  readonly replicas: number[];
  /** Replicas that have all records. */
  readonly inSync: number[];
}

export interface Move {
  readonly topicName: string;
  readonly partition: number;
  readonly replicas: number[];
}

export interface ReassignmentAdmin {
  /** How many partitions are on their way, whoever has sent them. */
  moving(): Promise<number>;
  /** The zone of each broker. */
  brokers(): Promise<Map<number, string | null>>;
  partitions(): Promise<PartitionState[]>;
  move(moves: Move[]): Promise<void>;
}

/**
 * One step towards an even load. What there is to do follows from the cluster alone, so that a step may be lost, repeated
 * or come late. Kafka copies a replica before it gives up the old one: no record is ever on fewer brokers than before.
 *
 * @param atOnce how many partitions may be on their way: each is copied over the network as fast as it goes
 */
export async function rebalance(admin: ReassignmentAdmin, atOnce: number): Promise<Done> {
  const moving = await admin.moving();
  if (moving >= atOnce) return { moving, started: 0 };
  const partitions = await admin.partitions();
  const unwell = partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length).length;
  // With a broker away, or with copies under way, it would only be more to catch up with.
  if (unwell > 0) return { moving, started: 0, unwell };
  const moves = movesOf(partitions, await admin.brokers()).slice(0, atOnce - moving);
  if (moves.length > 0) await admin.move(moves);
  return { moving, started: moves.length };
}

/**
 * Which replicas go where until the brokers of each zone hold as many as one another, give or take one. A replica stays
 * in its zone, so that partitions stay spread over zones, and keeps its place: the first of them leads.
 */
export function movesOf(partitions: PartitionState[], zones: Map<number, string | null>): Move[] {
  const held = new Map<number, PartitionState[]>([...zones.keys()].map((broker) => [broker, []]));
  const current = partitions.map((each) => ({ ...each }));
  for (const each of current) each.replicas.forEach((broker) => held.get(broker)?.push(each));
  const moves = new Map<PartitionState, Move>();
  for (const zone of new Set(zones.values())) {
    const brokers = [...zones].filter(([, other]) => other === zone).map(([broker]) => broker);
    const byLoad = () => brokers.sort((a, b) => held.get(a)!.length - held.get(b)!.length || a - b);
    for (;;) {
      byLoad();
      const emptiest = brokers[0];
      const fullest = brokers[brokers.length - 1];
      if (held.get(fullest)!.length - held.get(emptiest)!.length < 2) break;
      const movable = held.get(fullest)!.find(({ replicas }) => !replicas.includes(emptiest));
      if (movable === undefined) break;
      const replicas = movable.replicas.map((broker) => (broker === fullest ? emptiest : broker));
      held.set(
        fullest,
        held.get(fullest)!.filter((each) => each !== movable),
      );
      held.get(emptiest)!.push(movable);
      Object.assign(movable, { replicas });
      moves.set(movable, { topicName: movable.topicName, partition: movable.partition, replicas });
    }
  }
  return [...moves.values()];
}
