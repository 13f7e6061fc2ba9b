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
const services = {
  kafka: '2018-11-14',
  macie2: '2020-01-01',
  // Of these, the operations that handlers call and what those need.
  dynamodb: ['2012-08-10', 'GetItem', 'PutItem'],
  cloudformation: ['2010-05-15', 'DescribeStackResource'],
  events: ['2015-10-07', 'PutEvents'],
  logs: ['2014-03-28', 'CreateLogGroup', 'PutRetentionPolicy'],
  organizations: ['2016-11-28', 'ListAccounts'],
  secretsmanager: ['2017-10-17', 'DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
  securityhub: ['2018-10-26', 'GetFindings', 'BatchUpdateFindings'],
  sns: ['2010-03-31', 'Publish'],
  sqs: ['2012-11-05', 'ReceiveMessage', 'DeleteMessageBatch', 'SendMessage'],
  stepfunctions: ['2016-11-23', 'StartExecution'],
};
/** Details of each type of resource in a finding of Security Hub: nothing reads them, and they are most of its model. */
const LEFT_OUT = { Resource: ['Details'] };
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
  for (const [service, entry] of Object.entries(services)) {
    const [api, ...operations] = [entry].flat();
    const packed = readFileSync(path.join(temp, 'botocore', 'data', service, api, 'service-2.json.gz'));
    const model = undocumented(JSON.parse(gunzipSync(packed)));
    writeFileSync(path.join(models, `${service}.json`), lines(reduced(model, operations)));
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

/** The operations, with all shapes that they lead to; without operations the whole model. */
function reduced(model, names) {
  if (names.length === 0) return model;
  const operations = Object.fromEntries(names.map((name) => [name, model.operations[name]]));
  const shapes = {};
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.shape === 'string' && !(node.shape in shapes)) {
      shapes[node.shape] = trimmed(node.shape, model.shapes[node.shape]);
      visit(shapes[node.shape]);
    }
    Object.values(node).forEach(visit);
  };
  visit(operations);
  return { ...model, operations, shapes };
}

function trimmed(name, shape) {
  const { [name]: left = [] } = LEFT_OUT;
  if (left.length === 0 || !shape.members) return shape;
  return {
    ...shape,
    members: Object.fromEntries(Object.entries(shape.members).filter(([one]) => !left.includes(one))),
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

${Object.entries(services)
  .map(([service, entry]) => {
    const [api] = [entry].flat();
    return `${`${service}.json`.padEnd(18)} botocore/data/${service}/${api}/service-2.json.gz`;
  })
  .join('\n')}

Changed: documentation strings removed, operations and details that nothing needs removed, one operation or shape per line.
Made by scripts/update-service-models.mjs. Used by tests only, not part of the published package.
`;
}
