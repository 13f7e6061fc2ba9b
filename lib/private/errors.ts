import type { IConstruct } from 'constructs';

/**
 * The CDK's own validation errors carry a code, the construct path and the user's source line, but their signatures
 * have changed within 2.x and they are tagged internal. They are therefore looked up when an error is thrown, never
 * when this package loads: a removal upstream costs the pretty report, not the package.
 */
function coreErrors(): any {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a guarded look-up must be a call
    const core = require('aws-cdk-lib');
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    const { lit } = require('aws-cdk-lib/core/lib/helpers-internal');
    return typeof lit === 'function' ? { ...core, lit } : undefined;
  } catch {
    return undefined; // The fall-back below says the same in a plain Error.
  }
}

/** `` lit`Code` `` of the CDK takes a template literal; this hands it a run-time string. */
function literal(core: any, code: string): unknown {
  return core.lit(Object.assign([code], { raw: [code] }));
}

/**
 * An error for bad input: a stable code, what is wrong with the value, what would be right.
 *
 * @param code the rule id (`MSK-TOPIC-NAME`) or, for misuse that is no rule, a PascalCase word
 */
export function validationError(code: string, message: string, scope?: IConstruct): Error {
  const core = coreErrors();
  const text = `${code}: ${message}`;
  if (scope !== undefined && typeof core?.ValidationError === 'function') {
    return new core.ValidationError(literal(core, code), text, scope);
  }
  if (scope === undefined && typeof core?.UnscopedValidationError === 'function') {
    return new core.UnscopedValidationError(literal(core, code), text);
  }
  const error = new Error(scope === undefined ? text : `[${scope.node.path}] ${text}`);
  error.name = 'ValidationError';
  return error;
}
