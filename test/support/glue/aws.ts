import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A version of a schema as the AWS Glue Schema Registry has it. */
export type SchemaVersion = Record<string, string>;

export interface AwsOptions {
  /** What the registry has; without an id, its newest version. @default nothing */
  readonly schemaVersion?: (id?: string) => SchemaVersion | undefined;
  /** What AWS Secrets Manager has, by ARN. @default nothing */
  readonly secrets?: Readonly<Record<string, string>>;
}

type Answer = readonly [status: number, body: object];

/** Answers as AWS does, as far as the script of a job asks. */
export class FakeAws {
  readonly requests: string[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      this.requests.push(body);
      const answer = this.answer(request, body);
      if (answer === undefined) {
        response.end('<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"/>');
        return;
      }
      response.writeHead(answer[0], { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer[1]));
    });
  });

  constructor(private readonly options: AwsOptions = {}) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
  }

  private answer({ headers }: IncomingMessage, body: string): Answer | undefined {
    switch (headers['x-amz-target']) {
      case 'AWSGlue.GetSchemaVersion': {
        const { SchemaVersionId } = JSON.parse(body);
        const found = this.options.schemaVersion?.(SchemaVersionId);
        return found ? [200, found] : [400, { __type: 'EntityNotFoundException', Message: SchemaVersionId }];
      }
      case 'secretsmanager.GetSecretValue': {
        const { SecretId } = JSON.parse(body);
        const found = this.options.secrets?.[SecretId];
        return found ? [200, { SecretString: found }] : [400, { __type: 'ResourceNotFoundException' }];
      }
      default:
        return undefined;
    }
  }
}
