import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { evaluate, Facts } from '../rules';
import type { ResourceExtras, Template } from '../rules';

/** Rule ids that the user has switched off, where AWS has moved on: an array, from the command line a comma-separated text. */
export const IGNORE_CONTEXT = 'cdk-msk-macie:ignore';

/** A resource as the rules see it. */
export interface CheckedResource {
  readonly resource: CfnResource;

  /** What only the construct knows, asked when the tree is complete. */
  readonly facts?: () => Record<string, unknown>;

  /** Where a property leads to, across stacks. */
  readonly links?: Record<string, CfnResource>;
}

/**
 * Judges resources by the rules when the tree is complete: with overrides, aspects and everything added later.
 *
 * @param checked the resources of this construct
 * @param context resources of others that the rules need beside them; they are judged where they belong
 */
export function checkAtSynth(
  construct: IConstruct,
  checked: CheckedResource[],
  context: () => CheckedResource[] = () => [],
): void {
  construct.node.addValidation({
    validate: () => {
      const { facts, keys } = factsOf([...checked, ...context()]);
      const own = new Set(keys.slice(0, checked.length));
      const findings = evaluate(facts, {
        ignore: ignoredRules(construct),
        judges: ({ stack, logicalId }) => own.has(`${stack}/${logicalId}`),
      });
      for (const { ruleId, severity, message, fix } of findings) {
        if (severity === 'warning') {
          Validations.of(construct).addWarning(`cdk-msk-macie:${ruleId}`, `${message}: ${fix}`);
        }
      }
      return findings
        .filter(({ severity }) => severity === 'error')
        .map(({ ruleId, message, fix }) => `${ruleId}: ${message}: ${fix}`);
    },
  });
}

function ignoredRules(construct: IConstruct): string[] {
  const given = (construct.node.tryGetContext(IGNORE_CONTEXT) ?? []) as string | string[];
  return typeof given === 'string' ? given.split(/[\s,]+/) : given;
}

/** The facts, and the key of each of the resources among them. */
function factsOf(resources: CheckedResource[]): { facts: Facts; keys: string[] } {
  const templates: Record<string, Template> = {};
  const regions: Record<string, string> = {};
  const extras: Record<string, ResourceExtras> = {};
  const keys = resources.map(({ resource, facts, links }) => {
    const stack = Stack.of(resource);
    const name = stackKey(stack);
    const rendered = stack.resolve(resource._toCloudFormation()) as Template;
    templates[name] = { Resources: { ...templates[name]?.Resources, ...rendered.Resources } };
    if (!Token.isUnresolved(stack.region)) {
      regions[name] = stack.region;
    }
    // What was rendered has the id; to ask the resource would resolve it once more.
    const key = `${name}/${Object.keys(rendered.Resources ?? {})[0]}`;
    extras[key] = {
      facts: facts?.(),
      links: links && Object.fromEntries(Object.entries(links).map(([path, target]) => [path, keyOf(target)])),
    };
    return key;
  });
  return { facts: Facts.fromTemplates(templates, extras, regions), keys };
}

/** Stack names may be tokens or equal in two stages; the address of the construct is neither. */
function stackKey(stack: Stack): string {
  return stack.node.addr;
}

function keyOf(resource: CfnResource): string {
  const stack = Stack.of(resource);
  return `${stackKey(stack)}/${stack.resolve(resource.logicalId) as string}`;
}
