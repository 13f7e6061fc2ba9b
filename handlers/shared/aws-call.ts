import { createHash, createHmac } from 'node:crypto';
import type { AwsError } from './aws-errors';

/** A service whose operations are all POSTs to `/`. */
export interface Service {
  /** The beginning of its host name, which it also signs with. */
  readonly name: 'cloudformation' | 'events' | 'logs' | 'organizations' | 'secretsmanager' | 'sns' | 'sqs' | 'states';
  /** What the name of an operation begins with in `X-Amz-Target`; without it, the service takes forms. */
  readonly target?: string;
  readonly jsonVersion?: '1.0' | '1.1';
  /** The version of a service that takes forms. */
  readonly version?: string;
  /** Where the service is, if not in the Region of the function. */
  readonly region?: string;
}

export const SERVICES = {
  cloudformation: { name: 'cloudformation', version: '2010-05-15' },
  events: { name: 'events', target: 'AWSEvents', jsonVersion: '1.1' },
  logs: { name: 'logs', target: 'Logs_20140328', jsonVersion: '1.1' },
  organizations: {
    name: 'organizations',
    target: 'AWSOrganizationsV20161128',
    jsonVersion: '1.1',
    region: 'us-east-1',
  },
  secretsmanager: { name: 'secretsmanager', target: 'secretsmanager', jsonVersion: '1.1' },
  sns: { name: 'sns', version: '2010-03-31' },
  sqs: { name: 'sqs', target: 'AmazonSQS', jsonVersion: '1.0' },
  states: { name: 'states', target: 'AWSStepFunctions', jsonVersion: '1.0' },
} as const satisfies Record<string, Service>;

const TIMEOUT_MS = 10_000;

/**
 * One call to a service, in place of an SDK client for each: these handlers call one operation of a service or two, with
 * texts and numbers. Repeating is for whoever calls. The answer of a service that takes forms is its `xml`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function callAws(service: Service, operation: string, input: object): Promise<Record<string, unknown>> {
  const region = service.region ?? process.env.AWS_REGION!;
  const { body, headers } = content(service, operation, input);
  const url = new URL(endpoint(service.name, region));
  const signed = signature({ host: url.host, service: service.name, region, headers, body, now: new Date() });
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { ...headers, ...signed },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    // Whatever went wrong on the way: the call may have taken effect.
    throw Object.assign(new Error(`${service.name} did not answer`), { name: 'TimeoutError' });
  });
  const text = await response.text();
  if (!response.ok) throw failure(response, text);
  if (!service.target) return { xml: text };
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

/** Tests put a service of their own in its place, as with the SDK. */
function endpoint(service: string, region: string): string {
  return process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? `https://${service}.${region}.amazonaws.com`;
}

function content(
  service: Service,
  operation: string,
  input: object,
): { readonly body: string; readonly headers: Record<string, string> } {
  if (service.target) {
    return {
      body: JSON.stringify(input),
      headers: {
        'content-type': `application/x-amz-json-${service.jsonVersion}`,
        'x-amz-target': `${service.target}.${operation}`,
      },
    };
  }
  const form = new URLSearchParams({ Action: operation, Version: service.version!, ...input });
  return { body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } };
}

export interface Unsigned {
  readonly host: string;
  readonly service: string;
  readonly region: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly now: Date;
}

/** The headers that sign a POST to `/`: signature version 4. */
export function signature({ host, service, region, headers, body, now }: Unsigned): Record<string, string> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const own = { 'x-amz-date': time, ...(token ? { 'x-amz-security-token': token } : {}) };
  const all = Object.entries({ ...headers, ...own, host }).sort(([one], [other]) => (one < other ? -1 : 1));
  const names = all.map(([name]) => name).join(';');
  const request = ['POST', '/', '', ...all.map(([name, value]) => `${name}:${value}`), '', names, sha256(body)];
  const wanted = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request.join('\n'))].join('\n');
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  const credential = `Credential=${id}/${scope.join('/')}`;
  const signed = hmac(key, wanted).toString('hex');
  return { ...own, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signed}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The name is in a header, in the body as JSON, or in the body as XML. */
function failure(response: Response, body: string): AwsError {
  const named =
    response.headers.get('x-amzn-errortype') ?? /"__type":"([^"]+)"|<Code>(\w+)</.exec(body)?.slice(1).find(Boolean);
  const name = named?.replace(/^.*#|:.*$/g, '') ?? 'UnknownError';
  const message = /"[mM]essage":"((?:[^"\\]|\\.)*)"|<Message>([^<]*)</.exec(body)?.slice(1).find(Boolean);
  return Object.assign(new Error(message ?? `HTTP ${response.status}`), {
    name,
    $metadata: { httpStatusCode: response.status },
  });
}
