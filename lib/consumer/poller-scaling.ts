import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { FailureDestination } from './failure-destination';

/** Options of provisioned pollers. Retries, bisecting and failure destinations exist with them only. */
export interface ProvisionedPollersOptions {
  /**
   * How many pollers there are at least, 1 to 200. Each takes up to 5 MB/s.
   *
   * @default 1
   */
  readonly minimumPollers?: number;

  /**
   * How many pollers there are at most, 1 to 2000; never more than the topic has partitions.
   *
   * @default - as Lambda says: 200
   */
  readonly maximumPollers?: number;

  /**
   * Mappings of one VPC that name the same group share its pollers, and the bill.
   *
   * @default - pollers of its own
   */
  readonly pollerGroupName?: string;

  /**
   * Where a batch is reported that failed for good.
   *
   * @default FailureDestination.queue()
   */
  readonly onFailure?: FailureDestination;

  /**
   * How often a failed batch is tried again before it is reported.
   *
   * @default 3
   */
  readonly retryAttempts?: number;

  /**
   * How old a record may get, one minute to seven days, before it is reported unprocessed.
   *
   * @default - without a limit
   */
  readonly maxRecordAge?: Duration;

  /**
   * Whether a failed batch is halved before it is tried again, so that a bad record ends up alone.
   *
   * @default true
   */
  readonly bisectBatchOnError?: boolean;

  /**
   * Whether the function answers with `batchItemFailures`: only what it names is tried again.
   *
   * @default false
   */
  readonly reportBatchItemFailures?: boolean;
}

/**
 * How Lambda scales the pollers that read the topic.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html
 */
export class PollerScaling {
  /**
   * Pollers of your own, billed by the hour in Event Poller Units (20 MB/s each). They need no NAT gateway and no VPC
   * endpoint, give up on a bad record, and report it.
   *
   * @see https://aws.amazon.com/lambda/pricing/
   */
  public static provisioned(options: ProvisionedPollersOptions = {}): PollerScaling {
    return new PollerScaling(options);
  }

  /**
   * Shared pollers at no charge. A batch that fails is tried again until it succeeds or its records expire: one bad
   * record stops its partition. The subnets of the cluster need a NAT gateway, or VPC endpoints for Lambda and STS.
   */
  public static onDemand(): PollerScaling {
    return new PollerScaling(undefined);
  }

  private constructor(private readonly options: ProvisionedPollersOptions | undefined) {}

  /** @internal */
  public get _onFailure(): FailureDestination | undefined {
    return this.options && (this.options.onFailure ?? FailureDestination.queue());
  }

  /** @internal */
  public get _mappingOptions(): Partial<lambda.EventSourceMappingOptions> {
    return (
      (this.options && {
        provisionedPollerConfig: {
          minimumPollers: this.options.minimumPollers ?? 1,
          maximumPollers: this.options.maximumPollers,
          pollerGroupName: this.options.pollerGroupName,
        },
        retryAttempts: this.options.retryAttempts ?? 3,
        maxRecordAge: this.options.maxRecordAge,
        bisectBatchOnError: this.options.bisectBatchOnError ?? true,
        reportBatchItemFailures: this.options.reportBatchItemFailures,
      }) ??
      {}
    );
  }
}
