import { runSimulation } from '@cloud-copilot/iam-simulate';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DiscoveryResultsExport, ManagedIdentifierSelection, UnreadableUploads, UploadGate } from '../../../lib/macie';
import { resourcesOf } from '../../support/kafka/template';
import type { Right } from '../../support/s3-model';
import { GateScenario, GateStack, STATE } from './scenario';

jest.setTimeout(300_000);

const ACCOUNT = '123456789012';
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

describe('[200] the policy of a gated bucket', () => {
  const stack = new GateStack({ keyPrefixes: ['in/'] });
  const reviewer = iam.Role.fromRoleArn(stack, 'Reviewer', roleArn('reviewer'));
  const gated = new GateStack({ keyPrefixes: ['in/'], reviewers: [reviewer] });
  const template = Template.fromStack(gated).toJSON();
  const resources: any[] = Object.values(
    JSON.parse(JSON.stringify(template.Resources).replace(/\{"Ref":"AWS::Partition"\}/g, '"aws"')),
  );
  const plain = (value: any): any => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    if (value['Fn::Join']) return value['Fn::Join'][1].map(plain).join('');
    if (value['Fn::GetAtt']) return 'arn:aws:s3:::data';
    if (value.Ref) return 'data';
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  };
  const { Properties } = resources.find(
    (one) => one.Type === 'AWS::S3::BucketPolicy' && one.Properties.Bucket.Ref?.startsWith('Data'),
  );
  const document = plain(Properties.PolicyDocument);
  const roleOf = (stage: string) =>
    roleArn(
      Object.values<any>(template.Resources)
        .map((one) => one.Properties?.RoleName)
        .find((name) => typeof name === 'string' && name.startsWith(`macie-gate-${stage}`)),
    );
  const MACIE = roleArn('aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie');

  async function isAllowed(
    action: string,
    principal: string,
    {
      existing,
      requested,
      copied,
      key = 'in/a',
    }: { existing?: string; requested?: string; copied?: string; key?: string } = {},
  ): Promise<boolean> {
    const answer = await runSimulation(
      {
        request: {
          principal,
          action,
          resource: { resource: `arn:aws:s3:::data/${key}`, accountId: ACCOUNT },
          contextVariables: {
            'aws:PrincipalArn': principal,
            ...(existing === undefined ? {} : { [`s3:ExistingObjectTag/${STATE}`]: existing }),
            ...(requested === undefined ? {} : { [`s3:RequestObjectTag/${STATE}`]: requested }),
            ...(copied === undefined ? {} : { 's3:x-amz-copy-source': copied }),
          },
        },
        identityPolicies: [
          {
            name: 'all',
            policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] },
          },
        ],
        resourcePolicy: document,
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      } as any,
      {},
    );
    if (answer.resultType !== 'single') throw new Error(JSON.stringify(answer));
    return answer.overallResult === 'Allowed';
  }

  const anybody = roleArn('app');
  const released = 'released-0123';
  test.each<[string, boolean, Parameters<typeof isAllowed>]>([
    ['nobody reads what has no tag', false, ['s3:GetObject', anybody]],
    ['nor what is held', false, ['s3:GetObject', anybody, { existing: 'held-0123' }]],
    ['nor a version that is being scanned', false, ['s3:GetObjectVersion', anybody, { existing: 'scan-0123' }]],
    ['everybody with the right reads what is released', true, ['s3:GetObject', anybody, { existing: released }]],
    ['objects elsewhere are not the business of the gate', true, ['s3:GetObject', anybody, { key: 'out/a' }]],
    ['Macie reads all', true, ['s3:GetObject', MACIE]],
    ['reviewers read what is held', true, ['s3:GetObject', roleArn('reviewer'), { existing: 'held-0123' }]],
    ['nobody uploads a release along', false, ['s3:PutObject', anybody, { requested: released }]],
    ['everybody with the right uploads', true, ['s3:PutObject', anybody]],
    ['nobody brings tags by a copy', false, ['s3:PutObject', anybody, { copied: 'mine/a' }]],
    ['copies within the bucket go on', true, ['s3:PutObject', anybody, { copied: 'data/in/b' }]],
    ['nobody releases by tagging', false, ['s3:PutObjectTagging', anybody, { requested: released }]],
    ['nobody takes a mark away', false, ['s3:DeleteObjectTagging', anybody, { existing: 'held-0123' }]],
    ['nor writes over it', false, ['s3:PutObjectVersionTagging', anybody, { existing: released }]],
    ['everybody with the right tags what has no mark', true, ['s3:PutObjectTagging', anybody]],
    ['the collector marks', true, ['s3:PutObjectVersionTagging', roleOf('collect'), { requested: 'scan-0123' }]],
    ['and does not release', false, ['s3:PutObjectVersionTagging', roleOf('collect'), { requested: released }]],
    [
      'the releaser does',
      true,
      ['s3:PutObjectVersionTagging', roleOf('release'), { requested: released, existing: 'scan-1' }],
    ],
    ['the searcher does not', false, ['s3:PutObjectVersionTagging', roleOf('reconcile'), { requested: released }]],
    [
      'a response keeps a release',
      true,
      ['s3:PutObjectTagging', roleArn('macie-response-tag-1'), { requested: released, existing: released }],
    ],
    [
      'and gives none',
      false,
      ['s3:PutObjectTagging', roleArn('macie-response-tag-1'), { requested: released, existing: 'held-1' }],
    ],
  ])('%s', async (_, expected, question) => {
    expect(await isAllowed(...question)).toBe(expected);
  });
});

/** Uploads of all kinds through the gate, and how it ended: with which errors, and what became of each. */
async function play(scene: GateScenario): Promise<string> {
  const { world } = scene;
  const errors: string[] = [];
  const run = async (stage: Parameters<GateScenario['run']>[0]) => {
    const error = await scene.run(stage);
    if (error !== undefined) errors.push(stage);
  };
  const round = async () => {
    await run('Collect');
    scene.scan();
    await run('Release');
    world.ahead += 15 * 60_000;
  };
  scene.upload('a', 'clean');
  scene.upload('lost', 'card', { announced: false });
  scene.upload('silent', 'clean');
  scene.upload('forged', 'clean', { tags: { [STATE]: 'scan-of-nothing' } });
  scene.silentAbout.add('silent');
  scene.endings = ['CANCELLED'];
  // The collector dies after it has made a job, which the next one has to find.
  let dying: number | undefined;
  world.wire.fault = (_, { operation }) => {
    const isFirst = dying === undefined && operation === 'POST jobs';
    if (isFirst) dying = world.invocation;
    if (dying !== world.invocation) return undefined;
    return isFirst ? 'after' : 'before';
  };
  for (let i = 0; i < 16; i++) await round();
  await run('Reconcile');
  for (let i = 0; i < 8; i++) await round();
  scene.data.objects.delete('lost'); // what was held is gone
  await run('Reconcile');
  scene.data.versionsPerPage = 1;
  await run('Reconcile');
  const fates = ['a', 'silent', 'forged'].map((key) => scene.fate(key));
  const held = world.rows('GateTable').map(({ pk }) => pk);
  return JSON.stringify([errors, fates, held.sort(), scene.queue.messages.length]);
}

test('[200] each function has the rights that it uses, and without any of them it does not do its work', async () => {
  const scene = await GateScenario.of();
  const { world } = scene;
  const whole = await play(scene);
  const needed = [...world.needed];
  scene.reset();
  const again = await play(scene);

  const resolved = (value: unknown) => [world.resolve(value)].flat() as string[];
  const roles = [...world.functions.keys()].map((id) => world.roleOf(id)).filter((id) => id.startsWith('Gate'));
  const granted = resourcesOf(world.template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    Properties!.PolicyDocument.Statement.flatMap(({ Action, Resource }: any) =>
      roles
        .filter((role) => resolved(Properties!.Roles).includes(world.resolve({ Ref: role })))
        .flatMap((role) => [Action].flat().map((action: string) => ({ role, action, resources: resolved(Resource) }))),
    ),
  );
  const covers = ({ role, action, resources }: (typeof granted)[0], right: Right) =>
    role === right.principal &&
    action === right.action &&
    resources.some((pattern: string) =>
      pattern.endsWith('*') ? right.resource.startsWith(pattern.slice(0, -1)) : pattern === right.resource,
    );
  const ours = needed.filter(({ principal }) => roles.includes(principal));
  expect(ours.filter((right) => !granted.some((one) => covers(one, right)))).toEqual([]);
  expect(
    granted.filter((one) => !ours.some((right) => covers(one, right))).map(({ role, action }) => [role, action]),
  ).toEqual([]);
  expect(new Set(granted.map(({ role }) => role)).size).toBe(3);

  const idle: string[] = [];
  for (const one of granted) {
    scene.reset();
    world.deny((right) => covers(one, right));
    if ((await play(scene)) === whole) idle.push(`${one.role} ${one.action}`);
  }
  await world.stop();
  expect(again).toBe(whole);
  expect(idle).toEqual([]);
});

describe('[200] synthesis', () => {
  test('a bucket without versions is refused, with the reason', () => {
    const stack = new Stack(new App(), 'Stack');
    const bucket = new s3.Bucket(stack, 'Bucket');
    const resultsExport = new DiscoveryResultsExport(stack, 'Export');
    expect(() => new UploadGate(stack, 'Gate', { bucket, resultsExport })).toThrow(
      /MACIE-GATE-VERSIONS.*set versioned/,
    );
  });

  test.each<[string, object, RegExp]>([
    ['jobs', { maxJobsPerDay: 0 }, /maxJobsPerDay is 0/],
    ['objects', { maxObjectsPerBatch: 10_001 }, /maxObjectsPerBatch is 10001/],
    ['no prefix', { keyPrefixes: [] }, /keyPrefixes has 0/],
    ['a wildcard', { keyPrefixes: ['in/*'] }, /'in\/\*' in keyPrefixes/],
    ['half a minute', { interval: Duration.seconds(30) }, /interval is 30 seconds/],
    ['nothing to look for', { managedIdentifiers: ManagedIdentifierSelection.none() }, /needs customIdentifiers/],
  ])('limits: %s', (_, props, message) => {
    expect(() => new GateStack(props)).toThrow(message);
    expect(() => new GateStack(props)).toThrow(/MACIE-GATE-LIMITS/);
  });

  test('one gate for a bucket, several for several', () => {
    const stack = new GateStack();
    const resultsExport = stack.node.findChild('Export') as DiscoveryResultsExport;
    expect(() => new UploadGate(stack, 'Again', { bucket: stack.bucket, resultsExport })).toThrow(/MACIE-GATE-SINGLE/);
    new UploadGate(stack, 'Other', { bucket: new s3.Bucket(stack, 'More', { versioned: true }), resultsExport });
    expect(
      Object.keys(
        Template.fromStack(stack).findResources('AWS::Lambda::Function', {
          Properties: { Environment: Match.objectLike({ Variables: Match.objectLike({ STAGE: 'collect' }) }) },
        }),
      ),
    ).toHaveLength(2);
  });

  test('events of the bucket, of its prefixes alone, come by a queue; the bucket sends them', () => {
    const template = Template.fromStack(
      new GateStack({ keyPrefixes: ['in/', 'new/'], unreadable: UnreadableUploads.RELEASE }),
    );
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { object: { key: [{ prefix: 'in/' }, { prefix: 'new/' }] } },
      },
      Targets: [Match.objectLike({ InputPath: '$.detail', DeadLetterConfig: Match.anyValue() })],
    });
    template.resourcePropertiesCountIs('AWS::Events::Rule', { ScheduleExpression: 'rate(15 minutes)' }, 2);
    template.resourcePropertiesCountIs('AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)' }, 1);
    expect(JSON.stringify(template)).toContain('\\"releaseUnread\\":true');
  });

  test('notifications that the CDK writes go on beside, or are an error where they would turn the events off', () => {
    const early = new GateStack();
    early.bucket.addObjectCreatedNotification(new s3n.SqsDestination(new sqs.Queue(early, 'Later')));
    expect(() => Template.fromStack(early)).toThrow(/turn EventBridge off: set eventBridgeEnabled/);

    const stack = new Stack(new App(), 'Stack');
    const bucket = new s3.Bucket(stack, 'Bucket', { versioned: true, eventBridgeEnabled: true });
    new UploadGate(stack, 'Gate', { bucket, resultsExport: new DiscoveryResultsExport(stack, 'Export') });
    Template.fromStack(stack).hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    });
  });

  test('a bucket of another stack, with a key, closes no circle of stacks, and its key lets Macie in', () => {
    const app = new App();
    const data = new Stack(app, 'Data');
    const encryptionKey = new kms.Key(data, 'Key');
    const bucket = new s3.Bucket(data, 'Bucket', { versioned: true, encryptionKey });
    const stack = new Stack(app, 'Gate');
    const gate = new UploadGate(stack, 'Gate', { bucket, resultsExport: new DiscoveryResultsExport(stack, 'Export') });
    gate.createAgeAlarm('Age', Duration.hours(6));
    gate.createHeldAlarm('Held');
    gate.createFailureAlarm('Failed');
    app.synth();
    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 3);
    expect(JSON.stringify(Template.fromStack(data).findResources('AWS::KMS::Key'))).toContain(
      'AWSServiceRoleForAmazonMacie',
    );
    expect(JSON.stringify(Template.fromStack(data).findResources('AWS::S3::BucketPolicy'))).toContain('released-*');
  });
});
