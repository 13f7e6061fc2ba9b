import type { AcceptedIdentity } from '../cluster/client-identity';
import { javaSecurity } from '../cluster/client-settings';

/** What a Kafka client needs beside the broker string, and anybody may read. */
export function clientProperties({ mechanism, secret }: AcceptedIdentity): Record<string, string> {
  return { ...javaSecurity(mechanism), ...(secret && { 'secret.arn': secret.secretArn }) };
}
