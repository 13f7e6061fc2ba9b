import { encoded, sha256, signature, signingScope } from './sigv4';
import type { Credentials } from './sigv4';

const SERVICE = 'kafka-cluster';

/** Seconds; the most that the brokers take. */
const EXPIRES = '900';

/**
 * What IAM access control of Amazon MSK takes as an OAuth token: a presigned request to connect. Made without any call,
 * from the credentials of the function.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
 */
export function iamToken(region: string, credentials: Credentials, now: Date): string {
  const host = `kafka.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const scope = signingScope(now, region, SERVICE);
  const parameters = {
    Action: `${SERVICE}:Connect`,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope.path}`,
    'X-Amz-Date': scope.time,
    'X-Amz-Expires': EXPIRES,
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&');
  const request = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')].join('\n');
  const signed = signature(credentials.secretAccessKey, scope, request);
  return Buffer.from(`https://${host}/?${query}&X-Amz-Signature=${signed}`).toString('base64url');
}
