import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { jobLog } from './job-log';

const logs = new CloudWatchLogsClient(clientSettings);

export const handler = customResourceHandler(
  jobLog(
    {
      create: (logGroupName) => logs.send(new CreateLogGroupCommand({ logGroupName })),
      retain: (logGroupName, retentionInDays) =>
        logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays })),
    },
    systemClock,
  ),
);
