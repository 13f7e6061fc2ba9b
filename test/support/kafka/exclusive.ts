import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Release = () => Promise<void>;

/**
 * Holds an address and port, or answers `undefined` where somebody else does.
 *
 * A listening socket is a lock that the kernel takes back when its holder dies, so there is nothing stale to clean up.
 */
export function tryHold(host: string, port: number): Promise<Release | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        resolve(undefined);
      } else if (error.code === 'EADDRNOTAVAIL') {
        reject(
          new Error(`engines need the loopback address ${host}: on macOS run \`sudo ifconfig lo0 alias ${host}\``),
        );
      } else {
        reject(error);
      }
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}

const CACHE_LOCK = { host: '127.0.0.1', port: 9099 };

/** Runs `work` while no other process on this machine fills the cache. */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  let release: Release | undefined;
  while ((release = await tryHold(CACHE_LOCK.host, CACHE_LOCK.port)) === undefined) {
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}
