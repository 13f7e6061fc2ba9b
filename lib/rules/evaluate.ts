import { RULES } from './catalogue';
import type { Facts, ResourceFact } from './facts';
import { appliesTo } from './rule';
import type { Problem, Rule } from './rule';

/** A problem, with the rule that found it and the place where it is. */
export interface Finding extends Problem {
  readonly ruleId: string;
  readonly severity: Rule['severity'];
  readonly basis: Rule['basis'];
  readonly stack: string;
  readonly logicalId: string;
}

export interface EvaluateOptions {
  /** Ids of rules not to raise; without effect on rules of the basis `structure`. */
  readonly ignore?: string[];
  /** Which resources to judge, where the others are only there to be looked at; all of them without it. */
  readonly judges?: (resource: ResourceFact) => boolean;
}

/** All findings, in an order that depends on nothing but what was found. */
export function evaluate(facts: Facts, options: EvaluateOptions = {}): Finding[] {
  const raises = (rule: Rule) => rule.basis === 'structure' || !options.ignore?.includes(rule.id);
  const judged = options.judges ? facts.all.filter(options.judges) : facts.all;
  const findings = judged.flatMap((resource) =>
    rulesOf(resource.type)
      .filter(raises)
      .flatMap((rule) =>
        rule.check(resource, facts).map((problem) => ({
          ruleId: rule.id,
          severity: rule.severity,
          basis: rule.basis,
          stack: resource.stack,
          logicalId: resource.logicalId,
          ...problem,
        })),
      ),
  );
  const key = (finding: Finding) => [finding.stack, finding.logicalId, finding.ruleId, finding.path].join('\n');
  return findings.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

const rulesOfType = new Map<string, Rule[]>();

function rulesOf(type: string): Rule[] {
  let rules = rulesOfType.get(type);
  if (rules === undefined) {
    rules = RULES.filter((rule) => appliesTo(rule, type));
    rulesOfType.set(type, rules);
  }
  return rules;
}

/** A finding on one line that starts with the id of its rule. */
export function describeFinding(finding: Finding): string {
  const { ruleId, stack, logicalId, path, message, fix } = finding;
  return `${ruleId}: ${message}; ${fix} (${stack}/${logicalId}, ${path})`;
}

/** Those of the given ids that no rule has. */
export function unknownIds(ids: string[]): string[] {
  return ids.filter((id) => !RULES.some((rule) => rule.id === id));
}
