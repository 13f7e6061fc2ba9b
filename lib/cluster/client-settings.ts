import { AuthenticationMechanism } from './client-authentication';

/**
 * How a Java client is let in: what anybody may read of it. The secret of SCRAM and mutual TLS comes on top.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/configure-clients-for-iam-access-control.html
 */
export function javaSecurity(mechanism: AuthenticationMechanism): Record<string, string> {
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'AWS_MSK_IAM',
        'sasl.jaas.config': 'software.amazon.msk.auth.iam.IAMLoginModule required;',
        'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler',
        // Brokers take a few new IAM connections a second: https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
        'reconnect.backoff.ms': '1000',
      };
    case AuthenticationMechanism.SCRAM:
      return { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512' };
    case AuthenticationMechanism.PLAINTEXT:
      return { 'security.protocol': 'PLAINTEXT' };
    default:
      return { 'security.protocol': 'SSL' };
  }
}
