import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Answer } from '../poller';

export const CALLER = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'of-nobody',
  AWS_SESSION_TOKEN: 'session+token/of=nobody',
};

export interface Fault {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
}

/**
 * What the dispatcher reaches: Lambda's `Invoke` and CloudFormation's `DescribeStacks`, each call signed as the services
 * want it.
 */
export class AdminServices {
  static async start(invoke: (functionName: string, event: unknown) => Promise<Answer>): Promise<AdminServices> {
    const services = new AdminServices(invoke);
    await once(services.server.listen(0, '127.0.0.1'), 'listening');
    return services;
  }

  /** What `DescribeStacks` says. */
  stackStatus = 'UPDATE_IN_PROGRESS';
  /** Answers that come first, instead of the function's. */
  readonly faults: Fault[] = [];
  /** What was invoked with what, and stacks asked for. */
  readonly calls: { service: string; of: string; event?: any }[] = [];

  private readonly server = http.createServer((request, response) => {
    this.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });

  private constructor(private readonly invoke: (functionName: string, event: unknown) => Promise<Answer>) {}

  get environment(): Record<string, string> {
    const endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return { ...CALLER, AWS_ENDPOINT_URL_LAMBDA: endpoint, AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const path = request.url!;
    const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path)?.[1];
    const service = functionName === undefined ? 'cloudformation' : 'lambda';
    if (!(await isSigned(request, service, body))) {
      const type = { 'x-amzn-errortype': 'InvalidSignatureException' };
      response.writeHead(403, type).end('{"message":"The request signature does not match"}');
      return;
    }
    if (functionName === undefined) {
      const stackId = new URLSearchParams(body).get('StackName')!;
      this.calls.push({ service, of: stackId });
      response.writeHead(200).end(
        `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
        <StackId>${stackId}</StackId><StackStatus>${this.stackStatus}</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      );
      return;
    }
    const event: unknown = JSON.parse(body);
    this.calls.push({ service, of: functionName, event });
    const fault = this.faults.shift();
    if (fault) {
      const text = JSON.stringify({ message: fault.message ?? fault.type });
      response.writeHead(fault.status, { 'x-amzn-errortype': fault.type }).end(text);
      return;
    }
    const answer = await this.invoke(functionName, event);
    if ('payload' in answer) {
      response.writeHead(200).end(JSON.stringify(answer.payload));
    } else {
      const error = { errorType: answer.functionError, errorMessage: answer.message };
      response.writeHead(200, { 'x-amz-function-error': answer.functionError }).end(JSON.stringify(error));
    }
  }
}

/** Signs the request as AWS's own signer does, and compares. */
async function isSigned(request: http.IncomingMessage, service: string, body: string): Promise<boolean> {
  const signed = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1].split(';') ?? [];
  const signer = new SignatureV4({
    service,
    region: CALLER.AWS_REGION,
    credentials: {
      accessKeyId: CALLER.AWS_ACCESS_KEY_ID,
      secretAccessKey: CALLER.AWS_SECRET_ACCESS_KEY,
      sessionToken: CALLER.AWS_SESSION_TOKEN,
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const time = String(request.headers['x-amz-date']);
  const at = time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const headers = Object.fromEntries(signed.map((name) => [name, String(request.headers[name])]));
  const expected = await signer.sign(
    { method: 'POST', protocol: 'https:', hostname: request.headers.host!, path: request.url!, headers, body },
    { signingDate: new Date(at) },
  );
  return (
    signed.includes('host') &&
    signed.includes('x-amz-date') &&
    signed.includes('x-amz-security-token') &&
    expected.headers.authorization === request.headers.authorization
  );
}
