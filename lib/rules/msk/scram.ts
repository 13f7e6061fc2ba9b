import { show } from '../rule';
import type { Problem, Rule } from '../rule';
import { CLUSTER, SERVERLESS_CLUSTER, mskGuide } from './cluster-facts';

const ASSOCIATION = 'AWS::MSK::BatchScramSecret';
const SECRET = 'AWS::SecretsManager::Secret';
const PREFIX = 'AmazonMSK_';
const LIMITS = mskGuide('msk-password-limitations');

export const scramCluster: Rule = {
  id: 'MSK-SCRAM-CLUSTER',
  title: 'Secrets are associated with a cluster that lets clients in by SCRAM',
  remedy: 'Turn SASL/SCRAM on for the cluster',
  basis: 'service',
  severity: 'error',
  appliesTo: [ASSOCIATION],
  sources: [mskGuide('msk-password'), LIMITS],
  check(association) {
    const path = 'ClusterArn';
    const cluster = association.target(path);
    if (cluster?.type === SERVERLESS_CLUSTER) {
      return [{ path, message: 'a serverless cluster has no users', fix: 'use IAM' }];
    }
    return cluster?.type === CLUSTER && cluster.off('ClientAuthentication.Sasl.Scram.Enabled')
      ? [
          {
            path,
            message: `${cluster.logicalId} does not let clients in by SCRAM`,
            fix: 'set Sasl.Scram.Enabled to true',
          },
        ]
      : [];
  },
};

export const scramSecret: Rule = {
  id: 'MSK-SCRAM-SECRET',
  title: 'A secret of a user begins with AmazonMSK_ and has a key of its own',
  remedy: 'Name the secret AmazonMSK_..., and encrypt it with a customer managed key',
  basis: 'service',
  severity: 'error',
  appliesTo: [ASSOCIATION],
  sources: [mskGuide('msk-password-tutorial'), LIMITS],
  check(association) {
    return (association.targets('SecretArnList') ?? []).flatMap((secret, index): Problem[] => {
      if (secret?.type !== SECRET) {
        return [];
      }
      const path = `SecretArnList.${index}`;
      const problems: Problem[] = [];
      const name = secret.text('Name');
      if (secret.absent('Name') || (name !== undefined && !name.startsWith(PREFIX))) {
        const message = `the name of ${secret.logicalId}, ${show(name ?? 'generated')}, does not begin with ${PREFIX}`;
        problems.push({ path, message, fix: `begin the name with ${PREFIX}` });
      }
      const key = secret.text('KmsKeyId');
      if (secret.absent('KmsKeyId') || key === 'alias/aws/secretsmanager') {
        const message = `${secret.logicalId} is encrypted with the key of Secrets Manager, which Amazon MSK can not use`;
        problems.push({ path, message, fix: 'set KmsKeyId to a key of your own' });
      }
      return problems;
    });
  },
};
