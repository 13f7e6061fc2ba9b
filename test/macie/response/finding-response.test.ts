import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BucketSelection,
  ClassificationJob,
  JobChange,
  FindingCategory,
  FindingResponse,
  HeldReason,
  FindingScope,
  MacieSession,
  MemberResponseRole,
  QuarantineBucket,
  ResponseAction,
  ResponseHub,
  ResponseMode,
  ResponseStep,
} from '../../../lib/macie';
import type { FindingResponseProps } from '../../../lib/macie';
import { PLACE, ResponseStack } from './scenario';

const steps = [ResponseStep.restrict()];

function response(props: Partial<FindingResponseProps>, stack = new ResponseStack()) {
  return new FindingResponse(stack, 'Response', { hub: stack.hub, buckets: [stack.data], steps, ...props });
}

test('[S-24] in a dry run, the default, no bucket policy is written and no step may change anything', () => {
  const { stateMachine } = response({});
  const template = Template.fromStack(Stack.of(stateMachine));
  template.resourceCountIs('AWS::S3::BucketPolicy', 0);
  const actions = Object.values<any>(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action),
  );
  expect(actions.filter((action: string) => /^s3:(Put|Delete|Abort)/.test(action))).toEqual([]);
  expect(actions).toContain('s3:GetObjectTagging');
});

test('[177] in earnest, the policy of the bucket denies reading and guards the tag', () => {
  const { stateMachine } = response({ mode: ResponseMode.ENFORCE });
  Template.fromStack(Stack.of(stateMachine)).hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: ['s3:GetObject', 's3:PutObjectTagging'].map((action) =>
        Match.objectLike({
          Effect: 'Deny',
          Action: Match.arrayWith([action]),
          Principal: { AWS: '*' },
          Condition: Match.objectLike({ StringEquals: { 's3:ExistingObjectTag/macie-response:restricted': 'true' } }),
        }),
      ),
    },
  });
});

test.each<[string, Partial<FindingResponseProps>, RegExp]>([
  ['nothing to do', { steps: [] }, /no step does anything/],
  ['nothing after an approval', { steps: [...steps, ResponseStep.approval()] }, /nothing comes after the approval/],
  ['objects and buckets', { steps: [...steps, ResponseStep.blockPublicAccess()] }, /make two responses/],
  ['a step twice', { steps: [...steps, ...steps] }, /RESTRICT is there twice/],
  ['findings about buckets', { categories: [FindingCategory.POLICY] }, /categories has POLICY/],
  ['no bucket', { buckets: undefined }, /name them/],
  ['another account', { accounts: ['999999999999'] }, /MEMBER_ACCOUNTS/],
  ['members without names', { scope: FindingScope.MEMBER_ACCOUNTS }, /needs accounts/],
])('[S-24] %s is refused', (_, props, message) => {
  expect(() => response(props)).toThrow(message);
});

test('[S-26] the role of a member is assumed by the roles of that action only', () => {
  const stack = new Stack(new App(), 'Member', { env: { account: '999999999999', region: 'eu-west-1' } });
  const data = new s3.Bucket(stack, 'Data');
  const action = ResponseAction.RESTRICT;
  new MemberResponseRole(stack, 'Restrict', { hubAccount: PLACE.account, action, buckets: [data] });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::IAM::Role', {
    RoleName: 'macie-response-restrict-member-eu-west-1',
    AssumeRolePolicyDocument: {
      Statement: [
        Match.objectLike({
          Condition: {
            ArnLike: {
              'aws:PrincipalArn': {
                'Fn::Join': [
                  '',
                  ['arn:', { Ref: 'AWS::Partition' }, `:iam::${PLACE.account}:role/macie-response-restrict-*`],
                ],
              },
            },
          },
        }),
      ],
    },
  });
  template.resourceCountIs('AWS::S3::BucketPolicy', 1);
});

test('[S-24] what is quarantined is left out of jobs, encrypted, versioned and retained', () => {
  const stack = new ResponseStack();
  new QuarantineBucket(stack, 'Quarantine');
  const session = new MacieSession(stack, 'Macie');
  new ClassificationJob(stack, 'Job', {
    session,
    jobName: 'all',
    buckets: BucketSelection.all(),
    onDefinitionChange: JobChange.RESCAN,
  });
  const template = Template.fromStack(stack);
  const [[id]] = Object.entries(template.findResources('AWS::S3::Bucket', { DeletionPolicy: 'RetainExceptOnCreate' }));
  const [{ Properties }] = Object.values<any>(template.findResources('Custom::MacieClassificationJob'));
  expect(JSON.stringify(Properties)).toContain(`{"Ref":"${id}"}`);
});

test('[183] [188] a hub is one of its kind, its ledger is kept, and its budget is a number', () => {
  const stack = new ResponseStack();
  expect(() => new ResponseHub(stack, 'Second')).toThrow(/MACIE-RESPONSE-HUB/);
  const app = new App();
  expect(() => new ResponseHub(new Stack(app, 'Odd'), 'Hub', { maxActionsPerBucket: 0 })).toThrow(/above 0/);
  const template = Template.fromStack(stack);
  for (const table of Object.values<any>(template.findResources('AWS::DynamoDB::Table'))) {
    expect(table).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  }
  const { dimensions, metricName } = stack.hub.metricHeld(HeldReason.ACCOUNT_BUDGET);
  expect([metricName, dimensions]).toEqual(['Held', { Hub: stack.hub.queue.queueName, Reason: 'ACCOUNT' }]);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'Held',
    Period: 60,
    TreatMissingData: 'ignore',
  });
  template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' });
});

test('[S-24] responses of other stacks share the hub, by reference and by import', () => {
  const stack = new ResponseStack();
  const app = stack.node.root as App;
  const other = new Stack(app, 'Other', { env: PLACE });
  new FindingResponse(other, 'Near', { hub: stack.hub, bucketNames: ['a'], steps });
  const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${PLACE.account}:${resource}`;
  const hub = ResponseHub.fromResponseHubAttributes(other, 'Hub', {
    queueArn: arn('sqs', 'queue'),
    claimsTableArn: arn('dynamodb', 'table/claims'),
    ledgerTableArn: arn('dynamodb', 'table/ledger'),
    dispatcherRoleArn: `arn:aws:iam::${PLACE.account}:role/dispatcher`,
    operatorRoleArn: `arn:aws:iam::${PLACE.account}:role/operator`,
    messengerFunctionArn: arn('lambda', 'function:messenger'),
  });
  new FindingResponse(other, 'Far', { hub, bucketNames: ['a'], steps });
  app.synth();
  const template = Template.fromStack(other);
  template.hasResourceProperties('AWS::Events::Rule', { Targets: [Match.objectLike({ Arn: arn('sqs', 'queue') })] });
  template.hasResourceProperties('AWS::IAM::Policy', { Roles: ['dispatcher'] });
});
