import * as glue from 'aws-cdk-lib/aws-glue';

/** Where a job begins to read a topic that it has not read before. */
export class GlueStartingPosition {
  /** With the oldest record that the topic still has. */
  public static earliest(): GlueStartingPosition {
    return new GlueStartingPosition('earliest');
  }

  /** With the records that arrive from the first batch on. */
  public static latest(): GlueStartingPosition {
    return new GlueStartingPosition('latest');
  }

  /** With the records that Kafka received at this time or later. */
  public static timestamp(time: Date): GlueStartingPosition {
    return new GlueStartingPosition(time.toISOString());
  }

  private constructor(
    /** @internal */
    public readonly _argument: string,
  ) {}
}

/** When a job runs. */
export class GlueJobStart {
  /**
   * All the time: it starts when it is deployed, and a trigger starts it again every 15 minutes where it is not running. A
   * change of its properties shows from the next run on.
   */
  public static continuous(): GlueJobStart {
    // A start while the one allowed run lives is refused, so the trigger is a watchdog.
    return new GlueJobStart('window', glue.TriggerSchedule.expression('cron(0/15 * * * ? *)'), true);
  }

  /**
   * At the times of a schedule, reading what has arrived since and ending: much cheaper than all the time.
   *
   * @param schedule a cron expression; Glue takes no rate
   */
  public static scheduled(schedule: glue.TriggerSchedule): GlueJobStart {
    return new GlueJobStart('available_now', schedule, false);
  }

  /** When you start it; it reads until it is stopped. */
  public static onDemand(): GlueJobStart {
    return new GlueJobStart('window');
  }

  private constructor(
    /** @internal */
    public readonly _trigger: string,
    /** @internal */
    public readonly _schedule?: glue.TriggerSchedule,
    /** @internal */
    public readonly _atOnce?: boolean,
  ) {}
}
