/* eslint-disable @typescript-eslint/no-explicit-any -- a class decorator has no narrower type */

/**
 * `@propertyInjectable` of the CDK, or nothing at all where a future `aws-cdk-lib` has moved it.
 *
 * It lets a team inject its own defaults into our constructs by `PROPERTY_INJECTION_ID`.
 *
 * @see https://docs.aws.amazon.com/cdk/v2/guide/blueprints.html
 */
export function injectable<T extends new (...args: any[]) => object>(constructor: T): T {
  return decorator()(constructor) as T;
}

function decorator(): (constructor: any) => unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-assignment -- guarded look-up
    const { propertyInjectable } = require('aws-cdk-lib/core/lib/prop-injectable');
    return typeof propertyInjectable === 'function' ? propertyInjectable : (constructor) => constructor;
  } catch {
    return (constructor) => constructor;
  }
}
