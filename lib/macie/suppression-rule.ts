import { Lazy, Names, Stack, Token, Validations } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import { CfnFindingsFilter } from 'aws-cdk-lib/aws-macie';
import { Construct } from 'constructs';
import { waitForSession } from './after-session';
import type { FindingCriteria } from './finding-criteria';
import { FindingRule } from './finding-rule';
import type { IMacieSession } from './macie-session';
import { starves } from './starvation';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { isOtherPlace } from '../private/same-place';

/** Which findings Macie is to archive, and why. */
export interface SuppressionRuleProps {
  /** Which findings: at least one condition has to say which data is meant, beyond severity, type or time. */
  readonly criteria: FindingCriteria;

  /** Why nobody needs to see them, 1 to 512 characters, for whoever reviews the rules. */
  readonly reason: string;

  /**
   * The name, 3 to 64 characters, unique in its account and Region.
   *
   * @default - made of the construct's path
   */
  readonly ruleName?: string;

  /**
   * The place of the rule among the others, from 1: where several fit, the first one archives.
   *
   * @default - the last one
   */
  readonly position?: number;

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/**
 * Archives findings as soon as Macie makes them, so that nobody is told of them.
 *
 * What is archived goes neither to EventBridge nor to Security Hub, so no `FindingRule` sees it, and it stays archived
 * when the rule goes. Discovery results are written all the same.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-suppression.html
 */
@injectable
export class SuppressionRule extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.SuppressionRule';

  /** The ID of the rule, which Macie calls a findings filter. */
  public readonly suppressionRuleId: string;

  /** The ARN of the rule. */
  public readonly suppressionRuleArn: string;

  constructor(scope: Construct, id: string, props: SuppressionRuleProps) {
    super(scope, id);
    requireLength(this, 'ruleName', props.ruleName, 3, 64);
    requireLength(this, 'reason', props.reason.trim(), 1, 512);
    requireNarrow(this, props.criteria);

    const resource = new CfnFindingsFilter(this, 'Resource', {
      name:
        props.ruleName ??
        Lazy.string({ produce: () => Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }) }),
      description: props.reason,
      action: 'ARCHIVE',
      findingCriteria: { criterion: props.criteria.render() },
      position: props.position,
    });
    this.suppressionRuleId = resource.attrId;
    this.suppressionRuleArn = resource.attrArn;
    waitForSession(resource, props.session);
    checkAtSynth(this, [{ resource }]);
    this.node.addValidation({ validate: () => warnOfStarvation(this, props.criteria) });
  }
}

/** A rule by severity or type alone archives what nobody has thought of yet. */
function requireNarrow(rule: SuppressionRule, { conditions }: FindingCriteria): void {
  if (conditions.some(({ field, operators }) => field.narrows && operators.eq !== undefined)) return;
  const paths = conditions.map(({ field }) => field.path).join(', ');
  throw validationError(
    'MACIE-SUPPRESSION-NARROW',
    `conditions on ${paths} alone archive findings about all data, also those nobody has thought of yet; ` +
      'add one with `isOneOf` that says which data is meant, such as FindingField.BUCKET_NAME.isOneOf',
    rule,
  );
}

function warnOfStarvation(suppression: SuppressionRule, criteria: FindingCriteria): string[] {
  for (const rule of suppression.node.root.node.findAll()) {
    if (!(rule instanceof FindingRule) || isOtherPlace(suppression, rule)) continue;
    const resource = rule.rule.node.defaultChild as events.CfnRule;
    const pattern = Stack.of(rule).resolve(resource.eventPattern) as { detail?: object } | undefined;
    const conditions = criteria.conditions.map(({ field, operators }) => ({
      path: field.path,
      operators: Stack.of(suppression).resolve(operators) as typeof operators,
    }));
    if (!starves(conditions, pattern?.detail)) continue;
    Validations.of(suppression).addWarning(
      'cdk-msk-macie:MACIE-SUPPRESSION-STARVES',
      `it archives every finding that ${rule.node.path} waits for, and archived findings are not published; ` +
        'narrow the criteria, or remove that rule',
    );
  }
  return [];
}

function requireLength(scope: Construct, what: string, text: string | undefined, least: number, most: number): void {
  if (text === undefined || Token.isUnresolved(text) || (text.length >= least && text.length <= most)) return;
  throw validationError(
    'MACIE-SUPPRESSION-LIMITS',
    `${what} has ${text.length} characters; ${least} to ${most} are allowed`,
    scope,
  );
}
