import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeClusterV2Command,
  KafkaClient,
  ListClusterOperationsCommand,
  UpdateConnectivityCommand,
} from '@aws-sdk/client-kafka';
import type { ClusterOperationInfo } from '@aws-sdk/client-kafka';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import type { AwsError } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { clusterSettings, look } from './operations';
import type { Look, Properties, Run, Services } from './operations';

const kafka = new KafkaClient(clientSettings);
const cloudFormation = new CloudFormationClient(clientSettings);
const stepFunctions = new SFNClient(clientSettings);

const services: Services = {
  cluster: async (ClusterArn) => {
    const found = await unless('NotFoundException', kafka.send(new DescribeClusterV2Command({ ClusterArn })));
    return found?.ClusterInfo;
  },

  updateConnectivity: async (ClusterArn, CurrentVersion, ConnectivityInfo) => {
    const command = new UpdateConnectivityCommand({ ClusterArn, CurrentVersion, ConnectivityInfo });
    return (await kafka.send(command)).ClusterOperationArn;
  },

  // The one call that describes an operation can not be limited to a cluster.
  operation: async (ClusterArn, operationArn) => {
    let NextToken: string | undefined;
    do {
      const page = await kafka.send(new ListClusterOperationsCommand({ ClusterArn, NextToken }));
      const found: ClusterOperationInfo | undefined = page.ClusterOperationInfoList?.find(
        ({ OperationArn }) => OperationArn === operationArn,
      );
      if (found) return found;
      NextToken = page.NextToken;
    } while (NextToken);
    return undefined;
  },

  waitHandle: async (StackName, LogicalResourceId) => {
    const command = new DescribeStackResourceCommand({ StackName, LogicalResourceId });
    // CloudFormation says ValidationError of a resource that is not there.
    const found = (await unless('ValidationError', cloudFormation.send(command)))?.StackResourceDetail;
    return found?.ResourceStatus?.startsWith('DELETE') ? undefined : found?.PhysicalResourceId;
  },

  start: async (stateMachineArn, name, input) => {
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    await unless('ExecutionAlreadyExists', stepFunctions.send(command));
  },

  // The presigned URL wants an empty content type; it must not be in any message.
  signal: async (url, body) => {
    const signal = AbortSignal.timeout(10_000);
    const { ok, status } = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' }, signal }).catch(
      () => ({ ok: false, status: 'no answer' }),
    );
    if (!ok) throw new Error(`CloudFormation did not take the signal: ${status}`);
  },
};

const startSettings = customResourceHandler<Properties>(clusterSettings(services, systemClock));

type Event = CloudFormationCustomResourceEvent<Properties> | Run;

/** Called by CloudFormation to begin, and by the state machine to go on. */
export const handler = (event: Event, context: Context): Promise<Look | void> =>
  'RequestType' in event ? startSettings(event, context) : look(event, services, systemClock);

/** The answer; undefined where the service answers with this error. */
async function unless<T>(errorName: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if ((error as AwsError).name === errorName) return undefined;
    throw error;
  }
}
