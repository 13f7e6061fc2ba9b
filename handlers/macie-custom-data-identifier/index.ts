import {
  CreateCustomDataIdentifierCommand,
  DeleteCustomDataIdentifierCommand,
  GetCustomDataIdentifierCommand,
  ListCustomDataIdentifiersCommand,
  Macie2Client,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-macie2';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { customDataIdentifier } from './identifier';

const macie = new Macie2Client(clientSettings);

export const handler = customResourceHandler(
  customDataIdentifier(
    {
      create: (input) => macie.send(new CreateCustomDataIdentifierCommand(input)),
      read: (id) => macie.send(new GetCustomDataIdentifierCommand({ id })),
      list: (nextToken) => macie.send(new ListCustomDataIdentifiersCommand({ nextToken })),
      delete: (id) => macie.send(new DeleteCustomDataIdentifierCommand({ id })),
      tag: (resourceArn, tags) => macie.send(new TagResourceCommand({ resourceArn, tags })),
      untag: (resourceArn, tagKeys) => macie.send(new UntagResourceCommand({ resourceArn, tagKeys })),
    },
    systemClock,
  ),
);
