import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketSelection, MacieSession } from '../../lib/macie';
import { keepReportsQuiet, warningsOf } from '../support/fixtures';
import { classificationJob } from './scan-job';

const MACIE = 'arn:aws:iam::111111111111:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie';

const PLACE = { account: '111111111111', region: 'eu-west-1' };

let app: App;
let stack: Stack;
keepReportsQuiet();
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Security', { env: PLACE });
});

function warningsFor(...buckets: s3.IBucketRef[]): string[] {
  classificationJob(stack, { buckets: BucketSelection.named({ buckets }) });
  app.synth();
  return warningsOf(stack).flatMap((warning) => /MACIE-READ-\w+/.exec(warning) ?? []);
}

function encrypted(id: string, encryptionKey?: kms.IKey): s3.Bucket {
  return new s3.Bucket(stack, id, { encryption: s3.BucketEncryption.KMS, encryptionKey });
}

describe('[178] the key of a bucket that a job names', () => {
  test('has to let Macie decrypt, as the account as a whole does not', () => {
    expect(warningsFor(encrypted('One'), encrypted('Two'))).toEqual(['MACIE-READ-KEY', 'MACIE-READ-KEY']);
  });

  test.each([
    ['MacieSession', () => new MacieSession(stack, 'Macie')],
    ['the session of the account', () => MacieSession.fromAccount(stack, 'Macie')],
  ])('lets it in through %s, by a condition, as its role may not exist yet', (_, session) => {
    const bucket = encrypted('Orders');
    session().admitTo(bucket);
    expect(warningsFor(bucket)).toEqual([]);
    Template.fromStack(stack).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { AWS: '*' },
            Action: 'kms:Decrypt',
            Resource: '*',
            Condition: {
              StringEquals: {
                'aws:PrincipalArn': {
                  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, MACIE.replace('arn:aws', '')]],
                },
              },
            },
          },
        ]),
      },
    });
  });

  test('may name the role in its own words, and may be in another stack', () => {
    const key = new kms.Key(new Stack(app, 'Keys', { env: PLACE }), 'Key');
    key.addToResourcePolicy(
      new iam.PolicyStatement({ principals: [new iam.ArnPrincipal(MACIE)], actions: ['kms:Dec*'], resources: ['*'] }),
    );
    expect(warningsFor(encrypted('Orders', key))).toEqual([]);
  });

  test('is not judged by a statement about something else', () => {
    const key = new kms.Key(stack, 'Key');
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ArnPrincipal(MACIE)],
        actions: ['kms:Encrypt'],
        resources: ['*'],
      }),
    );
    expect(warningsFor(encrypted('Orders', key))).toEqual(['MACIE-READ-KEY']);
  });

  test('is taken as it is where it or its bucket is not of this app', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/of-others');
    expect(
      warningsFor(
        encrypted('Orders', key),
        s3.Bucket.fromBucketName(stack, 'Other', 'other'),
        new s3.Bucket(stack, 'Own'),
      ),
    ).toEqual([]);
  });

  test('of others is warned of by what to add to it', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/of-others');
    MacieSession.fromAccount(stack, 'Macie').admitTo(encrypted('Orders', key));
    app.synth();
    expect(warningsOf(stack)).toEqual([expect.stringMatching(/add to it: .*kms:Decrypt.*MACIE-RESOURCE-POLICY/)]);
  });
});

describe('[178] a policy that denies reading', () => {
  const denied = (options: Partial<iam.PolicyStatementProps> = {}) => {
    const bucket = new s3.Bucket(stack, 'Orders', { enforceSSL: true });
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:*'],
        resources: [bucket.arnForObjects('*')],
        ...options,
      }),
    );
    return warningsFor(bucket);
  };
  const elsewhere = { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } };

  test.each<[string, Partial<iam.PolicyStatementProps>]>([
    ['to all', {}],
    ['from outside of an endpoint', { actions: ['s3:Get*'], conditions: elsewhere }],
    [
      'from other networks',
      { actions: ['s3:ListBucket'], conditions: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    ],
    [
      'to whoever is not on a list',
      { conditions: { ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::111111111111:role/app'] } } },
    ],
  ])('%s is warned of', (_, options) => {
    expect(denied(options)).toEqual(['MACIE-READ-DENIED']);
  });

  test.each<[string, Partial<iam.PolicyStatementProps>]>([
    ['leaves out the role', { conditions: { ...elsewhere, ArnNotEquals: { 'aws:PrincipalArn': MACIE } } }],
    [
      'leaves out roles of services',
      { conditions: { ArnNotLike: { 'aws:PrincipalArn': '*:role/aws-service-role/*' } } },
    ],
    ['is about writing', { actions: ['s3:PutObject'], conditions: elsewhere }],
    ['is about somebody else', { principals: [new iam.ArnPrincipal('arn:aws:iam::111111111111:role/app')] }],
    ['is about some objects', { conditions: { StringEquals: { 's3:ExistingObjectTag/secret': 'true' } } }],
    ['allows', { effect: iam.Effect.ALLOW, principals: [new iam.AccountRootPrincipal()] }],
  ])('is all right where it %s', (_, options) => {
    expect(denied(options)).toEqual([]);
  });
});
