import { CfnCondition, CfnParameter, Fn, Stack, Token } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Facts, UNKNOWN } from '../../lib/rules';
import type { Extras, Template } from '../../lib/rules';
import { app } from '../support/fixtures';
import { cluster, resource, topic } from './templates';

const SOURCE: Template = {
  Mappings: { Sizes: { 'eu-west-1': { broker: 'kafka.m7g.large' } } },
  Conditions: {
    Ireland: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
    Elsewhere: { 'Fn::Not': [{ Condition: 'Ireland' }] },
    Production: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    Either: { 'Fn::Or': [{ Condition: 'Production' }, { Condition: 'Ireland' }] },
    Both: { 'Fn::And': [{ Condition: 'Production' }, { Condition: 'Ireland' }] },
    Certain: { 'Fn::And': [{ Condition: 'Ireland' }, { 'Fn::Equals': ['1', 1] }] },
    Circular: { 'Fn::Not': [{ Condition: 'Circular' }] },
    Broken: { 'Fn::Equals': ['a'] },
  },
};

/** Reads one value in a template with mappings and conditions, in Ireland. */
function read(value: unknown, path = 'Value'): unknown {
  const template = {
    ...SOURCE,
    Resources: { Subject: resource('Custom::Subject', { Value: value }), Other: cluster() },
  };
  return Facts.fromTemplates({ Stack: template }, {}, { Stack: 'eu-west-1' }).resource('Stack', 'Subject')?.read(path);
}

function choose(condition: string, whenTrue: unknown, whenFalse: unknown) {
  return { 'Fn::If': [condition, whenTrue, whenFalse] };
}

const NOTHING = { Ref: 'AWS::NoValue' };

describe('read()', () => {
  test.each<[string, unknown, unknown]>([
    ['a text', 'a', 'a'],
    ['a number', 3, 3],
    ['false', false, false],
    ['null as absent', null, undefined],
    ['the Region', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['an account', { Ref: 'AWS::AccountId' }, UNKNOWN],
    ['a parameter', { Ref: 'Stage' }, UNKNOWN],
    ['an attribute', { 'Fn::GetAtt': ['Other', 'Arn'] }, UNKNOWN],
    ['a join of knowns', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, 1]] }, 'a-eu-west-1-1'],
    ['a join with an unknown', { 'Fn::Join': ['-', ['a', { Ref: 'Stage' }]] }, UNKNOWN],
    ['a join of an unknown list', { 'Fn::Join': ['-', { Ref: 'Stages' }] }, UNKNOWN],
    ['a sub of knowns', { 'Fn::Sub': 'a-${AWS::Region}-${!b}' }, 'a-eu-west-1-${b}'],
    ['a sub with variables', { 'Fn::Sub': ['${a}${a}', { a: 'x' }] }, 'xx'],
    ['a sub with an unknown', { 'Fn::Sub': 'a-${Stage}' }, UNKNOWN],
    ['a sub with an unknown before a known', { 'Fn::Sub': '${Stage}-${AWS::Region}' }, UNKNOWN],
    ['a sub of an attribute', { 'Fn::Sub': '${Other.Arn}' }, UNKNOWN],
    ['a member of a list', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['a known member beside an unknown one', { 'Fn::Select': [0, ['a', { Ref: 'Stage' }]] }, 'a'],
    ['a member beyond the list', { 'Fn::Select': [5, ['a']] }, UNKNOWN],
    ['a zone', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, UNKNOWN],
    ['a split text', { 'Fn::Split': [',', 'a,b'] }, ['a', 'b']],
    ['base64', { 'Fn::Base64': '{"a":"ä"}' }, Buffer.from('{"a":"ä"}').toString('base64')],
    ['base64 of an unknown', { 'Fn::Base64': { Ref: 'Stage' } }, UNKNOWN],
    ['a mapping', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'broker'] }, 'kafka.m7g.large'],
    ['a mapping without the key', { 'Fn::FindInMap': ['Sizes', 'us-east-1', 'broker'] }, UNKNOWN],
    ['a function of the future', { 'Fn::Whatever': ['a'] }, UNKNOWN],
    ['an import from nowhere', { 'Fn::ImportValue': 'nothing' }, UNKNOWN],
    ['an output from nowhere', { 'Fn::GetStackOutput': { StackName: 'No', OutputName: 'No' } }, UNKNOWN],
    ['an output without an argument', { 'Fn::GetStackOutput': null }, UNKNOWN],
    ['a list with an unknown', ['a', { Ref: 'Stage' }], ['a', UNKNOWN]],
    ['a list with nothing in it', ['a', NOTHING], ['a']],
    ['an object with nothing in it', { a: 1, b: NOTHING }, { a: 1 }],
    ['nothing', NOTHING, undefined],
    ['a branch by a known condition', choose('Ireland', 'a', 'b'), 'a'],
    ['a branch by a negated condition', choose('Elsewhere', 'a', 'b'), 'b'],
    ['a branch by an alternative of which one half is known', choose('Either', 'a', 'b'), 'a'],
    ['a branch by a conjunction of which one half is known', choose('Both', 'a', 'b'), UNKNOWN],
    ['a branch by a conjunction that is known', choose('Certain', 'a', 'b'), 'a'],
    ['a branch by an unknown condition', choose('Production', 'a', 'b'), UNKNOWN],
    ['a branch by no condition of the template', choose('Nowhere', 'a', 'b'), UNKNOWN],
    ['a branch by a condition that asks itself', choose('Circular', 'a', 'b'), UNKNOWN],
    ['a branch by a broken condition', choose('Broken', 'a', 'b'), UNKNOWN],
    ['a list of unknown length', ['a', choose('Production', 'b', NOTHING)], UNKNOWN],
    ['a list of unknown length, the other way round', [choose('Production', NOTHING, 'b')], UNKNOWN],
    ['a list of unknown length, two branches down', [choose('Production', 'b', choose('Both', 'c', NOTHING))], UNKNOWN],
    ['a list of known length', ['a', choose('Production', 'b', 'c')], ['a', UNKNOWN]],
    ['a list with a member that is left out', ['a', choose('Ireland', NOTHING, 'b')], ['a']],
  ])('%s', (_title, value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  test('steps into objects, lists and known branches', () => {
    expect(read({ a: [{ b: 1 }] }, 'Value.a.0.b')).toBe(1);
    expect(read(choose('Ireland', { a: 1 }, {}), 'Value.a')).toBe(1);
    expect(read(choose('Production', { a: 1 }, {}), 'Value.a')).toBe(UNKNOWN);
    expect(read({ Ref: 'Stage' }, 'Value.a.b')).toBe(UNKNOWN);
    expect(read({ 'Fn::Split': [',', 'a,b'] }, 'Value.1')).toBe('b');
    expect(read('text', 'Value.length')).toBeUndefined();
    expect(read({}, 'Value.constructor')).toBeUndefined();
    expect(read({}, 'Value.a.b')).toBeUndefined();
  });

  test('comes to an end where templates refer to themselves', () => {
    const again = { 'Fn::ImportValue': 'again' };
    const template: Template = {
      Resources: { Subject: resource('Custom::Subject', { Value: again }) },
      Outputs: { Again: { Value: { 'Fn::Join': ['', [again]] }, Export: { Name: 'again' } } },
    };
    const subject = Facts.fromTemplates({ Stack: template }).resource('Stack', 'Subject');
    expect(subject?.read('Value')).toBe(UNKNOWN);
    expect(subject?.target('Value')).toBeUndefined();
  });
});

describe('the typed readers', () => {
  const properties = {
    Text: 'a',
    Number: '3',
    Flag: 'true',
    Off: false,
    Blank: ' ',
    List: ['a', { Ref: 'P' }],
    Some: { Ref: 'P' },
  };
  const [subject] = Facts.fromTemplates({ Stack: { Resources: { Subject: resource('T', properties) } } }).all;

  test('give knowns, and undefined for what is absent, unknown or of another kind', () => {
    expect(['Text', 'Number', 'List', 'Some', 'None'].map((path) => subject.text(path))).toEqual([
      'a',
      '3',
      undefined,
      undefined,
      undefined,
    ]);
    expect(['Text', 'Number', 'Blank', 'Some', 'None'].map((path) => subject.number(path))).toEqual([
      undefined,
      3,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['Flag', 'Off', 'Text', 'Some', 'None'].map((path) => subject.flag(path))).toEqual([
      true,
      false,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['List', 'Text', 'Some'].map((path) => subject.list(path))).toEqual([['a', UNKNOWN], undefined, undefined]);
  });

  test('tell absent, present and unknown apart', () => {
    expect(['Text', 'Some', 'None'].map((path) => subject.absent(path))).toEqual([false, false, true]);
    expect(['Text', 'Some', 'None'].map((path) => subject.present(path))).toEqual([true, false, false]);
    expect(['Flag', 'Off', 'Some', 'None'].map((path) => subject.off(path))).toEqual([false, true, false, true]);
  });
});

describe('resources', () => {
  test('do not exist under a condition that is known to be false', () => {
    const template = {
      ...SOURCE,
      Resources: {
        Here: { ...cluster(), Condition: 'Ireland' },
        There: { ...cluster(), Condition: 'Elsewhere' },
        Perhaps: { ...cluster(), Condition: 'Production' },
      },
    };
    const ids = (region: string) =>
      Facts.fromTemplates({ Stack: template }, {}, { Stack: region })
        .ofType('AWS::MSK::Cluster')
        .map((fact) => fact.logicalId);
    expect(ids('eu-west-1')).toEqual(['Here', 'Perhaps']);
    expect(ids('us-east-1')).toEqual(['There', 'Perhaps']);
  });

  test('that are none are passed over', () => {
    const Resources = {
      'Fn::ForEach::Topics': ['Name', []],
      Nothing: null,
      Untyped: {},
      Bare: { Type: 'AWS::SNS::Topic' },
    };
    const facts = Facts.fromTemplates({ Stack: { Resources }, Empty: {} });
    expect(facts.all.map((fact) => [fact.logicalId, fact.read('TopicName')])).toEqual([['Bare', undefined]]);
  });
});

describe('target()', () => {
  const outputs = {
    Shared: { Value: { 'Fn::GetAtt': ['Cluster', 'Arn'] }, Export: { Name: { 'Fn::Sub': 'clusters-${AWS::Region}' } } },
    Plain: { Value: { Ref: 'Cluster' } },
  };
  const clusters = { Resources: { Cluster: cluster() }, Outputs: outputs };

  function targetOf(ClusterArn: unknown, extras: Extras = {}) {
    const facts = Facts.fromTemplates(
      { Clusters: clusters, Topics: { ...SOURCE, Resources: { Topic: topic({ ClusterArn }), Own: cluster() } } },
      extras,
      { Clusters: 'eu-west-1', Topics: 'eu-west-1' },
    );
    const target = facts.resource('Topics', 'Topic')?.target('ClusterArn');
    return target && `${target.stack}/${target.logicalId}`;
  }

  test.each<[string, unknown, string | undefined]>([
    ['a reference', { Ref: 'Own' }, 'Topics/Own'],
    ['an attribute', { 'Fn::GetAtt': ['Own', 'Arn'] }, 'Topics/Own'],
    ['an attribute in short form', { 'Fn::GetAtt': 'Own.Arn' }, 'Topics/Own'],
    ['a sub that is nothing but a reference', { 'Fn::Sub': '${Own.Arn}' }, 'Topics/Own'],
    ['a join of one', { 'Fn::Join': ['', [{ Ref: 'Own' }]] }, 'Topics/Own'],
    ['a known branch', choose('Ireland', { Ref: 'Own' }, 'arn'), 'Topics/Own'],
    [
      'an import by a name that is put together',
      { 'Fn::ImportValue': { 'Fn::Sub': 'clusters-${AWS::Region}' } },
      'Clusters/Cluster',
    ],
    [
      'an output of another stack',
      { 'Fn::GetStackOutput': { StackName: 'Clusters', OutputName: 'Plain' } },
      'Clusters/Cluster',
    ],
    ['a parameter', { Ref: 'ClusterArn' }, undefined],
    ['an unknown branch', choose('Production', { Ref: 'Own' }, 'arn'), undefined],
    ['a sub with more in it', { 'Fn::Sub': '${Own.Arn}/x' }, undefined],
    ['a literal', 'arn:aws:kafka:eu-west-1:1:cluster/a/b', undefined],
  ])('follows %s', (_title, value, expected) => {
    expect(targetOf(value)).toBe(expected);
  });

  test('follows a link before anything else, within the stack and across', () => {
    expect(targetOf({ Ref: 'ClusterArn' }, { Topic: { links: { ClusterArn: 'Own' } } })).toBe('Topics/Own');
    expect(targetOf({ Ref: 'Own' }, { 'Topics/Topic': { links: { ClusterArn: 'Clusters/Cluster' } } })).toBe(
      'Clusters/Cluster',
    );
    expect(targetOf({ Ref: 'Own' }, { Topic: { links: { ClusterArn: 'Nowhere' } } })).toBeUndefined();
  });
});

test('extras belong to a logical id, or to one stack of several that share the id', () => {
  const templates = {
    A: { Resources: { Macie: resource('AWS::Macie::Session') } },
    B: { Resources: { Macie: resource('AWS::Macie::Session') } },
  };
  const extras = { Macie: { facts: { region: 'eu-west-1' } }, 'B/Macie': { facts: { region: 'us-east-1', zones: 3 } } };
  const facts = Facts.fromTemplates(templates, extras, { A: 'eu-west-2' });
  expect(facts.all.map((fact) => [fact.region, fact.extra('zones')])).toEqual([
    ['eu-west-1', undefined],
    ['us-east-1', 3],
  ]);
});

describe('identity()', () => {
  function identities(...values: unknown[]) {
    const Resources = { Subject: resource('T', { Values: values }), Own: cluster() };
    const facts = Facts.fromTemplates({ One: { ...SOURCE, Resources }, Two: { ...SOURCE, Resources } });
    return (['One', 'Two'] as const).map((stack) => facts.resource(stack, 'Subject')?.identities('Values') ?? []);
  }

  test('is shared by values that are certainly the same, and by no others', () => {
    const [[ref, attribute, literal, joined, parameter, unknown, alike], [, , otherLiteral, , otherParameter]] =
      identities(
        { Ref: 'Own' },
        { 'Fn::GetAtt': ['Own', 'Arn'] },
        'a-b',
        { 'Fn::Join': ['-', ['a', 'b']] },
        { Ref: 'Parameter' },
        choose('Production', 'a', 'b'),
        choose('Production', 'c', 'd'),
      );
    expect(ref).toBe(attribute);
    expect(literal).toBe(joined);
    expect(literal).toBe(otherLiteral);
    expect(parameter).not.toBe(otherParameter);
    expect(new Set([ref, literal, parameter, unknown, alike]).size).toBe(5);
  });

  test('of a single value is undefined where it depends on an unknown condition', () => {
    const template = { ...SOURCE, Resources: { Subject: resource('T', { Value: choose('Production', 'a', 'b') }) } };
    const [subject] = Facts.fromTemplates({ Stack: template }).all;
    expect([subject.identity('Value'), subject.identity('None')]).toEqual([undefined, undefined]);
  });

  test('is there for the members of a list that is put together', () => {
    const Resources = { Subject: resource('T', { Values: { 'Fn::Split': [',', 'a,b'] } }) };
    const [subject] = Facts.fromTemplates({ Stack: { Resources } }).all;
    expect(subject.identities('Values')).toEqual(['"a"', '"b"']);
  });

  test('leaves out members that are left out', () => {
    expect(identities(NOTHING, 'a')[0]).toEqual(['"a"']);
  });
});

describe('templates of the CDK', () => {
  test.each(['strong', 'weak'])('lead from topic to cluster over two stacks by %s references', (strength) => {
    const cdk = app({ context: { '@aws-cdk/core:defaultCrossStackReferences': strength } });
    const [clusters, topics] = [new Stack(cdk, 'Clusters'), new Stack(cdk, 'Topics')];
    const owned = new msk.CfnCluster(clusters, 'Cluster', {
      clusterName: 'orders',
      kafkaVersion: '3.5.1',
      numberOfBrokerNodes: 3,
      brokerNodeGroupInfo: { clientSubnets: ['a', 'b', 'c'], instanceType: 'kafka.m5.large' },
    });
    new msk.CfnTopic(topics, 'Topic', {
      clusterArn: owned.attrArn,
      topicName: 'paid',
      partitionCount: 1,
      replicationFactor: 3,
    });
    const templates = Object.fromEntries(cdk.synth().stacks.map((stack) => [stack.stackName, stack.template]));
    const facts = Facts.fromTemplates(templates);
    expect(facts.resource('Topics', 'Topic')?.target('ClusterArn')?.read('KafkaVersion')).toBe('3.5.1');
  });

  test('hold a single L1 with its overrides, and unknowns where tokens are unresolved', () => {
    const stack = new Stack(app(), 'Stack');
    const size = new CfnParameter(stack, 'Size');
    new CfnCondition(stack, 'Production', { expression: Fn.conditionEquals(size, 'prod') });
    const cfn = new msk.CfnCluster(stack, 'Cluster', {
      clusterName: Fn.conditionIf('Production', 'a', 'b').toString(),
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: Token.asNumber({ Ref: 'Brokers' }),
      brokerNodeGroupInfo: { clientSubnets: ['a', 'b'], instanceType: size.valueAsString },
    });
    cfn.addPropertyOverride('KafkaVersion', '3.8.x');
    const [fact] = Facts.fromTemplates({ Stack: stack.resolve(cfn._toCloudFormation()) }).all;
    expect(['ClusterName', 'KafkaVersion', 'NumberOfBrokerNodes'].map((path) => fact.read(path))).toEqual([
      UNKNOWN,
      '3.8.x',
      UNKNOWN,
    ]);
    expect(fact.read('BrokerNodeGroupInfo')).toEqual({ ClientSubnets: ['a', 'b'], InstanceType: UNKNOWN });
  });
});
