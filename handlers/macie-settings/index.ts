import {
  GetAutomatedDiscoveryConfigurationCommand,
  GetClassificationExportConfigurationCommand,
  GetClassificationScopeCommand,
  GetFindingsPublicationConfigurationCommand,
  GetSensitivityInspectionTemplateCommand,
  Macie2Client,
  PutClassificationExportConfigurationCommand,
  PutFindingsPublicationConfigurationCommand,
  UpdateAutomatedDiscoveryConfigurationCommand,
  UpdateClassificationScopeCommand,
  UpdateSensitivityInspectionTemplateCommand,
} from '@aws-sdk/client-macie2';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import type { CustomResource } from '../shared/custom-resource';
import { automatedDiscovery } from './automated-discovery';
import { findingsPublication } from './findings-publication';
import { resultsExport } from './results-export';
import { settingResource } from './setting';
import type { Properties } from './setting';

const macie = new Macie2Client(clientSettings);

const resources: Record<string, CustomResource<Properties>> = {
  'Custom::MacieDiscoveryResultsExport': settingResource(
    resultsExport({
      read: () => macie.send(new GetClassificationExportConfigurationCommand({})),
      write: (configuration) => macie.send(new PutClassificationExportConfigurationCommand({ configuration })),
    }),
    systemClock,
  ),
  'Custom::MacieFindingsPublication': settingResource(
    findingsPublication({
      read: () => macie.send(new GetFindingsPublicationConfigurationCommand({})),
      write: (securityHubConfiguration) =>
        macie.send(new PutFindingsPublicationConfigurationCommand({ securityHubConfiguration })),
    }),
    systemClock,
  ),
  'Custom::MacieAutomatedDiscovery': automatedDiscovery(
    {
      read: () => macie.send(new GetAutomatedDiscoveryConfigurationCommand({})),
      update: (input) => macie.send(new UpdateAutomatedDiscoveryConfigurationCommand(input)),
      readScope: (id) => macie.send(new GetClassificationScopeCommand({ id })),
      updateScope: (input) => macie.send(new UpdateClassificationScopeCommand(input)),
      readTemplate: (id) => macie.send(new GetSensitivityInspectionTemplateCommand({ id })),
      updateTemplate: (input) => macie.send(new UpdateSensitivityInspectionTemplateCommand(input)),
    },
    systemClock,
  ),
};

export const handler = (event: CloudFormationCustomResourceEvent<Properties>, context: Context): Promise<void> =>
  customResourceHandler(resources[event.ResourceType])(event, context);
