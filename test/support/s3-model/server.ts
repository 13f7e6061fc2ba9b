import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';
import { operations } from './operations';
import type { Bucket } from './state';

/** One right, and what it was needed on. */
export interface Right {
  /** The access key that the call is signed by. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
}

export interface Exchange {
  readonly method: string;
  readonly key?: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly bucket: Bucket;

  /** Other buckets, for copies. */
  readonly buckets: ReadonlyMap<string, Bucket>;

  /** Says what the call needs; throws where that is denied. */
  need(action: string, bucket: Bucket, key?: string): void;

  /** Likewise, where a call goes on with less. */
  may(action: string, bucket: Bucket, key?: string): boolean;

  /** Likewise for a KMS key, where there is one. */
  needKey(action: string, keyArn: string | undefined): void;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | NodeJS.ReadableStream;
}

/** An error as Amazon S3 answers it. */
export class S3Error extends Error {
  public constructor(
    public readonly code: string,
    public readonly status: number,
    public readonly headers: Record<string, string> = {},
  ) {
    super(code);
  }
}

/** As much of Amazon S3 as the responses and the landing of streams call, with its state, behind its wire protocol. */
export class S3Model {
  public static async start(): Promise<S3Model> {
    const model = new S3Model();
    await once(model.server.listen(0, '127.0.0.1'), 'listening');
    return model;
  }

  public readonly buckets = new Map<string, Bucket>();

  /** Each right that was needed. */
  public readonly needed: Right[] = [];

  /** Whether a right is there; bucket policies and roles in one. */
  public allows: (right: Right) => boolean = () => true;

  private readonly server = http.createServer((request, response) => void this.serve(request, response));

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public add(bucket: Bucket): Bucket {
    this.buckets.set(bucket.name, bucket);
    return bucket;
  }

  public reset(): void {
    this.buckets.clear();
    this.needed.length = 0;
    this.allows = () => true;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    let reply: Reply;
    try {
      reply = this.answer(request, Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      const { code, status, headers } = error instanceof S3Error ? error : new S3Error(`Bug${String(error)}`, 500);
      // The answer to HEAD has no body, so a client only gets to know the status.
      const body =
        request.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
      reply = { status, headers: { 'content-type': 'application/xml', ...headers }, body };
    }
    response.writeHead(reply.status ?? 200, reply.headers);
    if (typeof reply.body === 'object') reply.body.pipe(response);
    else response.end(reply.body);
  }

  private answer(request: http.IncomingMessage, body: string): Reply {
    const url = new URL(request.url!, 'http://127.0.0.1');
    const [, name, ...rest] = url.pathname.split('/');
    const key = rest.length > 0 && rest.join('/') !== '' ? decodeURIComponent(rest.join('/')) : undefined;
    const bucket = this.buckets.get(decodeURIComponent(name));
    if (!bucket) throw new S3Error('NoSuchBucket', 404);
    const expected = request.headers['x-amz-expected-bucket-owner'];
    if (expected !== bucket.owner) throw new S3Error('AccessDenied', 403);
    const may = (action: string, resource: string) => {
      const right = { principal: principalOf(request), action, resource };
      this.needed.push(right);
      return this.allows(right);
    };
    const need = (action: string, resource: string) => {
      if (!may(action, resource)) throw new S3Error('AccessDenied', 403);
    };
    const arnOf = (on: Bucket, object?: string) => `arn:aws:s3:::${on.name}${object === undefined ? '' : `/${object}`}`;
    const exchange: Exchange = {
      method: request.method!,
      key,
      query: url.searchParams,
      headers: request.headers,
      body,
      bucket,
      buckets: this.buckets,
      need: (action, on, object) => need(action, arnOf(on, object)),
      may: (action, on, object) => may(action, arnOf(on, object)),
      needKey: (action, keyArn) => {
        if (keyArn !== undefined) need(action, keyArn);
      },
    };
    const found = operations.find((one) => one.matches(exchange));
    if (!found) throw new S3Error('NotImplemented', 501);
    return found.perform(exchange);
  }
}

/** Whom a call is signed by. */
export function principalOf({ headers }: http.IncomingMessage): string {
  return /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? 'nobody';
}
