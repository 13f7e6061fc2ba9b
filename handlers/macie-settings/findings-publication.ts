import type {
  GetFindingsPublicationConfigurationCommandOutput,
  SecurityHubConfiguration,
} from '@aws-sdk/client-macie2';
import type { Setting } from './setting';

/** The calls to the service. */
export interface FindingsPublications {
  read(): Promise<GetFindingsPublicationConfigurationCommandOutput>;
  write(securityHubConfiguration: SecurityHubConfiguration): Promise<unknown>;
}

/** @see https://docs.aws.amazon.com/macie/latest/user/findings-publish-frequency.html */
const AS_IT_COMES: SecurityHubConfiguration = { publishPolicyFindings: true, publishClassificationFindings: false };

/** `Custom::MacieFindingsPublication`: which findings Macie hands over to Security Hub. */
export function findingsPublication(service: FindingsPublications): Setting<SecurityHubConfiguration> {
  const isSame = (one: SecurityHubConfiguration, other: SecurityHubConfiguration) =>
    one.publishPolicyFindings === other.publishPolicyFindings &&
    one.publishClassificationFindings === other.publishClassificationFindings;
  return {
    name: 'findings-publication',
    read: async () => {
      const { securityHubConfiguration: current } = await service.read();
      return current && !isSame(current, AS_IT_COMES) ? current : undefined;
    },
    write: (wanted) => service.write(wanted ?? AS_IT_COMES),
    isSame,
    describe: ({ publishPolicyFindings: policy, publishClassificationFindings: classification }) =>
      `policy findings are ${policy ? '' : 'not '}published, sensitive data findings are ${classification ? '' : 'not '}published`,
  };
}
