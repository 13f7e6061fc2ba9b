import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a signature is for: a moment, a Region and a service. */
export interface SigningScope {
  /** As `X-Amz-Date` has it: `20260131T235959Z`. */
  readonly time: string;
  /** What goes into the credential: date, Region, service and a constant. */
  readonly path: string;
}

/** The credentials that Lambda gives to a function. */
export function credentialsOf(environment: NodeJS.ProcessEnv): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment as Record<string, string>;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
}

export function signingScope(now: Date, region: string, service: string): SigningScope {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  return { time, path: `${time.slice(0, 8)}/${region}/${service}/aws4_request` };
}

/**
 * The signature of a request in its canonical form.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signature(secretAccessKey: string, { time, path }: SigningScope, canonicalRequest: string): string {
  const toSign = ['AWS4-HMAC-SHA256', time, path, sha256(canonicalRequest)].join('\n');
  const key = path.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, toSign).toString('hex');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As a signature wants a query: all but letters, digits and `-_.~` in percent signs. */
export function encoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
