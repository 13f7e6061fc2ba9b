import { isDeepStrictEqual } from 'util';
import type { Answer, HandlerProcess } from '../support/node';

const SERVICE_TOKEN = 'arn:aws:lambda:eu-west-1:123456789012:function:handler';

type RequestType = 'Create' | 'Update' | 'Delete';
type Properties = Record<string, unknown>;
type Resources = Map<string, { readonly physicalId: string; readonly properties: Properties }>;

interface EventDetails {
  readonly StackId?: string;
  readonly ResourceType?: string;
  readonly LogicalResourceId?: string;
  readonly PhysicalResourceId?: string;
  readonly OldResourceProperties?: Properties;
}

let requests = 0;

/** An event as CloudFormation sends it; the `ResponseURL` comes with the run. */
export function eventOf(requestType: RequestType, properties: Properties, details: EventDetails = {}) {
  return {
    RequestType: requestType,
    ServiceToken: SERVICE_TOKEN,
    StackId: stackId('app'),
    RequestId: `request-${++requests}`,
    LogicalResourceId: 'Resource',
    ResourceType: 'Custom::Test',
    ResourceProperties: { ServiceToken: SERVICE_TOKEN, ...properties },
    ...details,
  };
}

function stackId(name: string): string {
  return `arn:aws:cloudformation:eu-west-1:123456789012:stack/${name}/3f1c2b10-0000-11ee-be56-0242ac120002`;
}

/**
 * A stack of custom resources of one type, deployed in the order that CloudFormation keeps: creates and updates first,
 * undone when one fails, with what replaced something deleted last; then the deletes of what was replaced or is no
 * longer in the template.
 */
export class FakeStack {
  /** All answers that the stack ever got. */
  public readonly answers: Answer[] = [];

  private resources: Resources = new Map();

  public constructor(
    private readonly handler: HandlerProcess,
    private readonly name = 'app',
    private readonly resourceType = 'Custom::Test',
  ) {}

  /** @param template properties by logical id */
  public async deploy(template: Record<string, Properties>): Promise<'COMPLETE' | 'ROLLBACK_COMPLETE'> {
    const before: Resources = new Map(this.resources);
    for (const [logicalId, properties] of Object.entries(template)) {
      const old = before.get(logicalId);
      if (old && isDeepStrictEqual(old.properties, properties)) continue;
      const answer = old
        ? await this.send('Update', logicalId, properties, old.physicalId, old.properties)
        : await this.send('Create', logicalId, properties);
      this.resources.set(logicalId, { physicalId: answer.PhysicalResourceId, properties });
      if (answer.Status === 'FAILED') return this.rollBack(before);
    }
    for (const [logicalId, { physicalId, properties }] of before) {
      const kept = logicalId in template && this.resources.get(logicalId)!.physicalId === physicalId;
      if (!kept) await this.succeed('Delete', logicalId, properties, physicalId);
      if (!(logicalId in template)) this.resources.delete(logicalId);
    }
    return 'COMPLETE';
  }

  public async destroy(): Promise<void> {
    await this.deploy({});
  }

  private async rollBack(before: Resources): Promise<'ROLLBACK_COMPLETE'> {
    const undone: Parameters<FakeStack['send']>[] = [];
    for (const [logicalId, { physicalId, properties }] of this.resources) {
      const old = before.get(logicalId);
      if (old === this.resources.get(logicalId)) continue;
      if (!old) {
        await this.succeed('Delete', logicalId, properties, physicalId);
        continue;
      }
      const { PhysicalResourceId } = await this.succeed('Update', logicalId, old.properties, physicalId, properties);
      before.set(logicalId, { physicalId: PhysicalResourceId, properties: old.properties });
      if (PhysicalResourceId !== physicalId) undone.push(['Delete', logicalId, properties, physicalId]);
    }
    for (const replacement of undone) await this.succeed(...replacement);
    this.resources = before;
    return 'ROLLBACK_COMPLETE';
  }

  /** A clean-up or a roll-back that fails leaves a broken stack. */
  private async succeed(...args: Parameters<FakeStack['send']>): Promise<Answer> {
    const answer = await this.send(...args);
    if (answer.Status === 'FAILED') throw new Error(`${args[0]} of ${args[1]} failed: ${answer.Reason}`);
    return answer;
  }

  private async send(
    requestType: RequestType,
    LogicalResourceId: string,
    properties: Properties,
    PhysicalResourceId?: string,
    OldResourceProperties?: Properties,
  ): Promise<Answer> {
    const details = {
      StackId: stackId(this.name),
      ResourceType: this.resourceType,
      LogicalResourceId,
      PhysicalResourceId,
      OldResourceProperties,
    };
    const { response } = await this.handler.run(eventOf(requestType, properties, details));
    if (!response) throw new Error('no answer: CloudFormation waits for an hour');
    this.answers.push(response);
    return response;
  }
}
