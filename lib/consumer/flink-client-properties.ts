import { AuthenticationMechanism } from '../cluster';
import type { AcceptedIdentity } from '../cluster/client-identity';

/**
 * What a Kafka client needs beside the broker string, and anybody may read.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/configure-clients-for-iam-access-control.html
 */
export function clientProperties({ mechanism, secret }: AcceptedIdentity): Record<string, string> {
  const secretArn = secret ? { 'secret.arn': secret.secretArn } : undefined;
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'AWS_MSK_IAM',
        'sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
        'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
        'reconnect.backoff.ms': '1000',
      };
    case AuthenticationMechanism.SCRAM:
      return { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', ...secretArn };
    case AuthenticationMechanism.PLAINTEXT:
      return { 'security.protocol': 'PLAINTEXT' };
    default:
      return { 'security.protocol': 'SSL', ...secretArn };
  }
}
