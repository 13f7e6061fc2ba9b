import { CfnParameter, RemovalPolicy } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { KafkaSchema, KafkaSchemaRegistry, SchemaCompatibility, SchemaDataFormat } from '../../lib/topic';
import type { IKafkaSchemaRegistry, KafkaSchemaProps } from '../../lib/topic';
import {
  app,
  countsOf,
  idsOf,
  keepReportsQuiet,
  onlyOne,
  resourcesOf,
  retainedOnDeletable,
  stack,
  textOf,
  warningsOf,
} from '../support/fixtures';
import { nagFindings } from '../support/nag';

keepReportsQuiet();

const REGISTRY = 'AWS::Glue::Registry';
const SCHEMA = 'AWS::Glue::Schema';
const VERSION = 'AWS::Glue::SchemaVersion';
const REGISTRY_ARN = 'arn:aws-cn:glue:cn-north-1:123456789012:registry/sales';
const SCHEMA_ARN = 'arn:aws-cn:glue:cn-north-1:123456789012:schema/sales/paid';
const PAID = JSON.stringify({ type: 'record', name: 'Paid', fields: [{ name: 'id', type: 'string' }] });

function schema(of: Stack, registry: IKafkaSchemaRegistry, props: Partial<KafkaSchemaProps> = {}, id = 'Paid') {
  return new KafkaSchema(of, id, {
    registry,
    schemaName: 'paid',
    dataFormat: SchemaDataFormat.AVRO,
    definition: PAID,
    ...props,
  });
}

function role(of: Stack, id = 'Role'): iam.Role {
  return new iam.Role(of, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

/** What the one policy of a stack allows. */
function allowed(of: Stack): unknown {
  return onlyOne(of, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement.map(({ Action, Resource }: any) => [
    [Action].flat(),
    [Resource].flat().map((each: any) => textOf(each)),
  ]);
}

describe('a registry with a schema', () => {
  const of = stack();
  const registry = new KafkaSchemaRegistry(of, 'Registry', { description: 'Records of sales' });
  const paid = schema(of, registry);
  const second = paid.addVersion('V2', '{}');
  paid.addVersion('V3', '{"type":"record"}');
  const template = Template.fromStack(of);
  const [registryId] = idsOf(template, REGISTRY);
  const [schemaId] = idsOf(template, SCHEMA);

  test('[90] is a registry of a unique name, kept when the stack goes', () => {
    expect(onlyOne(template, REGISTRY)).toEqual({
      Type: REGISTRY,
      Properties: { Name: expect.stringMatching(/^Stack-Registry-[A-F0-9]{8}$/), Description: 'Records of sales' },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(of.resolve(registry.registryName)).toBe(onlyOne(template, REGISTRY).Properties.Name);
  });

  test('[90] is a schema that keeps what the next version may not break', () => {
    expect(onlyOne(template, SCHEMA)).toEqual({
      Type: SCHEMA,
      Properties: {
        Registry: { Arn: { 'Fn::GetAtt': [registryId, 'Arn'] } },
        Name: 'paid',
        DataFormat: 'AVRO',
        Compatibility: 'BACKWARD',
        SchemaDefinition: PAID,
      },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('[90] registers further versions one after the other', () => {
    const [first, next] = idsOf(template, VERSION);
    const resources = resourcesOf(template);
    expect(resources[first]).toMatchObject({
      Properties: { Schema: { SchemaArn: { 'Fn::GetAtt': [schemaId, 'Arn'] } }, SchemaDefinition: '{}' },
      DeletionPolicy: 'RetainExceptOnCreate',
      DependsOn: [schemaId],
    });
    expect(resources[next].DependsOn).toEqual([first]);
    expect(of.resolve(second)).toEqual({ 'Fn::GetAtt': [first, 'VersionId'] });
  });

  test('[B-08] has no finding of cdk-nag, no warning, and nothing retained on what goes', () => {
    expect(nagFindings(of)).toEqual([]);
    expect(warningsOf(of)).toEqual([]);
    expect(retainedOnDeletable(template)).toEqual([]);
  });
});

describe('grants', () => {
  const cases: [string, (of: Stack, grantee: IGrantable) => iam.Grant, string[]][] = [
    [
      'a deserializer to fetch versions of all schemas',
      (of, grantee) => KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY_ARN).grants.read(grantee),
      ['glue:GetSchemaVersion'],
    ],
    [
      'a serializer to find the versions that are there',
      (of, grantee) => KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY_ARN).grants.write(grantee),
      ['glue:GetSchemaByDefinition'],
    ],
    [
      'a serializer to register schemas itself',
      (of, grantee) => KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY_ARN).grants.register(grantee),
      [
        'glue:CreateSchema',
        'glue:GetSchemaByDefinition',
        'glue:GetSchemaVersion',
        'glue:PutSchemaVersionMetadata',
        'glue:RegisterSchemaVersion',
      ],
    ],
  ];

  test.each(cases)('[91] let %s', (_title, grant, actions) => {
    const of = stack();
    expect(grant(of, role(of)).success).toBe(true);
    expect(allowed(of)).toEqual([[actions, [REGISTRY_ARN, 'arn:aws-cn:glue:cn-north-1:123456789012:schema/sales/*']]]);
  });

  test('[91] on one schema reach no other', () => {
    const of = stack();
    KafkaSchema.fromSchemaArn(of, 'Paid', SCHEMA_ARN).grants.read(role(of));
    expect(allowed(of)).toEqual([[['glue:GetSchemaVersion'], [REGISTRY_ARN, SCHEMA_ARN]]]);
  });

  test('[91] on a registry of another stack make the reader wait for it, not the other way round', () => {
    const both = app();
    const [owner, reader] = [stack({ app: both, id: 'Owner' }), stack({ app: both, id: 'Reader' })];
    new KafkaSchemaRegistry(owner, 'Registry').grants.read(role(reader));
    both.synth();
    expect([owner.dependencies, reader.dependencies]).toEqual([[], [owner]]);
    expect(countsOf(owner)).toEqual({ [REGISTRY]: 1 });
  });

  test('[91] that can not land say what to add', () => {
    const of = stack();
    const foreign = iam.Role.fromRoleArn(of, 'Foreign', 'arn:aws:iam::210987654321:role/reader', { mutable: false });
    const grant = KafkaSchemaRegistry.fromRegistryArn(of, 'Registry', REGISTRY_ARN).grants.read(foreign);
    expect(grant.success).toBe(false);
    expect(warningsOf(of).join()).toMatch(/glue:GetSchemaVersion.*\[ack: cdk-msk-macie:MSK-GRANT-NOT-ADDED\]/);
  });
});

test('[90] two registries and schemas of a stack have names and policies of their own', () => {
  const of = stack();
  const [one, two] = ['One', 'Two'].map((id) => new KafkaSchemaRegistry(of, id));
  schema(of, one, {}, 'First').grants.read(role(of));
  schema(of, two, {}, 'Second').grants.read(role(of, 'Other'));
  expect(countsOf(of)).toMatchObject({ [REGISTRY]: 2, [SCHEMA]: 2, 'AWS::IAM::Policy': 2 });
  expect(of.resolve(one.registryName)).not.toBe(of.resolve(two.registryName));
});

test('[90] imports know their names and registry, whatever the partition', () => {
  const of = stack();
  const paid = KafkaSchema.fromSchemaArn(of, 'Paid', SCHEMA_ARN);
  const named = KafkaSchemaRegistry.fromRegistryName(of, 'Named', 'sales');
  expect([paid.schemaName, paid.registry.registryName, of.resolve(paid.registry.registryArn)]).toEqual([
    'paid',
    'sales',
    REGISTRY_ARN,
  ]);
  expect(textOf(of.resolve(named.registryArn))).toBe(
    'arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:registry/sales',
  );
  expect(countsOf(of)).toEqual({});
});

test('[90] names are checked, unless nobody knows them yet', () => {
  const of = stack();
  const parameter = new CfnParameter(of, 'Name').valueAsString;
  expect(() => new KafkaSchemaRegistry(of, 'Bad', { registryName: 'with space' })).toThrow(
    /SchemaRegistryName.*'with space'/,
  );
  expect(() => schema(of, new KafkaSchemaRegistry(of, 'Good'), { schemaName: '' })).toThrow('SchemaRegistryName');
  schema(of, new KafkaSchemaRegistry(of, 'Later', { registryName: parameter }), { schemaName: parameter }, 'Unknown');
});

test('[90] a schema goes with its registry when that is said', () => {
  const of = stack();
  const registry = new KafkaSchemaRegistry(of, 'Registry', { removalPolicy: RemovalPolicy.DESTROY });
  schema(of, registry, { compatibility: SchemaCompatibility.FULL_ALL });
  expect(onlyOne(of, SCHEMA)).toMatchObject({ DeletionPolicy: 'Delete', Properties: { Compatibility: 'FULL_ALL' } });
});
