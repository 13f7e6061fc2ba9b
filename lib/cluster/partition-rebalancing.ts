import { Duration, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { validationError } from '../private/errors';
import type { IMskCluster } from './cluster';
import { ClusterKind } from './cluster-kind';
import { AdminRights, KafkaAdmin } from './kafka-admin';

/** Properties of a rebalancing. */
export interface PartitionRebalancingProps {
  /** A provisioned cluster with standard brokers that offers IAM. */
  readonly cluster: IMskCluster;

  /**
   * How many partitions may be on their way at once. Each is copied as fast as the network goes: the fewer, the less
   * producers and consumers notice.
   *
   * @default 2
   */
  readonly partitionsAtOnce?: number;

  /**
   * How often it is looked at whether there is something to move.
   *
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;
}

/**
 * Moves partitions to brokers that were added: Amazon MSK leaves new standard brokers empty until somebody does. Express
 * and serverless clusters do it themselves.
 *
 * A few partitions at a time go from the fullest broker of a zone to the emptiest, until all have as many as one another,
 * give or take one. Kafka copies a replica before it gives up the old one, and consumers and producers go on. What is to
 * be done follows from the cluster alone: a run that is lost is made up for by the next one. It never begins while a
 * broker is away.
 *
 * Topics whose names begin with `__` stay where they are. Take the construct away before moving partitions by other means.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-broker-count.html
 */
export class PartitionRebalancing extends Construct {
  constructor(scope: Construct, id: string, props: PartitionRebalancingProps) {
    super(scope, id);
    const { cluster, partitionsAtOnce = 2 } = props;
    if (cluster.kind !== undefined && cluster.kind !== ClusterKind.STANDARD) {
      throw validationError(
        'MSK-REBALANCING-KIND',
        `the cluster '${cluster.node.path}' is ${cluster.kind.toLowerCase()}, and balances its partitions itself: leave this out`,
        this,
      );
    }
    if (!Token.isUnresolved(partitionsAtOnce) && !(Number.isInteger(partitionsAtOnce) && partitionsAtOnce >= 1)) {
      throw validationError(
        'MSK-REBALANCING-PACE',
        `\`partitionsAtOnce\` must be a whole number of 1 or more, got ${partitionsAtOnce}`,
        this,
      );
    }
    const rule = new events.Rule(this, 'Rule', {
      description: `Moves partitions to brokers that were added to ${cluster.node.id}`,
      schedule: events.Schedule.rate(props.interval ?? Duration.minutes(5)),
    });
    rule.addTarget(
      new targets.LambdaFunction(KafkaAdmin.of(this, cluster).client(AdminRights.REASSIGNMENT), {
        // A run that is lost is made up for by the next one.
        retryAttempts: 0,
        event: events.RuleTargetInput.fromObject({
          brokers: cluster.bootstrapBrokers.forIdentity(),
          work: 'rebalance',
          partitionsAtOnce,
        }),
      }),
    );
    rule.node.addDependency(cluster.ready);
  }
}
