import { RULES } from './catalogue';
import type { Facts } from './facts';
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
}

/** All findings, in an order that depends on nothing but what was found. */
export function evaluate(facts: Facts, options: EvaluateOptions = {}): Finding[] {
  const rules = RULES.filter((rule) => rule.basis === 'structure' || !options.ignore?.includes(rule.id));
  const findings = facts.all.flatMap((resource) =>
    rules
      .filter((rule) => appliesTo(rule, resource.type))
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

/** A finding on one line that starts with the id of its rule. */
export function describeFinding(finding: Finding): string {
  const { ruleId, stack, logicalId, path, message, fix } = finding;
  return `${ruleId}: ${message}; ${fix} (${stack}/${logicalId}, ${path})`;
}

/** Those of the given ids that no rule has. */
export function unknownIds(ids: string[]): string[] {
  return ids.filter((id) => !RULES.some((rule) => rule.id === id));
}
