import { Token } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/** A day of the week. */
export enum ScanDay {
  /** On Mondays. */
  MONDAY = 'MONDAY',
  /** On Tuesdays. */
  TUESDAY = 'TUESDAY',
  /** On Wednesdays. */
  WEDNESDAY = 'WEDNESDAY',
  /** On Thursdays. */
  THURSDAY = 'THURSDAY',
  /** On Fridays. */
  FRIDAY = 'FRIDAY',
  /** On Saturdays. */
  SATURDAY = 'SATURDAY',
  /** On Sundays. */
  SUNDAY = 'SUNDAY',
}

/** How a job that runs again and again begins. */
export interface JobScheduleOptions {
  /**
   * Whether the job reads all objects that are there when it is created, at once. Otherwise it never reads them unless
   * they change, and the first run reads what was created or changed between creation and that run.
   *
   * @default true
   */
  readonly initialRun?: boolean;
}

/**
 * When a classification job runs. Macie chooses the time of day.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
 */
export class JobSchedule {
  /** As soon as the job is created, and never again. */
  public static once(): JobSchedule {
    return new JobSchedule({ jobType: 'ONE_TIME' });
  }

  /** Every day, over what was created or changed since the run before. */
  public static daily(options: JobScheduleOptions = {}): JobSchedule {
    return JobSchedule.every({ dailySchedule: {} }, options, true);
  }

  /** Every week, over what was created or changed since the run before. */
  public static weekly(day: ScanDay, options: JobScheduleOptions = {}): JobSchedule {
    return JobSchedule.every({ weeklySchedule: { dayOfWeek: day } }, options);
  }

  /**
   * Every month, over what was created or changed since the run before.
   *
   * @param dayOfMonth 1 to 31
   */
  public static monthly(dayOfMonth: number, options: JobScheduleOptions = {}): JobSchedule {
    const isDay = Number.isInteger(dayOfMonth) && dayOfMonth >= 1 && dayOfMonth <= 31;
    if (!Token.isUnresolved(dayOfMonth) && !isDay) {
      throw validationError('MACIE-JOB-SCHEDULE', `a month has no day ${dayOfMonth}; use 1 to 31`);
    }
    return JobSchedule.every({ monthlySchedule: { dayOfMonth } }, options);
  }

  private static every(
    scheduleFrequency: object,
    { initialRun = true }: JobScheduleOptions,
    daily = false,
  ): JobSchedule {
    return new JobSchedule({ jobType: 'SCHEDULED', scheduleFrequency, initialRun }, daily);
  }

  private constructor(
    /**
     * What Macie is told.
     *
     * @internal
     */
    public readonly _definition: object,
    /** @internal */
    public readonly _isDaily = false,
  ) {}
}
