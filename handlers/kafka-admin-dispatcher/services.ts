import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AdminAnswer, AdminRequest } from '../kafka-admin/request';
import { isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';

/** The two services that the dispatcher calls. */
export interface Services {
  invoke(functionName: string, request: AdminRequest): Promise<AdminAnswer>;
  /** For example `UPDATE_ROLLBACK_IN_PROGRESS`. */
  stackStatus(stackId: string): Promise<string>;
}

/** More than the function may take. */
const ANSWERS_WITHIN_MS = 280_000;

const cloudFormation = new CloudFormationClient(clientSettings);
const lambda = new LambdaClient({
  ...clientSettings,
  requestHandler: { ...clientSettings.requestHandler, requestTimeout: ANSWERS_WITHIN_MS },
});

export const services: Services = {
  async invoke(FunctionName, request) {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
    );
    const answer: unknown = JSON.parse(Payload!.transformToString());
    if (FunctionError === undefined) return answer as AdminAnswer;
    const { errorType, errorMessage } = answer as Record<string, string | undefined>;
    throw Object.assign(new Error([errorType, errorMessage].filter(Boolean).join(': ')), { name: 'FunctionError' });
  },

  async stackStatus(StackName) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0]?.StackStatus ?? '';
  },
};

/** What passes: trouble of the service, and a function that is still being made, or whose policy is. */
export function isWorthWaiting(error: AwsError): boolean {
  return /^(AccessDenied|ResourceConflict|ResourceNotReady|ENI|EC2)/.test(error.name) || isTransient(error);
}
