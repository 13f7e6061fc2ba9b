import {
  EnableMacieCommand,
  GetMacieSessionCommand,
  Macie2Client,
  UpdateMacieSessionCommand,
} from '@aws-sdk/client-macie2';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { macieSession } from './session';

const macie = new Macie2Client(clientSettings);

export const handler = customResourceHandler(
  macieSession(
    {
      read: () => macie.send(new GetMacieSessionCommand({})),
      enable: (input) => macie.send(new EnableMacieCommand(input)),
      update: (input) => macie.send(new UpdateMacieSessionCommand(input)),
    },
    systemClock,
  ),
);
