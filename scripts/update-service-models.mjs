// Re-creates test/support/models from a release of botocore (needs Python 3 with pip).
//
//   node scripts/update-service-models.mjs [botocore version]
//
// One operation or shape per line, so that an update reads as a diff; documentation strings are left out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

const version = process.argv[2] ?? '1.44.8';
const services = { kafka: '2018-11-14', macie2: '2020-01-01' };

/** Services of which few calls are made, and only those are kept. */
const calls = {
  cloudformation: { api: '2010-05-15', operations: ['DescribeStackResource'] },
  secretsmanager: {
    api: '2017-10-17',
    operations: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
  },
  stepfunctions: { api: '2016-11-23', operations: ['StartExecution'] },
};
const models = path.join(import.meta.dirname, '..', 'test', 'support', 'models');

const temp = mkdtempSync(path.join(tmpdir(), 'botocore-'));
try {
  const python = (...args) =>
    execFileSync('python3', ['-m', ...args], { cwd: temp, stdio: ['ignore', 'ignore', 'inherit'] });
  python('pip', 'download', '--quiet', '--no-deps', '--dest', '.', `botocore==${version}`);
  python(
    'zipfile',
    '-e',
    readdirSync(temp).find((name) => name.endsWith('.whl')),
    '.',
  );
  const model = (service, api) => {
    const packed = readFileSync(path.join(temp, 'botocore', 'data', service, api, 'service-2.json.gz'));
    return undocumented(JSON.parse(gunzipSync(packed)));
  };
  for (const [service, api] of Object.entries(services)) {
    writeFileSync(path.join(models, `${service}.json`), lines(model(service, api)));
  }
  for (const [service, { api, operations }] of Object.entries(calls)) {
    writeFileSync(path.join(models, `${service}.json`), lines(only(model(service, api), operations)));
  }
  writeFileSync(path.join(models, 'NOTICE'), notice());
} finally {
  rmSync(temp, { recursive: true });
}

/** A member may be called `documentation` as well; only strings of that name are prose. */
function undocumented(node) {
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node)) return node.map(undocumented);
  const kept = Object.entries(node).filter(([key, value]) => key !== 'documentation' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([key, value]) => [key, undocumented(value)]));
}

/** A model with some of its operations, and the shapes that they lead to. */
function only({ metadata, operations, shapes }, names) {
  const kept = Object.fromEntries(names.map((name) => [name, operations[name]]));
  const found = {};
  const follow = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.shape === 'string' && !(node.shape in found)) {
      found[node.shape] = shapes[node.shape];
      follow(shapes[node.shape]);
    }
    Object.values(node).forEach(follow);
  };
  follow(kept);
  return {
    metadata,
    operations: kept,
    shapes: Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function lines({ metadata, operations, shapes }) {
  const table = (entries) =>
    Object.entries(entries)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(',\n');
  return `{"metadata":${JSON.stringify(metadata)},\n"operations":{\n${table(operations)}},\n"shapes":{\n${table(shapes)}}}\n`;
}

function notice() {
  return `The service models in this folder come from botocore ${version}, https://github.com/boto/botocore
Copyright 2012-2022 Amazon.com, Inc. or its affiliates. All Rights Reserved.
Licensed under the Apache License, Version 2.0, whose text is in the LICENSE file of this repository.

${Object.entries({ ...services, ...Object.fromEntries(Object.entries(calls).map(([name, { api }]) => [name, api])) })
  .map(([service, api]) => `${`${service}.json`.padEnd(20)} botocore/data/${service}/${api}/service-2.json.gz`)
  .join('\n')}

Changed: documentation strings removed, one operation or shape per line; of some services only the operations that are
used here.
Made by scripts/update-service-models.mjs. Used by tests only, not part of the published package.
`;
}
