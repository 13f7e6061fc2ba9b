import { Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';
import type { IKafkaTopic } from '../topic';

/** Options of pods that grow in number with what is left to read. */
export interface EksLagScalingOptions {
  /**
   * The fewest pods. With none, KEDA itself has to see the first record of a group that has never committed.
   *
   * @default 1
   */
  readonly minReplicas?: number;

  /**
   * The most pods. KEDA starts no more than there are partitions.
   *
   * @default - as many partitions as the topics have together
   */
  readonly maxReplicas?: number;

  /** How many unread records one pod is there for. */
  readonly recordsPerReplica: number;

  /**
   * The role of KEDA's operator, which looks the lag up. It gets the right to see topics and group, and no record.
   *
   * @default - none: only for a cluster that lets clients in by other ways than IAM
   */
  readonly kedaRole?: iam.IRole;
}

/** What the manifest says about the number of pods. */
export interface BoundEksScaling {
  readonly replicas?: number;
  readonly lag?: { readonly min: number; readonly max: number; readonly recordsPerReplica: number };
  readonly kedaRole?: iam.IRole;
}

/** How many pods there are. */
export class EksScaling {
  /** Always as many. */
  public static constant(replicas: number): EksScaling {
    return new EksScaling(replicas);
  }

  /**
   * As many as the records that are left to read ask for, by KEDA, which has to be in the EKS cluster.
   *
   * @see https://keda.sh/docs/latest/scalers/apache-kafka/
   */
  public static onLag(options: EksLagScalingOptions): EksScaling {
    return new EksScaling(options.minReplicas ?? 1, options);
  }

  private constructor(
    private readonly replicas: number,
    private readonly lag?: EksLagScalingOptions,
  ) {}

  /** @internal */
  public _bind(scope: Construct, topics: IKafkaTopic[]): BoundEksScaling {
    const { replicas, lag } = this;
    requireCount(scope, lag ? 'minReplicas' : 'replicas', replicas, 0);
    if (lag === undefined) {
      return { replicas };
    }
    const max = lag.maxReplicas ?? allPartitions(scope, topics);
    requireCount(scope, 'maxReplicas', max, Math.max(replicas, 1));
    requireCount(scope, 'recordsPerReplica', lag.recordsPerReplica, 1);
    return { lag: { min: replicas, max, recordsPerReplica: lag.recordsPerReplica }, kedaRole: lag.kedaRole };
  }
}

function allPartitions(scope: Construct, topics: IKafkaTopic[]): number {
  return topics.reduce((all, { partitions }) => {
    if (partitions === undefined) {
      throw validationError(
        'TopicPartitionsUnknown',
        'the partitions of a topic that was not made here are unknown, and they are how many pods can share it: give ' +
          '`maxReplicas`',
        scope,
      );
    }
    return all + partitions;
  }, 0);
}

function requireCount(scope: Construct, name: string, value: number, least: number): void {
  if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= least)) {
    throw validationError('EksScaling', `\`${name}\` must be a whole number from ${least}, got ${value}`, scope);
  }
}
