type Decorator = (constructor: object) => unknown;

/**
 * `@propertyInjectable` of the CDK, or nothing at all where a future `aws-cdk-lib` has moved it.
 *
 * It lets a team inject its own defaults into our constructs by `PROPERTY_INJECTION_ID`.
 *
 * @see https://docs.aws.amazon.com/cdk/v2/guide/blueprints.html
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a class decorator has no narrower type
export function injectable<T extends new (...args: any[]) => object>(constructor: T): T {
  return (decorator()?.(constructor) ?? constructor) as T;
}

function decorator(): Decorator | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a guarded look-up must be a call
    const { propertyInjectable } = require('aws-cdk-lib/core/lib/prop-injectable') as {
      propertyInjectable?: Decorator;
    };
    return typeof propertyInjectable === 'function' ? propertyInjectable : undefined;
  } catch {
    return undefined;
  }
}
