import { cluster, resource } from '../templates';
import type { Case } from './case';

const SCRAM = { 'ClientAuthentication.Sasl': { Scram: { Enabled: true } } };
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';

function secret(properties: Record<string, unknown> = {}) {
  return resource('AWS::SecretsManager::Secret', { Name: 'AmazonMSK_alice', KmsKeyId: KEY, ...properties });
}

function associated(one: unknown, of: unknown = cluster(SCRAM)): Record<string, unknown> {
  const association = resource('AWS::MSK::BatchScramSecret', {
    ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
    SecretArnList: [{ Ref: 'Secret' }],
  });
  return { Cluster: of, Secret: one, Association: association };
}

export const SCRAM_CASES: Case[] = [
  {
    id: 'MSK-SCRAM-SECRET',
    wrong: 'a secret of another name',
    bad: associated(secret({ Name: 'alice' })),
    good: associated(secret()),
    says: 'alice',
  },
  {
    id: 'MSK-SCRAM-SECRET',
    wrong: 'a secret whose name is made by CloudFormation',
    bad: associated(secret({ Name: undefined })),
    good: associated(secret({ Name: { Ref: 'Name' } })),
    says: 'generated',
  },
  {
    id: 'MSK-SCRAM-SECRET',
    wrong: 'a secret with the key of Secrets Manager',
    bad: associated(secret({ KmsKeyId: undefined })),
    good: associated(secret()),
    says: 'key of Secrets Manager',
  },
  {
    id: 'MSK-SCRAM-CLUSTER',
    wrong: 'a secret for a cluster without SCRAM',
    bad: associated(secret(), cluster()),
    good: associated(secret()),
    says: 'Cluster does not let clients in by SCRAM',
  },
];
