import type { AdminAnswer, AdminRequest } from '../kafka-admin/request';
import { isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import { credentialsOf, sha256, signature, signingScope } from '../shared/sigv4';

/** The two services that the dispatcher calls. */
export interface Services {
  invoke(functionName: string, request: AdminRequest): Promise<AdminAnswer>;
  /** For example `UPDATE_ROLLBACK_IN_PROGRESS`. */
  stackStatus(stackId: string): Promise<string>;
}

/** More than the function may take. */
const ANSWERS_WITHIN_MS = 280_000;

/** The services themselves; an SDK client of each would be a hundred times the size of the two calls. */
export function servicesOf(urlSuffix: string, environment: NodeJS.ProcessEnv): Services {
  const endpoint = (service: string) =>
    environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
    `https://${service}.${environment.AWS_REGION}.${urlSuffix}`;
  return {
    async invoke(functionName, request) {
      const url = new URL(`/2015-03-31/functions/${functionName}/invocations`, endpoint('lambda'));
      const { text, headers } = await post(url, 'lambda', 'application/json', JSON.stringify(request), environment);
      if (headers.has('x-amz-function-error')) {
        const { errorType, errorMessage } = JSON.parse(text) as Record<string, string | undefined>;
        throw named('FunctionError', [errorType, errorMessage].filter(Boolean).join(': '));
      }
      return JSON.parse(text) as AdminAnswer;
    },
    async stackStatus(stackId) {
      const body = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: stackId });
      const form = 'application/x-www-form-urlencoded';
      const url = new URL('/', endpoint('cloudformation'));
      const { text } = await post(url, 'cloudformation', form, body.toString(), environment);
      return /<StackStatus>(\w+)<\/StackStatus>/.exec(text)?.[1] ?? '';
    },
  };
}

/** What passes: trouble of the service, and a function that is still being made, or whose policy is. */
export function isWorthWaiting(error: AwsError): boolean {
  return /^(AccessDenied|ResourceConflict|ResourceNotReady|ENI|EC2)/.test(error.name) || isTransient(error);
}

async function post(
  url: URL,
  service: string,
  contentType: string,
  body: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ text: string; headers: Headers }> {
  const credentials = credentialsOf(environment);
  const scope = signingScope(new Date(), environment.AWS_REGION!, service);
  const headers = {
    'x-amz-date': scope.time,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const signed = { 'content-type': contentType, host: url.host, ...headers };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', url.pathname, '', lines.join(''), names, sha256(body)].join('\n');
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      ...headers,
      'content-type': contentType,
      authorization:
        `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope.path}, SignedHeaders=${names}, ` +
        `Signature=${signature(credentials.secretAccessKey, scope, canonical)}`,
    },
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    // `fetch` hides what went wrong with the connection.
    throw Object.assign(named(error.name, error.message), { code: error.cause?.code ?? 'ECONNRESET' });
  });
  const text = await response.text();
  if (!response.ok) {
    const type = response.headers.get('x-amzn-errortype') ?? /<Code>(\w+)<\/Code>/.exec(text)?.[1];
    const message = /"[mM]essage":"([^"]*)"|<Message>([^<]*)</.exec(text);
    const error = named(type?.split(':')[0] ?? `HTTP ${response.status}`, message?.[1] ?? message?.[2] ?? service);
    throw Object.assign(error, { $metadata: { httpStatusCode: response.status } });
  }
  return { text, headers: response.headers };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
