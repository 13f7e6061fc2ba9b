import { spawn, spawnSync } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { startKafka } from '../support/kafka';
import { CACHE, jars } from '../support/kafka/java';
import { isAlive, sweep } from '../support/kafka/workspace';

jest.setTimeout(600_000);

describe('when things go wrong', () => {
  test('a broker that cannot start says why, and its addresses are free again', async () => {
    await expect(startKafka({ serverProperties: { 'num.partitions': 'many' } })).rejects.toThrow(
      /ended by itself with 1; .*\n[^]*Invalid value many/,
    );
  });

  test.each(['listeners', 'broker.id', 'ssl.keystore.location', 'log.dirs', 'super.users', 'authorizer.class.name'])(
    'a configuration with %s is refused',
    async (key) => {
      await expect(startKafka({ serverProperties: { [key]: 'x' } })).rejects.toThrow(
        `standard clusters take no configuration with ${key}`,
      );
    },
  );

  test('a broker that dies is not passed over in silence', async () => {
    const kafka = await startKafka();
    const [pid] = kafka.pids();
    process.kill(pid, 'SIGKILL');
    while (kafka.pids().length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expect(kafka.kill(1)).rejects.toThrow('it ended by itself with SIGKILL');
    await expect(kafka.stop()).rejects.toThrow('node 1 of orders ended by itself with SIGKILL');
  });

  test('brokers end with the process that started them, however it ends', async () => {
    const script = `require('./test/support/kafka').startKafka().then((kafka) => console.log(kafka.pids()[0]))`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      cwd: path.join(__dirname, '..', '..'),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once('data', (text) => resolve(Number(text)));
      parent.once('exit', () => reject(new Error(`ended early: ${parent.stderr.read()}`)));
    });
    expect(isAlive(pid)).toBe(true);
    parent.removeAllListeners('exit').kill('SIGKILL');
    // Not longer: the next cluster that starts anywhere on this machine would sweep the broker away.
    const deadline = Date.now() + 10_000;
    while (isAlive(pid) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const left = isAlive(pid);
    if (left) {
      process.kill(pid, 'SIGKILL');
    }
    expect(left).toBe(false);
  });

  test('what a dead process has left behind is swept away', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const folder = mkdtempSync(path.join(tmpdir(), `cdk-msk-kafka-${pid}-`));
    const broker = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', folder], { stdio: 'ignore' });
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    writeFileSync(path.join(folder, 'node-1.pid'), String(broker.pid));
    writeFileSync(path.join(folder, 'node-2.pid'), String(bystander.pid));
    const mine = mkdtempSync(path.join(tmpdir(), `cdk-msk-kafka-${process.pid}-`));

    const ended = new Promise((resolve) => broker.once('exit', resolve));
    sweep();
    await ended;
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(mine)).toBe(true);
    rmSync(mine, { recursive: true });
    // A process id is given to somebody else sooner or later; only what names the folder is ours.
    expect(isAlive(bystander.pid!)).toBe(true);
    bystander.kill();
  });
});

describe('what the machine has to bring', () => {
  const set = { name: 'test-set', dependencies: ['org.example:example:1.0'] };
  const folder = path.join(CACHE, 'jars', set.name);
  let bin: string;
  const { PATH } = process.env;
  const forget = () => rmSync(folder, { recursive: true, force: true });

  /** Puts a program on the PATH that stands for Maven. */
  function maven(script: string): void {
    writeFileSync(path.join(bin, 'mvn'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env.PATH = `${bin}:${PATH}`;
  }
  const writesJar =
    'for argument; do case $argument in -DoutputDirectory=*) printf content > "${argument#*=}/example-1.0.jar" ;; esac; done';
  const locked = { [set.name]: { 'example-1.0.jar': createHash('sha256').update('content').digest('hex') } };

  beforeAll(() => {
    bin = mkdtempSync(path.join(tmpdir(), 'cdk-msk-bin-'));
  });
  beforeEach(forget);
  afterEach(() => {
    process.env.PATH = PATH;
  });
  afterAll(() => {
    forget();
    rmSync(bin, { recursive: true });
  });

  test('jars are fetched once, and again when they are not what the lock file says', async () => {
    maven(writesJar);
    const [jar] = await jars(set, locked);
    expect(readFileSync(jar, 'utf8')).toBe('content');
    writeFileSync(jar, 'tampered');
    await jars(set, locked);
    expect(readFileSync(jar, 'utf8')).toBe('content');
    maven('exit 1');
    await expect(jars(set, locked)).resolves.toEqual([jar]);
  });

  test('a download with another hash is thrown away', async () => {
    maven(writesJar);
    const other = { [set.name]: { 'example-1.0.jar': '0'.repeat(64) } };
    await expect(jars(set, other)).rejects.toThrow(
      'the download of test-set is not what jars.lock.json says: example-1.0.jar has sha256',
    );
    expect(readdirSync(path.join(CACHE, 'jars')).filter((name) => name.startsWith(set.name))).toEqual([]);
  });

  test('jars that nobody locked are not used', async () => {
    await expect(jars({ ...set, name: 'unknown' })).rejects.toThrow('jars.lock.json has no "unknown"');
  });

  test("Maven's own words are passed on", async () => {
    maven('echo cannot find example; exit 1');
    await expect(jars(set, locked)).rejects.toThrow('Maven could not download test-set:\ncannot find example');
  });

  test('without Maven or a JDK, the message says what to install', async () => {
    process.env.PATH = '/nowhere';
    await expect(jars(set, locked)).rejects.toThrow(
      'engines need Maven to download test-set: `mvn` is not on the PATH; install it',
    );
    await jest.isolateModulesAsync(async () => {
      const { requireJava } = await import('../support/kafka/java');
      await expect(requireJava()).rejects.toThrow(
        'engines need Java 17 or newer, a JDK: javac does not run; install one',
      );
    });
  });
});
