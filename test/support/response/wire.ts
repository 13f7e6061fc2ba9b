import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';
import { principalOf } from '../s3-model';
import type { Right } from '../s3-model';
import { rightsOf } from './rights';

export interface WireCall {
  readonly service: string;
  readonly operation: string;
}

/** What happens to a call: nothing reaches the service, or its answer does not come back. */
export type WireFault = 'before' | 'after' | undefined;

/** The network between functions and services: every call of a run, in order, each of which may be cut. */
export class Wire {
  public readonly calls: WireCall[] = [];

  /** Decides by the place of a call in the run. */
  public fault: (index: number, call: WireCall) => WireFault = () => undefined;

  /** Each right that a call to another service than Amazon S3 needed. */
  public readonly needed: Right[] = [];

  /** Whether a right is there. */
  public allows: (right: Right) => boolean = () => true;

  private readonly servers: http.Server[] = [];

  public async to(service: string, endpoint: string): Promise<string> {
    const server = http.createServer((request, response) => void this.pass(service, endpoint, request, response));
    this.servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  public heal(): void {
    this.calls.length = 0;
    this.needed.length = 0;
    this.fault = () => undefined;
    this.allows = () => true;
  }

  public async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async pass(
    service: string,
    endpoint: string,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const operation = service === 'macie2' ? macieOperationOf(request) : operationOf(request, body);
    const call = { service, operation };
    const fault = this.fault(this.calls.push(call) - 1, call);
    if (fault === 'before') return void request.socket.destroy();
    const rights = rightsOf(call, body.toString('utf8')).map((right) => ({
      ...right,
      principal: principalOf(request),
    }));
    this.needed.push(...rights);
    if (rights.some((right) => !this.allows(right))) {
      const type = 'application/x-amz-json-1.0';
      const denied = { __type: 'AccessDeniedException', message: 'denied' };
      response.writeHead(400, { 'content-type': type, 'x-amzn-errortype': 'AccessDeniedException' });
      return void response.end(JSON.stringify(denied));
    }
    const onward = http.request(`${endpoint}${request.url}`, { method: request.method, headers: request.headers });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [http.IncomingMessage];
    if (fault === 'after') {
      answer.resume();
      return void request.socket.destroy();
    }
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  }
}

/** By method and path, without ids. */
function macieOperationOf({ method, url }: http.IncomingMessage): string {
  const path = new URL(url!, 'http://127.0.0.1').pathname;
  return `${method} ${path.replace(/\/[0-9a-f]{32}$/, '').slice(1)}`;
}

function operationOf(request: http.IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return String(target).split('.').pop()!;
  const action = /(?:^|&)Action=(\w+)/.exec(body.toString('utf8').slice(0, 2_000))?.[1];
  if (action !== undefined) return action;
  const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
  const [parameter] = [...searchParams.keys()].filter((name) => name !== 'x-id');
  return `${request.method} ${pathname.split('/').length > 2 ? 'object' : 'bucket'} ${parameter ?? ''}`.trim();
}
