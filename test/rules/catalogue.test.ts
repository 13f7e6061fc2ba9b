import { BROKER_SIZES, Facts, KAFKA_VERSIONS, RULES, describeFinding, evaluate, unknownIds } from '../../lib/rules';
import type { Extras } from '../../lib/rules';
import { SIZE, subnets, zones } from './cases/case';
import { CLUSTER_CASES } from './cases/clusters';
import { SCRAM_CASES } from './cases/scram';
import { CONFIGURATION_CASES } from './cases/configurations';
import { FIREHOSE_CASES } from './cases/firehose';
import { MACIE_CASES } from './cases/macie';
import { MAPPING_CASES } from './cases/mappings';
import { MOVING_DATA_CASES } from './cases/moving-data';
import { SERVERLESS_AND_POLICY_CASES } from './cases/serverless-and-policies';
import { OSIS_CASES } from './cases/osis';
import { PIPE_CASES } from './cases/pipes';
import { TOPIC_CASES } from './cases/topics';
import { change, cluster, express, resource, template, topic } from './templates';

const CASES = [
  ...CLUSTER_CASES,
  ...SCRAM_CASES,
  ...CONFIGURATION_CASES,
  ...TOPIC_CASES,
  ...SERVERLESS_AND_POLICY_CASES,
  ...MAPPING_CASES,
  ...FIREHOSE_CASES,
  ...OSIS_CASES,
  ...PIPE_CASES,
  ...MOVING_DATA_CASES,
  ...MACIE_CASES,
];

function findingsOf(resources: Record<string, unknown>, extras?: Extras, region?: string) {
  return evaluate(Facts.fromTemplates({ Stack: template(resources) }, extras, region ? { Stack: region } : {}));
}

function idsOf(...args: Parameters<typeof findingsOf>): string[] {
  return findingsOf(...args).map((finding) => finding.ruleId);
}

describe('[111] each rule raises its misconfiguration and lets the valid neighbour pass', () => {
  test.each(CASES.map((each) => [`${each.id}: ${each.wrong}`, each] as const))('%s', (_title, each) => {
    const found = findingsOf(each.bad, each.extras, each.region).filter((finding) => finding.ruleId === each.id);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map(describeFinding).join()).toContain(each.says ?? each.id);
    expect(idsOf(each.good, each.goodExtras, each.goodRegion)).not.toContain(each.id);
  });

  test('every rule is among them', () => {
    expect([...new Set(CASES.map((each) => each.id))].sort()).toEqual(RULES.map((each) => each.id).sort());
  });
});

test('a value that is yet unknown raises nothing where a known one did', () => {
  let replaced = 0;
  for (const each of CASES) {
    for (const finding of findingsOf(each.bad, each.extras, each.region).filter(({ ruleId }) => ruleId === each.id)) {
      const subject = each.bad[finding.logicalId] as ReturnType<typeof resource>;
      // Absent values and facts about the stack cannot be made unknown.
      if (finding.path.split('.').reduce((value: any, step) => value?.[step], subject.Properties) === undefined) {
        continue;
      }
      const unknown = { ...subject, Properties: change(subject.Properties, { [finding.path]: { Ref: 'Parameter' } }) };
      const left = findingsOf({ ...each.bad, [finding.logicalId]: unknown }, each.extras, each.region);
      expect(left.filter(({ ruleId, path }) => ruleId === each.id && path === finding.path)).toEqual([]);
      replaced++;
    }
  }
  expect(replaced).toBeGreaterThan(100);
});

describe('a resource of which nothing is known raises no error', () => {
  const types = [...new Set(RULES.flatMap((each) => each.appliesTo))].filter((type) => !type.endsWith('*'));

  test.each(types)('%s', (type) => {
    const properties = new Set(
      CASES.flatMap((each) => Object.values(each.bad) as ReturnType<typeof resource>[])
        .filter((each) => each.Type === type)
        .flatMap((each) => Object.keys(each.Properties)),
    );
    const Properties = Object.fromEntries([...properties].map((name) => [name, { Ref: `Parameter${name}` }]));
    const errors = findingsOf({ Subject: { Type: type, Properties } }).filter((each) => each.severity === 'error');
    expect(errors).toEqual([]);
  });
});

test('placeholders of a VPC that is still to be looked up are unknown', () => {
  const looked = { ...subnets('p-12345', 'p-67890'), NumberOfBrokerNodes: 3 };
  expect(idsOf({ Cluster: cluster(looked) })).toEqual([]);
  expect(idsOf({ Cluster: express(looked) }, zones('dummy1a', 'dummy1b'))).toEqual([]);
  expect(idsOf({ Cluster: cluster() }, zones('dummy1a', 'dummy1a', 'dummy1a'))).toEqual([]);
  expect(idsOf({ Cluster: cluster({ ...looked, ...subnets('p-1', 'p-2') }) })).toEqual(['MSK-CLUSTER-BROKER-COUNT']);
});

test('topics whose names or clusters are yet unknown do not clash', () => {
  const unnamed = topic({ TopicName: { Ref: 'Name' } });
  const homeless = topic({ ClusterArn: { 'Fn::If': ['Production', 'a', 'b'] } });
  expect(idsOf({ Cluster: cluster(), A: unnamed, B: unnamed, C: homeless, D: homeless })).toEqual([]);
});

test.each<[string, Record<string, unknown>, string[]]>([
  [
    'plaintext for everyone, by name',
    {
      Cluster: cluster({
        ClientAuthentication: { Unauthenticated: { Enabled: true } },
        'EncryptionInfo.EncryptionInTransit.ClientBroker': 'TLS_PLAINTEXT',
      }),
    },
    [],
  ],
  [
    'IAM beside plaintext',
    { Cluster: cluster({ 'EncryptionInfo.EncryptionInTransit.ClientBroker': 'TLS_PLAINTEXT' }) },
    ['MSK-CLUSTER-AUTHENTICATION'],
  ],
  [
    'a topic in a cluster of a version without a number',
    { Cluster: cluster({ KafkaVersion: 'latest' }), Topic: topic() },
    ['MSK-CLUSTER-VERSION-UNKNOWN'],
  ],
  ['a rule on a schedule', { Rule: resource('AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)' }) }, []],
])('%s raises just what it should', (_title, resources, expected) => {
  expect(idsOf(resources)).toEqual(expected);
});

test('a session in each of two stacks is no clash', () => {
  const template = { Resources: { Session: resource('AWS::Macie::Session') } };
  expect(evaluate(Facts.fromTemplates({ One: template, Two: template }))).toEqual([]);
});

test('only versions that are still supported are proposed', () => {
  const [finding] = findingsOf({ Cluster: express({ KafkaVersion: '3.9.x' }) });
  expect(finding.fix).toBe('use one of 3.8.x, 3.9.x.kraft, 4.2.x.kraft');
  const [old] = findingsOf({ Cluster: express({ KafkaVersion: '3.6.0' }) });
  expect([old.ruleId, old.fix]).toEqual(['MSK-CLUSTER-VERSION-SUPPORT', finding.fix]);
});

test('a long value is cut in messages', () => {
  const [finding] = findingsOf({ Cluster: cluster({ ClusterName: 'x'.repeat(500) }) });
  expect(finding.message.length).toBeLessThan(200);
});

test('two resources of which one may not exist do not clash', () => {
  const one = { ...topic(), Condition: 'A' };
  expect(idsOf({ Cluster: cluster(), One: one, Two: { ...topic(), Condition: 'B' } })).toEqual([]);
  expect(idsOf({ Cluster: cluster(), One: one, Two: { ...topic(), Condition: 'A' } })).toEqual(['MSK-TOPIC-COLLISION']);
});

describe('the catalogue', () => {
  test('has unique ids in words, texts in the house style and public sources', () => {
    expect(new Set(RULES.map((each) => each.id)).size).toBe(RULES.length);
    for (const each of RULES) {
      expect(each.id).toMatch(/^(MSK|LAMBDA-MSK|FIREHOSE-MSK|OSIS-MSK|PIPES-MSK|MACIE|EVENTS)(-[A-Z]+)+$/);
      expect(each.title).toMatch(/^[A-Z].*[^.]$/);
      expect(each.remedy).toMatch(/^[A-Z].*[^.]$/);
      expect(each.sources.length).toBeGreaterThan(0);
      expect(each.sources.filter((url) => !url.startsWith('https://'))).toEqual([]);
    }
  });

  test('writes messages in lower case, on one line, without a final period', () => {
    for (const finding of CASES.flatMap((each) => findingsOf(each.bad, each.extras, each.region))) {
      expect(finding.message).toMatch(/^(?!The |A |An )[^\n]*[^.\n]$/);
      expect(finding.fix).toMatch(/^[a-z][^\n]*[^.\n]$/);
      expect(describeFinding(finding)).toMatch(new RegExp(`^${finding.ruleId}: [^\\n]+$`));
    }
  });
});

describe('evaluate()', () => {
  const resources = {
    B: topic({ TopicName: 'with space', PartitionCount: 0 }),
    A: cluster({ ClusterName: 'my_orders', NumberOfBrokerNodes: 4 }),
  };

  test('sorts by place and id, whatever the order of the template', () => {
    const expected = ['MSK-CLUSTER-BROKER-COUNT', 'MSK-CLUSTER-NAME', 'MSK-TOPIC-NAME', 'MSK-TOPIC-PARTITIONS'];
    expect(idsOf(resources)).toEqual(expected);
    expect(idsOf({ A: resources.A, B: resources.B })).toEqual(expected);
  });

  test('gives a finding its rule, place, value and remedy', () => {
    const [finding] = findingsOf({ Cluster: cluster({ ClusterName: 'my_orders' }) });
    expect(finding).toEqual({
      ruleId: 'MSK-CLUSTER-NAME',
      severity: 'error',
      basis: 'service',
      stack: 'Stack',
      logicalId: 'Cluster',
      path: 'ClusterName',
      message: 'the cluster name "my_orders" is refused',
      fix: 'use 1 to 64 letters, digits and hyphens',
    });
    expect(describeFinding(finding)).toBe(
      'MSK-CLUSTER-NAME: the cluster name "my_orders" is refused; use 1 to 64 letters, digits and hyphens ' +
        '(Stack/Cluster, ClusterName)',
    );
  });

  test('leaves out what is ignored, unless it is a matter of structure', () => {
    const facts = Facts.fromTemplates({ Stack: template(resources) });
    const ignore = ['MSK-CLUSTER-NAME', 'MSK-TOPIC-NAME', 'NO-SUCH-RULE'];
    expect(evaluate(facts, { ignore }).map((finding) => finding.ruleId)).toEqual([
      'MSK-CLUSTER-BROKER-COUNT',
      'MSK-TOPIC-NAME',
      'MSK-TOPIC-PARTITIONS',
    ]);
    expect(unknownIds(ignore)).toEqual(['NO-SUCH-RULE']);
  });

  test('ignores every rule of the service by its id', () => {
    const service = CASES.filter((each) => RULES.find((own) => own.id === each.id)?.basis === 'service');
    for (const each of service) {
      const facts = Facts.fromTemplates(
        { Stack: template(each.bad) },
        each.extras,
        each.region ? { Stack: each.region } : {},
      );
      expect(evaluate(facts, { ignore: [each.id] }).map((finding) => finding.ruleId)).not.toContain(each.id);
    }
  });
});

test('every size and version on offer passes with the settings that fit it', () => {
  for (const size of BROKER_SIZES) {
    const make = size.class === 'EXPRESS' ? express : cluster;
    const offered = KAFKA_VERSIONS.filter((version) => (size.class === 'EXPRESS' ? version.express : version.standard));
    for (const { version } of offered.filter(({ endOfSupport }) => endOfSupport === undefined)) {
      const expected = size.size === 'kafka.t3.small' && version.endsWith('.kraft') ? ['MSK-CLUSTER-SMALL-KRAFT'] : [];
      expect(idsOf({ Cluster: make({ [SIZE]: size.size, KafkaVersion: version }) })).toEqual(expected);
    }
  }
});
