import { once } from 'events';
import * as http from 'http';
import type { AddressInfo } from 'net';

type Answer = { readonly status?: number; readonly type?: string; readonly body: string };

async function listen(answer: (request: http.IncomingMessage, body: string) => Answer): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const {
        status = 200,
        type = 'application/x-amz-json-1.0',
        body,
      } = answer(request, Buffer.concat(chunks).toString());
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

abstract class Service {
  protected server!: http.Server;

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface StartedExecution {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: string;
}

/** Executions by name, as often as they are asked for, and answers to tokens. */
export class StepFunctionsModel extends Service {
  public static async start(): Promise<StepFunctionsModel> {
    const model = new StepFunctionsModel();
    model.server = await listen((request, body) => model.answer(request, JSON.parse(body)));
    return model;
  }

  public readonly executions: StartedExecution[] = [];
  public readonly answers = new Map<string, { output: string } | { error: string }>();
  public readonly waiting = new Set<string>();

  private answer(request: http.IncomingMessage, input: any): Answer {
    const operation = String(request.headers['x-amz-target']).split('.').pop();
    const refuse = (type: string) => ({ status: 400, body: JSON.stringify({ __type: type, message: type }) });
    if (operation === 'StartExecution') {
      if (!/^[\w-]{1,80}$/.test(input.name)) return refuse('InvalidName');
      const same = this.executions.find(
        ({ name, stateMachineArn }) => name === input.name && stateMachineArn === input.stateMachineArn,
      );
      if (same) return refuse('ExecutionAlreadyExists');
      this.executions.push(input);
      return { body: JSON.stringify({ executionArn: `${input.stateMachineArn}:${input.name}`, startDate: 0 }) };
    }
    if (!this.waiting.has(input.taskToken)) return refuse('TaskTimedOut');
    this.waiting.delete(input.taskToken);
    this.answers.set(
      input.taskToken,
      operation === 'SendTaskSuccess' ? { output: input.output } : { error: input.error },
    );
    return { body: '{}' };
  }
}

export interface Published {
  readonly id: string;
  readonly subject: string;
  readonly message: string;
}

/** A topic, and a security token service that lets everybody in. */
export class TopicModel extends Service {
  public static async start(): Promise<TopicModel> {
    const model = new TopicModel();
    model.server = await listen((_, body) => model.answer(new URLSearchParams(body)));
    return model;
  }

  public readonly published: Published[] = [];
  public readonly assumed: string[] = [];

  private answer(form: URLSearchParams): Answer {
    if (form.get('Action') === 'AssumeRole') {
      this.assumed.push(form.get('RoleArn')!);
      const credentials =
        '<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>of-nobody</SecretAccessKey><SessionToken>member</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>';
      return xml('AssumeRole', `<Credentials>${credentials}</Credentials>`);
    }
    this.published.push({
      id: form.get('MessageAttributes.entry.1.Value.StringValue')!,
      subject: form.get('Subject')!,
      message: form.get('Message')!,
    });
    return xml('Publish', '<MessageId>1</MessageId>');
  }
}

function xml(operation: string, result: string): Answer {
  const body = `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`;
  return { type: 'text/xml', body };
}
