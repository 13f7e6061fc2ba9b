import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { exclusively } from './exclusive';
import { CACHE } from './java';

const run = promisify(execFile);
const FOLDER = path.join(CACHE, 'tls');
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const LIFE = ['-days', '3650'];

/** A key and the chain that ends in its authority, in PEM, with the files that hold them. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** Key and chain in one file, as Kafka takes it. */
  readonly file: string;
}

export interface Authority {
  readonly pem: string;
  readonly file: string;
  /** A certificate whose subject is `CN=<commonName>`, made once per name and addresses. */
  issue(commonName: string, addresses?: readonly string[]): Promise<Certificate>;
}

/** A certificate authority by name, made once. A client whose authority has another name is a stranger to the brokers. */
export async function authority(name = 'brokers'): Promise<Authority> {
  const folder = path.join(FOLDER, name);
  const file = path.join(folder, 'ca.pem');
  const key = path.join(folder, 'ca.key');
  await once(file, async () => {
    mkdirSync(folder, { recursive: true });
    await openssl(
      'req',
      '-x509',
      ...EC_KEY,
      ...LIFE,
      '-subj',
      `/CN=test-${name}`,
      '-keyout',
      key,
      '-out',
      `${file}.new`,
    );
  });
  return {
    file,
    pem: readFileSync(file, 'utf8'),
    issue: async (commonName, addresses = []) => {
      const stem = path.join(folder, [commonName, ...addresses].join('-'));
      await once(`${stem}.pem`, async () => {
        const usage = 'extendedKeyUsage=serverAuth,clientAuth';
        const names =
          addresses.length > 0 ? `\nsubjectAltName=${addresses.map((address) => `IP:${address}`).join(',')}` : '';
        writeFileSync(`${stem}.ext`, usage + names);
        await openssl('req', ...EC_KEY, '-subj', `/CN=${commonName}`, '-keyout', `${stem}.key`, '-out', `${stem}.csr`);
        const signer = ['-CA', file, '-CAkey', key, '-set_serial', `0x${randomBytes(8).toString('hex')}`];
        await openssl(
          'x509',
          '-req',
          ...signer,
          ...LIFE,
          '-in',
          `${stem}.csr`,
          '-extfile',
          `${stem}.ext`,
          '-out',
          `${stem}.crt`,
        );
        const chain = readFileSync(`${stem}.crt`, 'utf8') + readFileSync(file, 'utf8');
        writeFileSync(`${stem}.pem.new`, readFileSync(`${stem}.key`, 'utf8') + chain);
        ['ext', 'csr', 'crt', 'key'].forEach((extension) => rmSync(`${stem}.${extension}`));
      });
      const pem = readFileSync(`${stem}.pem`, 'utf8');
      const end = pem.indexOf('-----BEGIN CERTIFICATE');
      return { key: pem.slice(0, end), cert: pem.slice(end), file: `${stem}.pem` };
    },
  };
}

/** Lets `make` write `<file>.new` unless the file is there, and gives it its name when it is whole. */
async function once(file: string, make: () => Promise<void>): Promise<void> {
  if (!existsSync(file)) {
    await exclusively(async () => {
      if (!existsSync(file)) {
        await make();
        renameSync(`${file}.new`, file);
      }
    });
  }
}

async function openssl(...args: string[]): Promise<void> {
  try {
    await run('openssl', args);
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    throw new Error(
      code === 'ENOENT' ? 'engines need `openssl` on the PATH' : `openssl ${args[0]} failed: ${stderr ?? ''}`,
    );
  }
}
