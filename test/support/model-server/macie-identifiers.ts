import { ServiceError } from './server';
import type { Behaviours } from './server';

const ARN = 'arn:aws:macie2:eu-west-1:123456789012:custom-data-identifier/';

export interface FakeIdentifier {
  readonly id: string;
  readonly name: string;
  readonly regex: string;
  readonly severityLevels?: object[];
  readonly tags: Record<string, string>;
  deleted: boolean;
}

/** The custom data identifiers of one account in one Region. */
export class MacieIdentifiers {
  public on = true;
  public all: FakeIdentifier[] = [];

  /** How many items a page of the list has. */
  public pageSize = 2;

  private readonly tokens = new Map<string, string>();

  public readonly behaviours: Behaviours = {
    CreateCustomDataIdentifier: ({ clientToken, tags = {}, ...definition }) => {
      this.requireOn();
      const id = this.tokens.get(clientToken) ?? this.nextId();
      if (!this.tokens.has(clientToken)) this.all.push({ ...definition, id, tags, deleted: false });
      this.tokens.set(clientToken, id);
      return { customDataIdentifierId: id };
    },

    GetCustomDataIdentifier: ({ id }) => {
      const one = this.find(id);
      return { ...one, arn: ARN + id, createdAt: '2026-01-01T00:00:00Z' };
    },

    ListCustomDataIdentifiers: ({ nextToken = '0' }) => {
      this.requireOn();
      const living = this.all.filter(({ deleted }) => !deleted);
      const end = Number(nextToken) + this.pageSize;
      const items = living.slice(Number(nextToken), end).map(({ id, name }) => ({ id, name, arn: ARN + id }));
      return { items, nextToken: end < living.length ? String(end) : undefined };
    },

    DeleteCustomDataIdentifier: ({ id }) => {
      this.find(id).deleted = true;
    },

    TagResource: ({ resourceArn, tags }) => {
      Object.assign(this.find(resourceArn.slice(ARN.length)).tags, tags);
    },

    UntagResource: ({ resourceArn, tagKeys }) => {
      const { tags } = this.find(resourceArn.slice(ARN.length));
      for (const key of tagKeys) delete tags[key];
    },
  };

  public get living(): FakeIdentifier[] {
    return this.all.filter(({ deleted }) => !deleted);
  }

  private nextId(): string {
    return `00000000-0000-4000-8000-${String(this.all.length + 1).padStart(12, '0')}`;
  }

  private find(id: string): FakeIdentifier {
    this.requireOn();
    const found = this.all.find((one) => one.id === id);
    if (!found) throw new ServiceError('ResourceNotFoundException', `no identifier ${id}`);
    return found;
  }

  private requireOn(): void {
    if (!this.on) throw new ServiceError('AccessDeniedException', 'Macie is not enabled');
  }
}
