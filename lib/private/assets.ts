import * as path from 'path';

/** The folder of a bundled handler. `lib/private` and `build/private` have the same depth, so one path serves both. */
export function handlerAssetPath(handler: string): string {
  return path.join(__dirname, '..', '..', 'assets', 'handlers', handler);
}
