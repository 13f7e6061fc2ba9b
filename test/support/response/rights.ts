import type { WireCall } from './wire';

const TRANSACTION = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

const JOBS = 'arn:aws:macie2:eu-west-1:123456789012:classification-job/*';
const MACIE: Record<string, { action: string; resource: string }> = {
  'POST jobs': { action: 'macie2:CreateClassificationJob', resource: JOBS },
  'POST jobs/list': { action: 'macie2:ListClassificationJobs', resource: '*' },
  'GET jobs': { action: 'macie2:DescribeClassificationJob', resource: JOBS },
};

/** What a call needs, as IAM names it; Amazon S3 says so itself. Tables are named as the test resolves them. */
export function rightsOf({ service, operation }: WireCall, body: string): { action: string; resource: string }[] {
  switch (service) {
    case 'dynamodb': {
      const input = JSON.parse(body);
      const arn = (table: string) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}`;
      if (operation === 'TransactWriteItems') {
        return input.TransactItems.map((item: any) => {
          const [kind, { TableName }] = Object.entries<any>(item)[0];
          return { action: `dynamodb:${TRANSACTION[kind as 'Put']}`, resource: arn(TableName) };
        });
      }
      const index = input.IndexName ? `/index/${input.IndexName}` : '';
      return [{ action: `dynamodb:${operation}`, resource: arn(input.TableName) + index }];
    }
    case 'states':
      return [{ action: `states:${operation}`, resource: JSON.parse(body).stateMachineArn ?? '*' }];
    case 'sns':
      return [{ action: `sns:${operation}`, resource: new URLSearchParams(body).get('TopicArn')! }];
    case 'sts':
      return [{ action: `sts:${operation}`, resource: new URLSearchParams(body).get('RoleArn')! }];
    case 'sqs': {
      const queue = String(JSON.parse(body).QueueUrl).split('/').pop();
      return [
        { action: `sqs:${operation.replace('Batch', '')}`, resource: `arn:aws:sqs:eu-west-1:123456789012:${queue}` },
      ];
    }
    case 'securityhub':
      return [
        {
          action: `securityhub:${operation.startsWith('PATCH') ? 'BatchUpdateFindings' : 'GetFindings'}`,
          resource: 'arn:aws:securityhub:eu-west-1:123456789012:hub/default',
        },
      ];
    case 'macie2':
      return [MACIE[operation] ?? { action: 'macie2:GetFindings', resource: '*' }];
    default:
      return [];
  }
}
