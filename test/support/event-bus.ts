import { EventRuler } from './event-ruler';
import { resourcesOf } from './kafka';
import type { Resolve, Template } from './kafka';

/** What one target of a rule got. */
export interface Delivery {
  /** Logical id of the rule. */
  readonly rule: string;
  /** ARN of the target. */
  readonly target: string;
  /** The event, or what the rule makes of it. */
  readonly input: unknown;
}

/** The rules of a template, with the engine that matches them: which target gets an event, and in which form. */
export class EventBus {
  static async start(template: Template, resolve: Resolve): Promise<EventBus> {
    const rules = resourcesOf(template, 'AWS::Events::Rule')
      .map(([id, { Properties }]) => [id, resolve(Properties)] as const)
      .filter(([, { EventPattern }]) => EventPattern !== undefined);
    return new EventBus(rules, await EventRuler.start());
  }

  private constructor(
    private readonly rules: readonly (readonly [string, any])[],
    private readonly ruler: EventRuler,
  ) {}

  async put(event: object): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (const [rule, { EventPattern, State, Targets }] of this.rules) {
      if (State !== 'DISABLED' && (await this.ruler.matches(EventPattern, event))) {
        for (const target of Targets) {
          deliveries.push({ rule, target: target.Arn, input: inputOf(target, event) });
        }
      }
    }
    return deliveries;
  }

  stop(): Promise<void> {
    return this.ruler.stop();
  }
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html */
function inputOf({ InputTransformer }: any, event: object): unknown {
  if (InputTransformer === undefined) {
    return event;
  }
  const { InputPathsMap, InputTemplate } = InputTransformer;
  const text = InputTemplate.replace(/<([\w-]+)>/g, (_: string, name: string) => {
    const members: string[] = InputPathsMap[name].split('.').slice(1);
    return JSON.stringify(members.reduce((at, member) => at?.[member], event as any) ?? null);
  });
  return JSON.parse(text);
}
