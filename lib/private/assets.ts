import * as path from 'path';

/** The folder of a bundled handler. `lib/private` and `build/private` have the same depth, so one path serves both. */
export function handlerAssetPath(handler: string): string {
  return path.join(__dirname, '..', '..', 'assets', 'handlers', handler);
}

/** The folder of code that a stream engine runs. */
export function processorAssetPath(processor: string): string {
  return path.join(__dirname, '..', '..', 'assets', 'processors', processor);
}
