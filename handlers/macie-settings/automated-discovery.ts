import type {
  AutomatedDiscoveryStatus,
  GetAutomatedDiscoveryConfigurationCommandOutput,
  GetClassificationScopeCommandOutput,
  GetSensitivityInspectionTemplateCommandOutput,
  UpdateAutomatedDiscoveryConfigurationCommandInput,
  UpdateClassificationScopeCommandInput,
  UpdateSensitivityInspectionTemplateCommandInput,
} from '@aws-sdk/client-macie2';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource, EnsureEvent } from '../shared/custom-resource';
import { explained, isWorthWaiting, isWorthWaitingOnceOn } from '../shared/macie-denial';
import { Patience } from '../shared/patience';
import { ignoringOff, mayTakeOver, ownId, PATIENCE_MS } from './setting';
import type { Properties } from './setting';
import { addTo, contradictions, isEmpty, NOTHING, removeFrom, valueOf } from './template-parts';
import type { TemplateParts } from './template-parts';

/** The calls to the service. */
export interface AutomatedDiscoveries {
  read(): Promise<GetAutomatedDiscoveryConfigurationCommandOutput>;
  update(input: UpdateAutomatedDiscoveryConfigurationCommandInput): Promise<unknown>;
  readScope(id: string): Promise<GetClassificationScopeCommandOutput>;
  updateScope(input: UpdateClassificationScopeCommandInput): Promise<unknown>;
  readTemplate(id: string): Promise<GetSensitivityInspectionTemplateCommandOutput>;
  updateTemplate(input: UpdateSensitivityInspectionTemplateCommandInput): Promise<unknown>;
}

/** What a resource says about discovery; of the rest it takes no notice. */
interface Value {
  readonly status?: AutomatedDiscoveryStatus;
  readonly excludedBuckets: string[];
  /** Buckets that the library writes to: left out where there is something to leave them out of. */
  readonly libraryBuckets: string[];
  readonly template: TemplateParts;
}

/** Turned on a moment ago. */
const NOT_YET = new Error('automated discovery is on, and has neither a scope nor a template yet');

/** Others may write the same template in between, so what is written is read again. */
const TRIES = 5;

/**
 * `Custom::MacieAutomatedDiscovery`: whether Macie looks through all buckets day by day, and how.
 *
 * Scope and template belong to the account; what others have put there stays. A delete takes back what this resource
 * has put there, and leaves the status: turning discovery off would delete its statistics.
 */
export function automatedDiscovery(service: AutomatedDiscoveries, clock: Clock): CustomResource<Properties> {
  return {
    async ensure(event) {
      const discovery = new Discovery(service, new Patience(clock, PATIENCE_MS), isWorthWaitingOnceOn);
      const wanted = valueIn(event.ResourceProperties);
      const old = event.RequestType === 'Update' ? valueIn(event.OldResourceProperties) : nothing();
      try {
        await discovery.setStatus(event, wanted.status, old.status);
        await discovery.change(wanted, old, mayTakeOver(event));
      } catch (error) {
        throw explained(error as AwsError);
      }
      return { physicalResourceId: ownId('automated-discovery', event.StackId) };
    },

    async remove(event) {
      if (event.PhysicalResourceId !== ownId('automated-discovery', event.StackId)) return;
      const discovery = new Discovery(service, new Patience(clock, PATIENCE_MS), isWorthWaiting);
      await ignoringOff(() => discovery.change(nothing(), valueIn(event.ResourceProperties), false));
    },
  };
}

class Discovery {
  constructor(
    private readonly service: AutomatedDiscoveries,
    private readonly patience: Patience,
    private readonly worthWaiting: (error: Error) => boolean,
  ) {}

  public async setStatus(
    event: EnsureEvent<Properties>,
    wanted: AutomatedDiscoveryStatus | undefined,
    old: AutomatedDiscoveryStatus | undefined,
  ): Promise<void> {
    if (wanted === undefined) return;
    const current = await this.call(() => this.service.read());
    if (current.status === wanted) return;
    const isDecided = current.status === 'ENABLED' || current.firstEnabledAt !== undefined;
    if (old === undefined && isDecided && !mayTakeOver(event)) {
      throw new Error(
        `automated discovery of this account and Region is ${current.status}, and ${wanted} is asked for; ` +
          'set takeOver to change it, or leave the status unmanaged',
      );
    }
    // Left out, the service may take its own default for the members of an organization.
    const { autoEnableOrganizationMembers } = current;
    await this.call(() => this.service.update({ status: wanted, autoEnableOrganizationMembers }));
  }

  public async change(wanted: Value, old: Value, takeOver: boolean): Promise<void> {
    const [buckets, oldBuckets] = [bucketsOf(wanted), bucketsOf(old)];
    const template = { added: wanted.template, gone: removeFrom(old.template, wanted.template) };
    const changesScope = buckets.length + oldBuckets.length > 0;
    const changesTemplate = !isEmpty(template.added) || !isEmpty(template.gone);
    if (!changesScope && !changesTemplate) return;

    const { scopeId, templateId } = await this.ids(wanted);
    if (scopeId !== undefined && changesScope) {
      await this.changeScope(scopeId, buckets, without(oldBuckets, buckets));
    }
    if (templateId !== undefined && changesTemplate) await this.changeTemplate(templateId, template, takeOver);
  }

  /** An account in which discovery was never on has neither scope nor template: nothing to take back or to add to. */
  private async ids(wanted: Value): Promise<{ readonly scopeId?: string; readonly templateId?: string }> {
    const read = async () => {
      const { classificationScopeId: scopeId, sensitivityInspectionTemplateId: templateId } = await this.service.read();
      if (wanted.status === 'ENABLED' && (scopeId === undefined || templateId === undefined)) throw NOT_YET;
      return { scopeId, templateId };
    };
    const ids = await this.patience.call(read, (error) => error === NOT_YET || this.worthWaiting(error));
    const isMissing = ids.scopeId === undefined || ids.templateId === undefined;
    if (isMissing && (wanted.excludedBuckets.length > 0 || !isEmpty(wanted.template))) {
      throw new Error(
        'automated discovery was never on in this account and Region, so nothing can be said about how it works',
      );
    }
    return ids;
  }

  private async changeScope(id: string, wanted: string[], gone: string[]): Promise<void> {
    const { s3 } = await this.call(() => this.service.readScope(id));
    const current = s3?.excludes?.bucketNames ?? [];
    const added = without(wanted, current);
    const removed = gone.filter((name) => current.includes(name));
    if (added.length > 0) await this.updateScope(id, 'ADD', added);
    if (removed.length > 0) await this.updateScope(id, 'REMOVE', removed);
  }

  private async updateScope(id: string, operation: 'ADD' | 'REMOVE', bucketNames: string[]): Promise<void> {
    await this.call(() => this.service.updateScope({ id, s3: { excludes: { operation, bucketNames } } }));
  }

  /** An update replaces the whole template, so it is read, merged and written, until what is read is right. */
  private async changeTemplate(
    id: string,
    { added, gone }: { readonly added: TemplateParts; readonly gone: TemplateParts },
    takeOver: boolean,
  ): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { description, includes, excludes } = await this.call(() => this.service.readTemplate(id));
      const current = valueOf({ includes, excludes });
      const kept = removeFrom(current, gone);
      const contrary = contradictions(kept, added);
      if (contrary.length > 0 && !takeOver) {
        throw new Error(
          `the template of automated discovery says the opposite about ${contrary.join(', ')}; set takeOver to change it`,
        );
      }
      const merged = addTo(kept, added);
      if (JSON.stringify(merged) === JSON.stringify(current)) return;
      await this.call(() => this.service.updateTemplate({ id, description, ...merged }));
    }
    throw new Error('the template of automated discovery does not keep what is written; something else writes it too');
  }

  private call<T>(make: () => Promise<T>): Promise<T> {
    return this.patience.call(make, this.worthWaiting);
  }
}

function bucketsOf({ excludedBuckets, libraryBuckets }: Value): string[] {
  return [...new Set([...excludedBuckets, ...libraryBuckets])];
}

function without(some: string[], others: string[]): string[] {
  return some.filter((one) => !others.includes(one));
}

function nothing(): Value {
  return { excludedBuckets: [], libraryBuckets: [], template: NOTHING };
}

function valueIn({ Value }: Properties): Value {
  return { ...nothing(), ...(JSON.parse(Value) as Partial<Value>) };
}
