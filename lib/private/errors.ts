import type { IConstruct } from 'constructs';

/** What is wanted of the CDK; all of it may be gone in a later release. */
interface CoreErrors {
  readonly ValidationError?: new (code: unknown, message: string, scope: IConstruct) => Error;
  readonly UnscopedValidationError?: new (code: unknown, message: string) => Error;
}

type Literal = (strings: TemplateStringsArray) => unknown;

/**
 * The CDK's own validation errors carry a code, the construct path and the user's source line, but their signatures
 * have changed within 2.x and they are tagged internal. They are therefore looked up when an error is thrown, never
 * when this package loads: a removal upstream costs the pretty report, not the package.
 */
function coreErrors(): { readonly core: CoreErrors; readonly lit?: Literal } {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a guarded look-up must be a call
    const core = require('aws-cdk-lib') as CoreErrors;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    const { lit } = require('aws-cdk-lib/core/lib/helpers-internal') as { lit?: Literal };
    return { core, lit };
  } catch {
    return { core: {} }; // The fall-back below says the same in a plain Error.
  }
}

/**
 * An error for bad input: a stable code, what is wrong with the value, what would be right.
 *
 * @param code the rule id (`MSK-TOPIC-NAME`) or, for misuse that is no rule, a PascalCase word
 */
export function validationError(code: string, message: string, scope?: IConstruct): Error {
  const { core, lit } = coreErrors();
  const text = `${code}: ${message}`;
  if (typeof lit === 'function') {
    // The CDK's `` lit`Code` `` takes a template literal; this hands it a run-time string.
    const name = lit(Object.assign([code], { raw: [code] }));
    if (scope !== undefined && typeof core.ValidationError === 'function') {
      return new core.ValidationError(name, text, scope);
    }
    if (scope === undefined && typeof core.UnscopedValidationError === 'function') {
      return new core.UnscopedValidationError(name, text);
    }
  }
  const error = new Error(scope === undefined ? text : `[${scope.node.path}] ${text}`);
  error.name = 'ValidationError';
  return error;
}
