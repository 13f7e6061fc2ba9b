import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';
import { loadModel, membersOnTheWire, violations } from './model';
import type { Operation, ServiceModel } from './model';

/** The models in `test/support/models`. */
export type ServiceName =
  | 'cloudformation'
  | 'dynamodb'
  | 'events'
  | 'kafka'
  | 'logs'
  | 'macie2'
  | 'organizations'
  | 'secretsmanager'
  | 'securityhub'
  | 'sns'
  | 'sqs'
  | 'stepfunctions';

/** What an operation does, in names of the wire. Throws a `ServiceError`, or changes its state and answers. */
export type Behaviour = (input: any) => object | void;
export type Behaviours = Record<string, Behaviour>;

/** An error as a service answers it. */
export class ServiceError extends Error {
  public constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Fault {
  /** Before the effect nothing has changed; after it, all has, and only the answer is lost. */
  readonly when: 'before' | 'after';
  /** An error, a cut connection, or silence until the client gives up. */
  readonly how: ServiceError | 'cut' | 'hang';
  /** @default 1 */
  readonly times?: number;
}

export interface Call {
  readonly operation: string;
  readonly input: Record<string, unknown>;
  /** `ok`, the name of the error, or the fault. */
  outcome: string;
}

/** Errors that any service answers, whether its model knows them or not. */
const COMMON_ERRORS: Record<string, number> = {
  AccessDeniedException: 403,
  ThrottlingException: 429,
  TooManyRequestsException: 429,
  ServiceUnavailableException: 503,
  ValidationError: 400,
};

interface Route {
  readonly operation: Operation;
  readonly path: RegExp;
  readonly placeholders: string[];
}

/**
 * A service on loopback, driven by its own API model: what the client sends and what the behaviours answer must both
 * be as the model says.
 */
export class ModelServer {
  /** @param service a model by its name in `test/support/models`, or itself */
  public static async start(service: ServiceName | ServiceModel, behaviours: Behaviours): Promise<ModelServer> {
    const server = new ModelServer(typeof service === 'string' ? loadModel(service) : service, behaviours);
    await once(server.server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  /** All calls since the last `forget`. */
  public readonly calls: Call[] = [];

  /** What was not as the model says, in either direction. Handlers repeat failed calls, so an error alone may hide. */
  public readonly violations: string[] = [];

  private readonly server: http.Server;
  private readonly routes: Route[];
  private readonly faults = new Map<string, Fault[]>();

  private constructor(
    private readonly model: ServiceModel,
    private readonly behaviours: Behaviours,
  ) {
    this.routes = Object.values(model.operations)
      .map(route)
      .sort((a, b) => a.placeholders.length - b.placeholders.length);
    this.server = http.createServer((request, response) => void this.serve(request, response));
  }

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The operation fails the next time, or several times. Faults of one operation happen in the order given. */
  public fail(operation: string, fault: Fault): void {
    if (!(operation in this.model.operations)) throw new Error(`the model has no operation ${operation}`);
    const repeated = Array.from({ length: fault.times ?? 1 }, () => fault);
    this.faults.set(operation, [...(this.faults.get(operation) ?? []), ...repeated]);
  }

  /** How often the operation was called. */
  public count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  /** Forgets calls, violations and faults that did not come to happen. */
  public forget(): void {
    this.calls.length = 0;
    this.violations.length = 0;
    this.faults.clear();
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url!, 'http://127.0.0.1');
    const named = operationNamed(request, body);
    const found = this.routes.find(
      ({ operation, path }) =>
        operation.http.method === request.method && path.test(url.pathname) && (!named || operation.name === named),
    );
    if (!found) {
      this.violations.push(
        `no operation for ${request.method} ${url.pathname}${named === undefined ? '' : ` ${named}`}`,
      );
      return this.answer(response, 404, { message: 'unknown operation' }, undefined, 'UnknownOperationException');
    }
    const { operation } = found;
    const call: Call = { operation: operation.name, input: {}, outcome: 'ok' };
    this.calls.push(call);
    const fault = this.faults.get(operation.name)?.shift();
    let reply: () => void;
    try {
      Object.assign(call.input, this.input(found, request, url, body));
      if (fault?.when === 'before') return this.happen(fault, call, request, response);
      const output = this.output(operation, call.input);
      reply = () => this.answer(response, operation.http.responseCode ?? 200, output, operation);
    } catch (error) {
      reply = () => this.refuse(error, call, response);
    }
    if (fault?.when === 'after') this.happen(fault, call, request, response);
    else reply();
  }

  /** Gathers what the request says from path, query, headers and body, and holds it against the model. */
  private input(found: Route, request: http.IncomingMessage, url: URL, body: string): Record<string, unknown> {
    const { operation, placeholders, path } = found;
    const input = parsed(request, body);
    const uri = path.exec(url.pathname)!.slice(1).map(decodeURIComponent);
    placeholders.forEach((name, i) => (input[name] = uri[i]));
    const members = operation.input ? membersOnTheWire(this.model.shapes[operation.input.shape]) : {};
    for (const name of new Set(url.searchParams.keys())) {
      const all = url.searchParams.getAll(name);
      input[name] = members[name]?.location === 'querystring' ? this.typed(members[name].shape, all) : all;
    }
    for (const [name, { location, shape }] of Object.entries(members)) {
      const header = location === 'header' && request.headers[name.toLowerCase()];
      if (header) input[name] = this.typed(shape, [header].flat());
    }
    const wrong = operation.input
      ? violations(this.model, operation.input.shape, input)
      : Object.keys(input).map((name) => `.${name}: not in the model`);
    if (wrong.length > 0) throw this.violated(`${operation.name} request`, wrong);
    return input;
  }

  private typed(shapeName: string, texts: string[]): unknown {
    const { type } = this.model.shapes[shapeName];
    if (type === 'list') return texts;
    if (type === 'boolean') return texts[0] === 'true';
    return ['integer', 'long', 'double', 'float'].includes(type) ? Number(texts[0]) : texts[0];
  }

  private output(operation: Operation, input: Record<string, unknown>): object {
    const behaviour = this.behaviours[operation.name];
    if (!behaviour) throw new ServiceError('NotImplementedException', `${operation.name} is not played here`);
    const output = JSON.parse(JSON.stringify(behaviour(input) ?? {})) as object;
    const wrong = operation.output ? violations(this.model, operation.output.shape, output) : [];
    if (wrong.length > 0) throw this.violated(`${operation.name} response`, wrong);
    return output;
  }

  private violated(what: string, wrong: string[]): ServiceError {
    const problem = `${what}: ${wrong.join('; ')}`;
    this.violations.push(problem);
    return new ServiceError('ValidationException', problem);
  }

  private happen(fault: Fault, call: Call, request: http.IncomingMessage, response: http.ServerResponse): void {
    if (fault.how instanceof ServiceError) return this.refuse(fault.how, call, response);
    call.outcome = `${fault.how} ${fault.when} the effect`;
    if (fault.how === 'cut') request.socket.destroy();
  }

  private refuse(error: unknown, call: Call, response: http.ServerResponse): void {
    const { code, message } = error instanceof ServiceError ? error : new ServiceError('Bug', String(error));
    const status = this.status(code);
    if (status === undefined) this.violations.push(`${call.operation}: the service has no ${code} (${message})`);
    call.outcome = code;
    this.answer(response, status ?? 500, { message }, undefined, code);
  }

  private get isQuery(): boolean {
    return this.model.metadata?.protocol === 'query';
  }

  private answer(
    response: http.ServerResponse,
    status: number,
    body: object,
    operation?: Operation,
    errorType?: string,
  ): void {
    const isJson = this.model.metadata?.protocol === 'json';
    if (!this.isQuery) {
      return answer(response, status, isJson && errorType ? { __type: errorType, ...body } : body, errorType);
    }
    response.writeHead(status, { 'content-type': 'text/xml' });
    const wrapper = operation?.output?.resultWrapper ?? 'Result';
    response.end(
      errorType
        ? xml({ ErrorResponse: { Error: { Code: errorType, Message: (body as { message: string }).message } } })
        : xml({ [`${operation!.name}Response`]: { [wrapper]: body } }),
    );
  }

  private status(code: string): number | undefined {
    if (code === 'NotImplementedException') return 501;
    if (code === 'ValidationException') return 400;
    const shape = this.model.shapes[code];
    return shape?.error?.httpStatusCode ?? COMMON_ERRORS[code] ?? (shape?.exception ? 400 : undefined);
  }
}

function route(operation: Operation): Route {
  const placeholders: string[] = [];
  const pattern = operation.http.requestUri.replace(/\{(\w+)(\+?)\}|[.*+?^$()|[\]\\]/g, (match, name, greedy) => {
    if (name === undefined) return `\\${match}`;
    placeholders.push(name);
    return greedy ? '(.+)' : '([^/]+)';
  });
  return { operation, placeholders, path: new RegExp(`^${pattern}/?$`) };
}

/** The protocols in which all operations have one path say which one is meant in a header or in a form. */
function operationNamed({ headers }: http.IncomingMessage, body: string): string | undefined {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.')[1];
  return isForm(headers) ? (new URLSearchParams(body).get('Action') ?? undefined) : undefined;
}

function parsed({ headers }: http.IncomingMessage, body: string): Record<string, unknown> {
  if (!isForm(headers)) return body === '' ? {} : JSON.parse(body);
  const input = Object.fromEntries(new URLSearchParams(body));
  delete input.Action;
  delete input.Version;
  return input;
}

function isForm(headers: http.IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}

function xml(node: unknown): string {
  if (typeof node !== 'object' || node === null) {
    return String(node).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  }
  return Object.entries(node)
    .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
    .join('');
}

async function text(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: http.ServerResponse, status: number, body: object, errorType?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(errorType ? { 'x-amzn-errortype': errorType } : {}),
  });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
