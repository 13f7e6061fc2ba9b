import {
  DescribeApplicationCommand,
  KinesisAnalyticsV2Client,
  StartApplicationCommand,
  StopApplicationCommand,
} from '@aws-sdk/client-kinesis-analytics-v2';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { flinkApplicationState } from './state';

const service = new KinesisAnalyticsV2Client(clientSettings);

export const handler = customResourceHandler(
  flinkApplicationState(
    {
      status: async (ApplicationName) => {
        const { ApplicationDetail: detail } = await service.send(new DescribeApplicationCommand({ ApplicationName }));
        return detail?.ApplicationStatus;
      },
      start: (ApplicationName, { fromSnapshot, allowNonRestoredState }) =>
        service.send(
          new StartApplicationCommand({
            ApplicationName,
            RunConfiguration: {
              ApplicationRestoreConfiguration: {
                ApplicationRestoreType: fromSnapshot ? 'RESTORE_FROM_LATEST_SNAPSHOT' : 'SKIP_RESTORE_FROM_SNAPSHOT',
              },
              FlinkRunConfiguration: { AllowNonRestoredState: allowNonRestoredState },
            },
          }),
        ),
      stop: (ApplicationName, Force) => service.send(new StopApplicationCommand({ ApplicationName, Force })),
    },
    systemClock,
  ),
);
