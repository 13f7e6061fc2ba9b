import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AwsCredentials } from './kafka';

/** Gives credentials for a session. */
export type Sessions = (roleArn: string, sessionName: string) => Promise<AwsCredentials>;

/**
 * What pods of EKS get their credentials from: STS, and the agent of EKS Pod Identity, which begins a session of another
 * name each time. Credentials run out soon, so that clients come back for more.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export class CredentialService {
  /** Role and name of each session that STS was asked for. */
  readonly asked: string[] = [];
  /** How often the agent was. */
  renewals = 0;

  static async start(sessions: Sessions, podRoleArn: string): Promise<CredentialService> {
    const service = new CredentialService(sessions, podRoleArn);
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const agent = request.method === 'GET';
      const answer = agent ? this.renew() : this.assume(new URLSearchParams(Buffer.concat(chunks).toString()));
      answer.then(
        (text) => response.writeHead(200, { 'content-type': agent ? 'application/json' : 'text/xml' }).end(text),
        (error) => response.writeHead(500).end(String(error)),
      );
    });
  });

  private constructor(
    private readonly sessions: Sessions,
    private readonly podRoleArn: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async renew(): Promise<string> {
    const credentials = await this.sessions(this.podRoleArn, `eks-apps-printer-${++this.renewals}`);
    return JSON.stringify({
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: soon(),
    });
  }

  private async assume(request: URLSearchParams): Promise<string> {
    const [action, role, name] = ['Action', 'RoleArn', 'RoleSessionName'].map((each) => request.get(each)!);
    this.asked.push(`${role.split('/').at(-1)} ${name}`);
    const credentials = await this.sessions(role, name);
    return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:${name}</AssumedRoleId><Arn>${role}/${name}</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${credentials.accessKeyId}</AccessKeyId>
<SecretAccessKey>${credentials.secretAccessKey}</SecretAccessKey>
<SessionToken>${credentials.sessionToken}</SessionToken><Expiration>${soon()}</Expiration></Credentials>
</${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;
  }
}

function soon(): string {
  return new Date(Date.now() + 10_000).toISOString().replace(/\.\d+/, '');
}
