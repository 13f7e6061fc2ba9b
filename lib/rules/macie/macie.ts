import { listing } from '../rule';
import type { Rule } from '../rule';

const SESSIONS = ['AWS::Macie::Session', 'Custom::MacieSession'];

/**
 * The Regions with Amazon Macie, as of 2026-11-22.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/macie.html
 */
export const MACIE_REGIONS: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-south-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-south-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

export const macieRegion: Rule = {
  id: 'MACIE-REGION',
  title: 'Amazon Macie exists in the Region',
  remedy: 'Deploy to a Region that has Macie; China and GovCloud have none',
  basis: 'service',
  severity: 'error',
  appliesTo: ['AWS::Macie::*', 'Custom::Macie*'],
  sources: ['https://docs.aws.amazon.com/general/latest/gr/macie.html'],
  check(resource) {
    const { region } = resource;
    return region === undefined || MACIE_REGIONS.includes(region)
      ? []
      : [
          {
            path: 'Region',
            message: `Amazon Macie does not exist in ${region}`,
            fix: `use one of ${listing(MACIE_REGIONS)}`,
          },
        ];
  },
};

export const macieSessionSingle: Rule = {
  id: 'MACIE-SESSION-SINGLE',
  title: 'A stack has one Macie session',
  remedy: 'Keep one session, and pass it to whoever needs it',
  basis: 'structure',
  severity: 'error',
  appliesTo: SESSIONS,
  sources: ['https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-macie-session.html'],
  check(session, facts) {
    const same = facts.all.filter(
      (other) => SESSIONS.includes(other.type) && other.stack === session.stack && other.coexistsWith(session),
    );
    if (same[0] === session) {
      return [];
    }
    const message = `the stack has a Macie session already, ${same[0].logicalId}, and an account has one in each Region`;
    return [{ path: 'Type', message, fix: 'use the one that is there' }];
  },
};
