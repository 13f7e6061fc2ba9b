import {
  CreateClassificationJobCommand,
  DescribeClassificationJobCommand,
  ListClassificationJobsCommand,
  Macie2Client,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClassificationJobCommand,
} from '@aws-sdk/client-macie2';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { classificationJob } from './job';

const macie = new Macie2Client(clientSettings);

export const handler = customResourceHandler(
  classificationJob(
    {
      create: (input) => macie.send(new CreateClassificationJobCommand(input)),
      describe: (jobId) => macie.send(new DescribeClassificationJobCommand({ jobId })),
      list: (input) => macie.send(new ListClassificationJobsCommand(input)),
      cancel: (jobId) => macie.send(new UpdateClassificationJobCommand({ jobId, jobStatus: 'CANCELLED' })),
      tag: (resourceArn, tags) => macie.send(new TagResourceCommand({ resourceArn, tags })),
      untag: (resourceArn, tagKeys) => macie.send(new UntagResourceCommand({ resourceArn, tagKeys })),
    },
    systemClock,
  ),
);
