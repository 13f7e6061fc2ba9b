import { createHash, createHmac } from 'crypto';

/** One call of a service by its protocol. */
interface Request {
  /** The name in the host and in signatures. */
  readonly service: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const REQUEST_MS = 10_000;

/** An error of a service, as the SDK would throw it. */
class ServiceError extends Error {
  constructor(
    public override readonly name: string,
    message: string,
    public readonly $metadata: { readonly httpStatusCode: number },
  ) {
    super(message);
  }
}

/**
 * Calls an operation of a service with a JSON protocol.
 *
 * For the two or three calls that a handler needs of a service this takes the place of the SDK's client, which costs
 * hundreds of milliseconds to load.
 */
export async function callJson<Output>(
  service: { readonly name: string; readonly target: string; readonly version: '1.0' | '1.1' },
  operation: string,
  input: object,
): Promise<Output> {
  const contentType = `application/x-amz-json-${service.version}`;
  const { status, body } = await send({
    service: service.name,
    headers: { 'content-type': contentType, 'x-amz-target': `${service.target}.${operation}` },
    body: JSON.stringify(input),
  });
  const answer = (body === '' ? {} : JSON.parse(body)) as { __type?: string; message?: string; Message?: string };
  if (status >= 300) {
    // Some services put the name of their model before the error's.
    const name = answer.__type?.split('#').at(-1) ?? `Http${status}`;
    throw new ServiceError(name, answer.message ?? answer.Message ?? name, { httpStatusCode: status });
  }
  return answer as Output;
}

/** Calls an operation of a service with the query protocol. @returns the answer as XML */
export async function callQuery(
  service: { readonly name: string; readonly version: string },
  operation: string,
  input: Record<string, string>,
): Promise<string> {
  const { status, body } = await send({
    service: service.name,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Action: operation, Version: service.version, ...input }).toString(),
  });
  if (status >= 300) {
    const name = textIn(body, 'Code') ?? `Http${status}`;
    throw new ServiceError(name, textIn(body, 'Message') ?? name, { httpStatusCode: status });
  }
  return body;
}

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };

/** The text of the first element of a name. */
export function textIn(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text?.replace(/&(amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity]);
}

async function send({ service, headers, body }: Request): Promise<{ status: number; body: string }> {
  const region = process.env.AWS_REGION!;
  const url = endpoint(service, region);
  const signed = sign({ service, headers: { ...headers, host: url.host }, body }, region, new Date());
  delete signed.host; // The client fills it in itself.
  const signal = AbortSignal.timeout(REQUEST_MS);
  const response = await fetch(url, { method: 'POST', headers: signed, body, signal }).catch(lost);
  return { status: response.status, body: await response.text() };
}

/**
 * The headers of a POST to the root of a service, signed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function sign({ service, headers, body }: Request, region: string, now: Date): Record<string, string> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const all: Record<string, string> = {
    ...headers,
    'x-amz-date': time,
    ...(AWS_SESSION_TOKEN ? { 'x-amz-security-token': AWS_SESSION_TOKEN } : {}),
  };
  const names = Object.keys(all).sort();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${all[name]}`), '', names.join(';'), hash(body)];
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(canonical.join('\n'))].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope.join('/')}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...all, authorization };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A call without an answer, under the names that the SDK has for it. */
function lost(error: Error & { readonly cause?: { readonly code?: string } }): never {
  throw Object.assign(new Error('no answer from the service'), { name: 'TimeoutError', code: error.cause?.code });
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpoint(service: string, region: string): URL {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? process.env.AWS_ENDPOINT_URL;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(own ?? `https://${service}.${region}.${domain}`);
}
