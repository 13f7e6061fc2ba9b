import { execFileSync } from 'child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { pythonWith } from '../support/python';

const project = path.join(__dirname, '..', '..');
const { version, peerDependencies, devDependencies } = JSON.parse(
  readFileSync(path.join(project, 'package.json'), 'utf8'),
) as { version: string; peerDependencies: Record<string, string>; devDependencies: Record<string, string> };
const CDK = peerDependencies['aws-cdk-lib'].replace('^', '');
const tarball = path.join(project, 'dist', 'js', `cdk-msk-macie@${version}.jsii.tgz`);

const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CDK_OUTDIR: path.join(cwd, 'cdk.out') },
  });

const template = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, 'cdk.out', 'Orders.template.json'), 'utf8'));

/** The first whole file that the README shows. */
function readmeExample(): string {
  const block = /^```ts nofixture\n([\s\S]*?)^```$/m.exec(readFileSync(path.join(project, 'README.md'), 'utf8'));
  return `${(block as RegExpExecArray)[1]}\napp.synth();\n`;
}

let fromNpm: any;

beforeAll(() => {
  if (!existsSync(tarball)) {
    throw new Error('there is no package to try: run `npm run build && npm run package` first');
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'from-npm-'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  writeFileSync(path.join(folder, 'app.ts'), readmeExample());
  const packages = [
    tarball,
    `aws-cdk-lib@${CDK}`,
    `constructs@${devDependencies.constructs}`,
    `tsx@${devDependencies.tsx}`,
  ];
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], folder);
  run('node', ['--import', 'tsx', 'app.ts'], folder);
  fromNpm = template(folder);
}, 600_000);

test('the npm tarball holds the compiled library, its handlers, and nothing else', () => {
  const files = run('tar', ['-tzf', tarball], project)
    .trim()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''));
  const handlers = readdirSync(path.join(project, 'assets', 'handlers'));
  const expected = [
    /^build\/.+\.(js|d\.ts)$/,
    /^build\/(deployer|rules)\/data\/[\w-]+\.json$/,
    new RegExp(`^assets/handlers/(${handlers.join('|')})/index\\.js$`),
    /^assets\/processors\/(glue-streaming\/\w+\.py|flink-sql-runner\/(flink-sql-runner\.jar|sources\.sha256))$/,
    /^(\.jsii|API\.md|LICENSE|NOTICE|README\.md|package\.json)$/,
  ];
  expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      '.jsii',
      'API.md',
      'NOTICE',
      'build/index.js',
      ...handlers.map((name) => `assets/handlers/${name}/index.js`),
    ]),
  );
  expect(files).toContain('build/rules/data/msk-versions.json');
});

test('[115] the example of the README synthesizes from the npm tarball in an empty app', () => {
  const types = Object.values<any>(fromNpm.Resources).map(({ Type }) => Type);
  expect(types).toEqual(
    expect.arrayContaining(['AWS::MSK::Cluster', 'AWS::MSK::Topic', 'AWS::Lambda::EventSourceMapping']),
  );
});

test('[114] [B-09] the same in Python, from the wheel, gives the same template', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'from-python-'));
  const python = pythonWith(
    `aws-cdk-lib==${CDK}`,
    `constructs==${devDependencies.constructs}`,
    'setuptools==80.9.0',
    'wheel==0.45.1',
  );
  run(
    python,
    [
      '-m',
      'pip',
      'wheel',
      '--quiet',
      '--no-deps',
      '--no-build-isolation',
      '--wheel-dir',
      folder,
      path.join(project, 'dist', 'python'),
    ],
    folder,
  );
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl')) as string;
  run(python, ['-m', 'pip', 'install', '--quiet', '--force-reinstall', '--no-deps', path.join(folder, wheel)], folder);
  copyFileSync(path.join(__dirname, 'python', 'app.py'), path.join(folder, 'app.py'));
  run(python, ['app.py'], folder);
  expect(template(folder)).toEqual(fromNpm);
}, 600_000);

test('[114] [B-09] the same in Java, from the jar, gives the same template', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'from-java-'));
  cpSync(path.join(project, 'dist', 'java'), folder, { recursive: true });
  // The lowest version of each range, which is what the package promises to work with.
  const pom = path.join(folder, 'pom.xml');
  writeFileSync(pom, readFileSync(pom, 'utf8').replace(/<version>\[([\d.]+),[\d.]+\)/g, '<version>$1'));
  const quiet = ['-q', '-B', '-DskipTests', '-Dmaven.javadoc.skip=true', '-Dmaven.source.skip=true'];
  run('mvn', [...quiet, 'package', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'], folder);
  const classPath = [
    path.join(folder, 'target', `cdk-msk-macie-${version}.jar`),
    readFileSync(path.join(folder, 'classpath'), 'utf8').trim(),
  ].join(path.delimiter);
  run('java', ['-cp', classPath, path.join(__dirname, 'java', 'Orders.java')], folder);
  expect(template(folder)).toEqual(fromNpm);
}, 600_000);
