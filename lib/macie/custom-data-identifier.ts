import { createHash } from 'crypto';
import { Lazy, Names, Stack, TagManager, TagType, Token, Validations } from 'aws-cdk-lib';
import type { CfnResource, ITaggableV2 } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnCustomDataIdentifier } from 'aws-cdk-lib/aws-macie';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { waitForSession } from './after-session';
import { matchesOf } from './identifier-matches';
import { checkRegex, inJavaScript } from './identifier-regex';
import type { IMacieSession } from './macie-session';
import { checkAtSynth } from '../private/checks';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';

/** Data of your own that Macie is to find. */
export interface ICustomDataIdentifier extends IConstruct {
  /** The ID that jobs and automated discovery name it by. */
  readonly customDataIdentifierId: string;
}

/**
 * How serious a number of occurrences in one object is.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/cdis-options.html
 */
export interface IdentifierSeverityLevel {
  /** The severity of the finding. */
  readonly severity: IdentifierSeverity;

  /** How many occurrences in one object it takes, at least 1. */
  readonly occurrencesThreshold: number;
}

/** How serious a finding of a custom data identifier is. */
export enum IdentifierSeverity {
  /** Little at stake. */
  LOW = 'LOW',

  /** Some of it at stake. */
  MEDIUM = 'MEDIUM',

  /** Data in danger. */
  HIGH = 'HIGH',
}

/** Texts to try an identifier with when the app is synthesized. */
export interface IdentifierSamples {
  /**
   * Texts in which the identifier has to find something, with their keyword where it needs one.
   *
   * @default - none
   */
  readonly matches?: string[];

  /**
   * Texts in which it has to find nothing.
   *
   * @default - none
   */
  readonly doesNotMatch?: string[];
}

/** What Macie is to look for. */
export interface CustomDataIdentifierProps {
  /**
   * What the data looks like: a regular expression of up to 512 characters.
   *
   * Macie knows most of PCRE, but no look-around, back-references, conditions, recursion or named groups; `^` and `$`
   * stand for start and end of the file.
   *
   * @see https://docs.aws.amazon.com/macie/latest/user/cdis-options.html
   */
  readonly regex: string;

  /**
   * The name, 1 to 128 characters: what findings call it.
   *
   * @default - made of the construct's path and a hash of the definition, so that a new definition never meets the old name
   */
  readonly customDataIdentifierName?: string;

  /**
   * What it looks for, up to 512 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Words of which one has to stand before the match, or name the column or field: up to 50 of 3 to 90 characters, in
   * any case.
   *
   * @default - no word is needed
   */
  readonly keywords?: string[];

  /**
   * Words that a match must not contain: up to 10 of 4 to 90 characters, in exactly this case.
   *
   * @default - none
   */
  readonly ignoreWords?: string[];

  /**
   * How many characters there may be from the end of a keyword to the end of the match, from 1 to 300.
   *
   * @default 50
   */
  readonly maximumMatchDistance?: number;

  /**
   * Up to three severities, each with how many occurrences in one object it takes. Fewer than the least make no finding.
   *
   * @default - one occurrence makes a finding of severity medium
   */
  readonly severityLevels?: IdentifierSeverityLevel[];

  /**
   * Texts to try it with when the app is synthesized; nothing of them gets into the template.
   *
   * The try is an approximation by the regular expressions of JavaScript.
   *
   * @default - it is not tried
   */
  readonly samples?: IdentifierSamples;

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}

/**
 * Data of your own that Macie is to find, by a regular expression and words close to it.
 *
 * An identifier can not change: every other definition makes a new one, which jobs then name, and the old one is
 * deleted; what it found remains. With `severityLevels` it is a custom resource, because
 * `AWS::Macie::CustomDataIdentifier` does not have them.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/custom-data-identifiers.html
 */
@injectable
export class CustomDataIdentifier extends Construct implements ICustomDataIdentifier {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.CustomDataIdentifier';

  /** An identifier that something else has made. */
  public static fromCustomDataIdentifierId(
    scope: Construct,
    id: string,
    customDataIdentifierId: string,
  ): ICustomDataIdentifier {
    class Import extends Construct implements ICustomDataIdentifier {
      public readonly customDataIdentifierId = customDataIdentifierId;
    }
    return new Import(scope, id);
  }

  public readonly customDataIdentifierId: string;

  /** The name that findings call it by. */
  public readonly customDataIdentifierName: string;

  constructor(scope: Construct, id: string, props: CustomDataIdentifierProps) {
    super(scope, id);
    requireLimits(this, props);
    checkRegex(this, props.regex);
    trySamples(this, props);

    const { regex, description, keywords, ignoreWords, maximumMatchDistance, severityLevels } = props;
    const definition = { regex, description, keywords, ignoreWords, maximumMatchDistance };
    this.customDataIdentifierName =
      props.customDataIdentifierName ??
      Lazy.string({ produce: () => defaultName(this, { ...definition, severityLevels }) });
    const named = { name: this.customDataIdentifierName, ...definition };
    if (severityLevels === undefined) {
      const resource = new CfnCustomDataIdentifier(this, 'Resource', named);
      this.customDataIdentifierId = resource.attrId;
      this.complete(resource, props);
    } else {
      const levelled = new LevelledIdentifier(this, 'Levelled', { ...named, severityLevels });
      this.customDataIdentifierId = levelled.resource.ref;
      this.complete(levelled.resource.node.defaultChild as CfnResource, props);
    }
  }

  private complete(resource: CfnResource, { session }: CustomDataIdentifierProps): void {
    waitForSession(resource, session);
    checkAtSynth(this, [{ resource }]);
  }
}

interface LevelledDefinition extends Omit<
  CustomDataIdentifierProps,
  'samples' | 'session' | 'customDataIdentifierName'
> {
  readonly name: string;
}

/** What CloudFormation's own type can not express; tags of aspects reach it all the same. */
class LevelledIdentifier extends HandledResource implements ITaggableV2 {
  public readonly cdkTagManager: TagManager;

  constructor(scope: Construct, id: string, definition: LevelledDefinition) {
    const cdkTagManager = new TagManager(TagType.MAP, 'Custom::MacieCustomDataIdentifier');
    super(scope, id, {
      handler: 'macie-custom-data-identifier',
      resourceType: 'Custom::MacieCustomDataIdentifier',
      properties: {
        // One text, because CloudFormation hands numbers over as texts.
        Definition: Stack.of(scope).toJsonString(definition),
        Tags: cdkTagManager.renderedTags,
      },
      statements: statementsFor(scope),
    });
    this.cdkTagManager = cdkTagManager;
  }
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmacie.html */
function statementsFor(scope: Construct): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  // The ID is Macie's to choose.
  const identifiers = stack.formatArn({ service: 'macie2', resource: 'custom-data-identifier', resourceName: '*' });
  return [
    new iam.PolicyStatement({ actions: ['macie2:ListCustomDataIdentifiers'], resources: ['*'] }), // knows no resource
    new iam.PolicyStatement({
      actions: [
        'macie2:CreateCustomDataIdentifier',
        'macie2:GetCustomDataIdentifier',
        'macie2:TagResource',
        'macie2:UntagResource',
      ],
      resources: [identifiers],
    }),
    new iam.PolicyStatement({
      actions: ['macie2:DeleteCustomDataIdentifier'],
      resources: [identifiers],
      conditions: { StringEquals: { 'aws:ResourceTag/cdk-msk-macie:stack': stack.stackId } },
    }),
  ];
}

function defaultName(scope: Construct, definition: object): string {
  const text = JSON.stringify(Stack.of(scope).resolve(definition));
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${Names.uniqueResourceName(scope, { maxLength: 119, separator: '-' })}-${hash}`;
}

function requireLimits(scope: Construct, props: CustomDataIdentifierProps): void {
  const problem =
    outside('the name', props.customDataIdentifierName?.length, 1, 128, 'characters') ??
    outside('description', props.description?.length, 0, 512, 'characters') ??
    wrongWords('keywords', props.keywords, 50, 3) ??
    wrongWords('ignoreWords', props.ignoreWords, 10, 4) ??
    outside('maximumMatchDistance', props.maximumMatchDistance, 1, 300, '') ??
    wrongLevels(props.severityLevels);
  if (problem) throw validationError('MACIE-IDENTIFIER-LIMITS', problem, scope);
  if (props.maximumMatchDistance !== undefined && !props.keywords?.length) {
    throw validationError(
      'MACIE-IDENTIFIER-LIMITS',
      `maximumMatchDistance is ${props.maximumMatchDistance}, and there are no keywords to be that close; add keywords`,
      scope,
    );
  }
}

function outside(what: string, value: number | undefined, min: number, max: number, unit: string): string | undefined {
  if (value === undefined || Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max)) {
    return undefined;
  }
  return `${what} ${unit ? `has ${value} ${unit}` : `is ${value}`}; ${min} to ${max} are allowed`;
}

function wrongWords(what: string, words: string[] | undefined, most: number, shortest: number): string | undefined {
  if (words === undefined || Token.isUnresolved(words)) return undefined;
  const wrong = words.find((word) => !Token.isUnresolved(word) && (word.length < shortest || word.length > 90));
  if (words.length > most) return `${what} has ${words.length} words; up to ${most} are allowed`;
  return wrong === undefined
    ? undefined
    : `${what} has the word '${wrong}' of ${wrong.length} characters; ${shortest} to 90 are allowed`;
}

/** The more occurrences, the more serious. */
function wrongLevels(levels: IdentifierSeverityLevel[] | undefined): string | undefined {
  if (levels === undefined || Token.isUnresolved(levels)) return undefined;
  if (levels.length < 1 || levels.length > 3) return `severityLevels has ${levels.length} levels; 1 to 3 are allowed`;
  const order = Object.values(IdentifierSeverity);
  const sorted = [...levels].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  for (const [i, { severity, occurrencesThreshold }] of sorted.entries()) {
    if (Token.isUnresolved(occurrencesThreshold)) continue;
    const below = sorted[i - 1];
    if (!Number.isInteger(occurrencesThreshold) || occurrencesThreshold < 1) {
      return `severityLevels takes ${occurrencesThreshold} occurrences for ${severity}; it has to be a whole number from 1`;
    }
    if (below?.severity === severity) return `severityLevels has ${severity} twice`;
    if (
      below &&
      !Token.isUnresolved(below.occurrencesThreshold) &&
      below.occurrencesThreshold >= occurrencesThreshold
    ) {
      return (
        `severityLevels takes ${occurrencesThreshold} occurrences for ${severity} and ` +
        `${below.occurrencesThreshold} for ${below.severity}; a higher severity has to take more`
      );
    }
  }
  return undefined;
}

function trySamples(scope: Construct, props: CustomDataIdentifierProps): void {
  const { matches = [], doesNotMatch = [] } = props.samples ?? {};
  if (matches.length + doesNotMatch.length === 0 || Token.isUnresolved(props.regex)) return;
  const regex = inJavaScript(props.regex);
  if (!regex) {
    Validations.of(scope).addWarning(
      'cdk-msk-macie:MACIE-IDENTIFIER-UNTRIED',
      `${props.regex} has no counterpart in JavaScript, so the samples were not tried; try it in the Macie console`,
    );
    return;
  }
  const missed = matches.find((text) => matchesOf(regex, props, text).length === 0);
  if (missed !== undefined) {
    throw validationError(
      'MACIE-IDENTIFIER-SAMPLE',
      `nothing is found in the sample '${missed}'${reason(props)}`,
      scope,
    );
  }
  for (const text of doesNotMatch) {
    const [found] = matchesOf(regex, props, text);
    if (found === undefined) continue;
    throw validationError(
      'MACIE-IDENTIFIER-SAMPLE',
      `'${found}' is found in the sample '${text}', in which nothing is to be found`,
      scope,
    );
  }
}

function reason({ keywords }: CustomDataIdentifierProps): string {
  return keywords?.length ? `; one of the keywords ${keywords.join(', ')} has to stand close before the match` : '';
}
