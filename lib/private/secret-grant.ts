import * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/**
 * `secret.grantRead()` puts the reader into the policy of the secret's key, and so makes the key wait for the reader: a
 * cycle as soon as the secret is in the cluster's stack. Keys of Secrets Manager trust the policies of their account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function secretGrant(role: iam.IGrantable, secret: secretsmanager.ISecret): iam.Grant {
  // A secret that is known by its name alone has six more characters at the end of its ARN.
  const secretArn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  const grant = allow(role, ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], [secretArn]);
  if (secret.encryptionKey === undefined) {
    return grant;
  }
  // Secrets Manager names the secret whenever it uses the key: nothing else can be read with this right.
  const conditions = { StringLike: { 'kms:EncryptionContext:SecretARN': secretArn } };
  return grant.combine(allow(role, ['kms:Decrypt'], [secret.encryptionKey.keyArn], conditions));
}

function allow(
  grantee: iam.IGrantable,
  actions: string[],
  resourceArns: string[],
  conditions?: Record<string, Record<string, unknown>>,
): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
}
