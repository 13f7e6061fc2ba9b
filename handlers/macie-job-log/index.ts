import { callAws, SERVICES } from '../shared/aws-call';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { jobLog } from './job-log';

export const handler = customResourceHandler(
  jobLog((operation, input) => callAws(SERVICES.logs, operation, input), systemClock),
);
