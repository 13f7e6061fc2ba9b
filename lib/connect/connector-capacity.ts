import type * as kafkaconnect from 'aws-cdk-lib/aws-kafkaconnect';

/** Options of a fixed number of workers. */
export interface ProvisionedConnectorCapacityOptions {
  /**
   * How many workers: 1 to 10.
   *
   * @default 1
   */
  readonly workers?: number;

  /**
   * How many MSK Connect units each worker has: 1, 2, 4 or 8. A unit is one vCPU and 4 GiB of memory.
   *
   * @default 1
   */
  readonly unitsPerWorker?: number;
}

/** Options of a number of workers that follows the load. */
export interface AutoscaledConnectorCapacityOptions {
  /**
   * The fewest workers: 1 to 10.
   *
   * @default 1
   */
  readonly minWorkers?: number;

  /** The most workers: 1 to 10. */
  readonly maxWorkers: number;

  /**
   * How many MSK Connect units each worker has: 1, 2, 4 or 8. A unit is one vCPU and 4 GiB of memory.
   *
   * @default 1
   */
  readonly unitsPerWorker?: number;

  /**
   * Below how many percent of CPU workers are taken away.
   *
   * @default 20
   */
  readonly scaleInBelow?: number;

  /**
   * Above how many percent of CPU workers are added.
   *
   * @default 80
   */
  readonly scaleOutAbove?: number;

  /**
   * The most tasks; at least `maxWorkers`. It stands for `tasks.max` of the connector.
   *
   * @default - as many as the service sees fit: two for each unit of the workers there are
   */
  readonly maxTasks?: number;
}

/**
 * How much a connector may work.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-connectors.html#msk-connect-capacity
 */
export class ConnectorCapacity {
  /** As many workers as are named. */
  public static provisioned(options: ProvisionedConnectorCapacityOptions = {}): ConnectorCapacity {
    return new ConnectorCapacity({
      provisionedCapacity: { workerCount: options.workers ?? 1, mcuCount: options.unitsPerWorker ?? 1 },
    });
  }

  /** As many workers as the load asks for. `tasks.max` of the connector has no effect: the service sets it. */
  public static autoscaled(options: AutoscaledConnectorCapacityOptions): ConnectorCapacity {
    return new ConnectorCapacity({
      autoScaling: {
        minWorkerCount: options.minWorkers ?? 1,
        maxWorkerCount: options.maxWorkers,
        mcuCount: options.unitsPerWorker ?? 1,
        scaleInPolicy: { cpuUtilizationPercentage: options.scaleInBelow ?? 20 },
        scaleOutPolicy: { cpuUtilizationPercentage: options.scaleOutAbove ?? 80 },
        maxAutoscalingTaskCount: options.maxTasks,
      },
    });
  }

  private constructor(
    /** @internal */
    public readonly _property: kafkaconnect.CfnConnector.CapacityProperty,
  ) {}
}
