import type { Release } from './exclusive';
import { tryHold } from './exclusive';

/** The client ports are those of Amazon MSK. */
export const PORTS = {
  replication: 9091,
  controller: 9093,
  plaintext: 9092,
  tls: 9094,
  scram: 9096,
  iam: 9098,
} as const;

const BLOCK_LOCK = 9099;
const BLOCKS = 200;

export interface AddressBlock {
  /** `127.0.N` */
  readonly name: string;
  /** `127.0.N.1`, `127.0.N.2`, `127.0.N.3`: one address a broker, so that each can have the real ports. */
  readonly hosts: readonly string[];
  readonly release: Release;
}

/** A block of loopback addresses that no other cluster on this machine uses. 127.0.0 is left to everybody else. */
export async function claimAddresses(): Promise<AddressBlock> {
  for (let block = 1; block <= BLOCKS; block++) {
    const name = `127.0.${block}`;
    const hosts = [1, 2, 3].map((node) => `${name}.${node}`);
    const release = await tryHold(hosts[0], BLOCK_LOCK);
    if (release === undefined) {
      continue;
    }
    if (await allFree(hosts)) {
      return { name, hosts, release };
    }
    await release();
  }
  throw new Error(`engines found no free loopback addresses in 127.0.1.1 to 127.0.${BLOCKS}.3`);
}

async function allFree(hosts: readonly string[]): Promise<boolean> {
  for (const host of hosts) {
    for (const port of Object.values(PORTS)) {
      const release = await tryHold(host, port);
      if (release === undefined) {
        return false;
      }
      await release();
    }
  }
  return true;
}
