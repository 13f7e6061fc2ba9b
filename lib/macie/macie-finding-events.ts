import type * as events from 'aws-cdk-lib/aws-events';
import type { Construct, IConstruct } from 'constructs';
import type { FindingPatternOptions } from './finding-pattern';
import { FindingRule } from './finding-rule';
import type { FindingRuleProps } from './finding-rule';
import type { IMacieSession } from './macie-session';
import { renderFindingPattern } from './render-finding-pattern';

/**
 * Macie's findings as events.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-monitor-events-eventbridge.html
 */
export class MacieFindingEvents {
  /** The findings of a session. */
  public static fromSession(session: IMacieSession): MacieFindingEvents {
    return new MacieFindingEvents(session);
  }

  /**
   * The findings that arrive in an account and Region, whoever turned Macie on.
   *
   * @param scope where `onFinding` puts its rules
   */
  public static fromAccount(scope: Construct): MacieFindingEvents {
    return new MacieFindingEvents(scope);
  }

  private constructor(private readonly scope: IConstruct) {}

  /** The event pattern of these findings, for a rule, pipe or archive of your own. */
  public findingPattern(options: FindingPatternOptions = {}): events.EventPattern {
    return renderFindingPattern(options, this.scope);
  }

  /**
   * Sends findings to targets.
   *
   * The rule is part of the session, or of the scope that the events come from; where targets live in another stack, a
   * `FindingRule` there keeps the session's stack from depending on them.
   */
  public onFinding(id: string, props: FindingRuleProps): FindingRule {
    return new FindingRule(this.scope, id, props);
  }
}
