import { createHash } from 'crypto';
import { Template as Synthesized } from 'aws-cdk-lib/assertions';
import type { Stack } from 'aws-cdk-lib';
import { resourcesOf, templateResolver } from '../kafka/template';
import type { Resolve, Template } from '../kafka/template';
import { ModelServer } from '../model-server/server';
import type { Behaviours } from '../model-server/server';
import { LocalDynamoDb } from '../poller/dynamodb';
import { S3Model } from '../s3-model';
import type { Right } from '../s3-model';
import { TestFunction } from './function';
import { SecurityHubModel } from './security-hub';
import { StepFunctionsModel, TopicModel } from './services';
import { runStateMachine } from './state-machine';
import type { Execution, TaskResult } from './state-machine';
import { Wire } from './wire';

export const ACCOUNT = '123456789012';
const CLUSTER = { partition: 'aws', region: 'eu-west-1', account: ACCOUNT } as any;
const ARNS: Record<string, (id: string) => string> = {
  'AWS::DynamoDB::Table': (id) => `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${id}`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::SQS::Queue': (id) => `arn:aws:sqs:eu-west-1:${ACCOUNT}:${id}`,
  'AWS::SNS::Topic': (id) => `arn:aws:sns:eu-west-1:${ACCOUNT}:${id}`,
  'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${id}`,
  'AWS::StepFunctions::StateMachine': (id) => `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:${id}`,
};
const REF_IS_ARN = ['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'];

/** The functions, tables, rules and state machines of a stack, with stand-ins for the services that they call. */
export class World {
  public static async of(
    stack: Stack,
    more: { macie?: Behaviours; sqs?: Behaviours; env?: Record<string, string> } = {},
  ): Promise<World> {
    const template = Synthesized.fromStack(stack).toJSON() as Template;
    const tables = Object.fromEntries(
      resourcesOf(template, 'AWS::DynamoDB::Table').map(([id, { Properties }]) => [
        id,
        Properties!.KeySchema.map(({ AttributeName }: any) => AttributeName).join(),
      ]),
    );
    const wire = new Wire();
    const findings = new Map<string, any>();
    const securityHub = new SecurityHubModel();
    const toSecurityHub: string[] = [];
    const parts = {
      macie: await ModelServer.start('macie2', {
        GetFindings: ({ findingIds }) => ({ findings: findingIds.flatMap((id: string) => findings.get(id) ?? []) }),
        ...more.macie,
      }),
      dynamo: await LocalDynamoDb.start(tables),
      s3: await S3Model.start(),
      states: await StepFunctionsModel.start(),
      topic: await TopicModel.start(),
      securityHub: await ModelServer.start('securityhub', securityHub.behaviours),
      sqs: await ModelServer.start('sqs', {
        SendMessage: ({ MessageBody }) => {
          toSecurityHub.push(MessageBody);
          return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
        },
        ...more.sqs,
      }),
    };
    const env = {
      AWS_ENDPOINT_URL_MACIE2: await wire.to('macie2', parts.macie.endpoint),
      AWS_ENDPOINT_URL_DYNAMODB: await wire.to('dynamodb', parts.dynamo.endpoint),
      AWS_ENDPOINT_URL_SQS: await wire.to('sqs', parts.sqs.endpoint),
      AWS_ENDPOINT_URL_S3: await wire.to('s3', parts.s3.endpoint),
      AWS_ENDPOINT_URL_SFN: await wire.to('states', parts.states.endpoint),
      AWS_ENDPOINT_URL_SNS: await wire.to('sns', parts.topic.endpoint),
      AWS_ENDPOINT_URL_SECURITYHUB: await wire.to('securityhub', parts.securityHub.endpoint),
      AWS_ENDPOINT_URL_STS: await wire.to('sts', parts.topic.endpoint),
    };
    return new World(template, wire, findings, securityHub, toSecurityHub, parts, { ...env, ...more.env });
  }

  public readonly resolve: Resolve;

  /** By logical id. */
  public readonly functions = new Map<string, TestFunction>();

  /** How far the clock of all functions is ahead, in milliseconds. */
  public ahead = 0;

  /** Counts the runs of functions: what is killed is one of them. */
  public invocation = 0;

  /** What waiting steps are answered by; nobody answers unless a test does. */
  public onWait: (token: string) => Promise<unknown> = async () => undefined;

  /** All that could be read in histories of executions. */
  public readonly histories: Execution[] = [];

  private played = 0;
  private tokens = 0;

  private constructor(
    public readonly template: Template,
    public readonly wire: Wire,
    private readonly findings: Map<string, any>,
    public readonly securityHub: SecurityHubModel,
    private readonly toSecurityHub: string[],
    private readonly parts: {
      macie: ModelServer;
      sqs: ModelServer;
      dynamo: LocalDynamoDb;
      s3: S3Model;
      states: StepFunctionsModel;
      topic: TopicModel;
      securityHub: ModelServer;
    },
    env: Record<string, string>,
  ) {
    const refs = Object.entries(template.Resources).map(([id, { Type, Properties }]) => {
      if (REF_IS_ARN.includes(Type)) return [id, ARNS[Type](id)];
      if (Type === 'AWS::IAM::Role' && typeof Properties?.RoleName === 'string') return [id, Properties.RoleName];
      return [id, Type === 'AWS::S3::Bucket' ? (Properties?.BucketName ?? id.toLowerCase()) : id];
    });
    const attributes = Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) => {
      const named = [Properties?.BucketName, Properties?.RoleName].find((name) => typeof name === 'string');
      const arn = ARNS[Type] ?? ((one: string) => `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:${one}`);
      return [
        [`${id}.Arn`, arn(named ?? id)],
        [`${id}.QueueName`, id],
      ];
    });
    this.resolve = templateResolver(template, CLUSTER, {
      refs: Object.fromEntries(refs),
      attributes: Object.fromEntries(attributes),
    });
    for (const [id, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      if (!Properties!.Environment) continue; // of a custom resource
      const own = this.resolve(Properties!.Environment.Variables);
      this.functions.set(id, new TestFunction(bundleOf(id, own), { ...own, ...env }, this.roleOf(id)));
    }
  }

  public get s3(): S3Model {
    return this.parts.s3;
  }

  public get published() {
    return this.parts.topic.published;
  }

  public get assumed() {
    return this.parts.topic.assumed;
  }

  public get executions() {
    return this.parts.states.executions;
  }

  public get logs(): string {
    return [...this.functions.values()].map(({ log }) => log).join('');
  }

  public get violations(): string[] {
    const { macie, securityHub, sqs } = this.parts;
    return [...macie.violations, ...securityHub.violations, ...sqs.violations];
  }

  /** Rows of a table, by a part of its logical id. */
  public rows(table: string): Record<string, any>[] {
    const [id] = resourcesOf(this.template, 'AWS::DynamoDB::Table').find(([name]) => name.includes(table))!;
    return this.parts.dynamo
      .scan(id)
      .map((item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.S ?? value.N])));
  }

  public find(part: string): TestFunction {
    return [...this.functions].find(([id]) => id.includes(part))![1];
  }

  public reset(): void {
    this.wire.heal();
    this.findings.clear();
    this.parts.dynamo.reset();
    this.parts.s3.reset();
    this.parts.macie.forget();
    this.parts.securityHub.forget();
    this.parts.sqs.forget();
    this.securityHub.findings.clear();
    this.toSecurityHub.length = 0;
    this.parts.states.executions.length = 0;
    this.parts.states.answers.clear();
    this.parts.topic.published.length = 0;
    this.parts.topic.assumed.length = 0;
    this.functions.forEach((one) => (one.log = ''));
    this.histories.length = 0;
    this.played = 0;
    this.ahead = 0;
    this.onWait = async () => undefined;
  }

  public async stop(): Promise<void> {
    await Promise.all([...this.functions.values()].map((one) => one.stop()));
    await this.wire.stop();
    await Promise.all(Object.values(this.parts).map((part) => part.stop()));
  }

  /** Macie makes a finding; the answer is the message that the rule of a response puts into the queue for it. */
  public publish(event: any, response = ''): string {
    const { etag, ...object } = event.detail.resourcesAffected.s3Object ?? {};
    const s3Object = event.detail.resourcesAffected.s3Object && { ...object, eTag: object.eTag ?? etag };
    const resourcesAffected = { ...event.detail.resourcesAffected, s3Object };
    this.findings.set(event.detail.id, trimmed({ ...event.detail, resourcesAffected }));
    const [, rule] = resourcesOf(this.template, 'AWS::Events::Rule').find(([id]) => id.startsWith(response))!;
    const { InputPathsMap, InputTemplate } = this.resolve(rule.Properties!.Targets[0].InputTransformer);
    return Object.entries<string>(InputPathsMap).reduce((text, [name, path]) => {
      const value = path
        .split('.')
        .slice(1)
        .reduce((at, member) => at[member], event);
      return text.replace(`<${name}>`, JSON.stringify(value));
    }, InputTemplate as string);
  }

  public forget(findingId: string): void {
    this.findings.delete(findingId);
  }

  /** Puts messages into the queue; what comes back is delivered again, after the time that it is invisible. */
  public async deliver(messages: string[], tries = 6): Promise<string[]> {
    return this.deliverTo('Dispatcher', messages, tries);
  }

  /** Delivers what waits for Security Hub. */
  public async writeBack(tries = 6): Promise<string[]> {
    return this.deliverTo('WriteBack', this.toSecurityHub.splice(0), tries);
  }

  private async deliverTo(part: string, messages: string[], tries: number): Promise<string[]> {
    let left = messages.map((body, i) => ({ messageId: String(i), body }));
    for (let n = 0; n < tries && left.length > 0; n++) {
      if (n > 0) this.ahead += 6 * 60_000;
      const back: typeof left = [];
      for (let i = 0; i < left.length; i += 10) {
        const batch = left.slice(i, i + 10);
        const result = await this.invoke(part, { Records: batch });
        const failed: string[] | undefined =
          'error' in result
            ? undefined
            : (result.output as any).batchItemFailures.map(({ itemIdentifier }: any) => itemIdentifier);
        back.push(...batch.filter(({ messageId }) => failed?.includes(messageId) ?? true));
      }
      left = back;
    }
    return left.map(({ body }) => body);
  }

  /** Runs what was started since the last time. */
  public async play(): Promise<Execution[]> {
    const runs: Execution[] = [];
    while (this.played < this.executions.length) {
      const { stateMachineArn, input } = this.executions[this.played++];
      runs.push(await this.run(stateMachineArn, JSON.parse(input)));
    }
    return runs;
  }

  public async run(stateMachineArn: string, input: unknown): Promise<Execution> {
    const id = stateMachineArn.split(':').pop()!;
    const { DefinitionString } = this.template.Resources[id].Properties!;
    const execution = await runStateMachine(JSON.parse(this.resolve(DefinitionString)), input, {
      invoke: (functionArn, payload) => this.invoke(functionArn.split(':').pop()!, payload),
      newToken: () => `token${this.tokens++}`,
      pause: (seconds) => (this.ahead += seconds * 1_000),
      wait: async (token) => {
        this.parts.states.waiting.add(token);
        await this.onWait(token);
        this.parts.states.waiting.delete(token);
        return this.parts.states.answers.get(token);
      },
    });
    this.histories.push(execution);
    return execution;
  }

  public async invoke(part: string, payload: unknown): Promise<TaskResult> {
    this.invocation++;
    return this.find(part).invoke(payload, this.ahead);
  }

  /** A signed call of the operator's URL. */
  public async order(order: object, userArn = `arn:aws:iam::${ACCOUNT}:user/ann`): Promise<any> {
    const result: any = await this.invoke('Operator', {
      body: JSON.stringify(order),
      requestContext: { authorizer: { iam: { userArn } } },
    });
    if ('error' in result) throw new Error(`${result.error}: ${result.cause}`);
    return { ...JSON.parse(result.output.body), statusCode: result.output.statusCode };
  }

  /** The function dies in the middle of a call of the run: nothing of it is heard any more. */
  public killAt(call: number, when: 'before' | 'after'): void {
    let killed: number | undefined;
    this.wire.fault = (index) => {
      if (index === call) killed = this.invocation;
      if (killed === undefined || killed !== this.invocation) return undefined;
      return index === call ? when : 'before';
    };
  }

  /** All that a run needed, by the logical id of the role. */
  public get needed(): Right[] {
    return [...this.wire.needed, ...this.s3.needed];
  }

  public deny(denied: (right: Right) => boolean): void {
    this.wire.allows = (right) => !denied(right);
    this.s3.allows = (right) => !denied(right);
  }

  /** The logical id of the role of a function. */
  public roleOf(functionId: string): string {
    return this.template.Resources[functionId].Properties!.Role['Fn::GetAtt'][0];
  }
}

function bundleOf(id: string, env: Record<string, string>): string {
  if (env.STAGE !== undefined) return 'macie-upload-gate';
  if (env.ACTION !== undefined) return 'macie-response-executor';
  if (id.includes('WriteBack')) return 'macie-response-write-back';
  if (env.LEDGER_TABLE !== undefined) return 'macie-response-messenger';
  return id.includes('Operator') ? 'macie-response-operator' : 'macie-response-dispatcher';
}

/** Without nulls, which events have and the API has not. */
function trimmed(value: any): any {
  if (Array.isArray(value)) return value.map(trimmed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [[name, trimmed(member)]])),
  );
}
