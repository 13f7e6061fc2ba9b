import { Content } from './content';

export type Versioning = 'Off' | 'Enabled' | 'Suspended';
export type Tags = Record<string, string>;

export interface Version {
  readonly versionId: string;
  readonly deleteMarker?: boolean;
  readonly content: Content;
  readonly etag: string;

  /** What `Content-Type` and its like say, by header. */
  readonly headers: Record<string, string>;
  readonly sse: string;
  readonly kmsKeyId?: string;

  /** Whether the service knows a checksum over the whole object. */
  readonly hasChecksum: boolean;
  readonly lock?: { readonly mode?: string; readonly until?: string; readonly legalHold?: boolean };
  tags: Tags;
}

export interface Upload {
  readonly key: string;
  readonly base: Omit<Version, 'versionId' | 'content' | 'etag'>;
  readonly source: { content?: Content; parts: Map<number, [number, number]> };
}

export interface PublicAccess {
  readonly BlockPublicAcls?: boolean;
  readonly BlockPublicPolicy?: boolean;
  readonly IgnorePublicAcls?: boolean;
  readonly RestrictPublicBuckets?: boolean;
}

/** A bucket with the versions of its objects, newest last. */
export class Bucket {
  public readonly objects = new Map<string, Version[]>();
  public readonly uploads = new Map<string, Upload>();
  public publicAccess?: PublicAccess;
  public tags?: Record<string, string>;

  /** How many versions a page of their list holds. */
  public versionsPerPage = 1_000;

  private ids = 0;

  public constructor(
    public readonly name: string,
    public readonly versioning: Versioning = 'Enabled',
    public readonly owner = '123456789012',
    public readonly defaultKey?: string,
  ) {}

  /** What a user puts there. */
  public put(key: string, content: Content | string, details: Partial<Version> = {}): Version {
    const body = content instanceof Content ? content : Content.of(content);
    return this.add(key, {
      content: body,
      etag: details.etag ?? body.md5,
      headers: {},
      sse: details.kmsKeyId ? 'aws:kms' : 'AES256',
      tags: {},
      hasChecksum: true,
      ...details,
    });
  }

  public add(key: string, version: Omit<Version, 'versionId'>): Version {
    const added = { ...version, versionId: this.versioning === 'Enabled' ? `v${this.ids++}.${this.name}` : 'null' };
    const others = (this.objects.get(key) ?? []).filter(({ versionId }) => versionId !== added.versionId);
    this.objects.set(key, [...others, added]);
    return added;
  }

  public mark(key: string): Version {
    const nothing = { content: Content.of(''), etag: '', headers: {}, sse: '', tags: {}, hasChecksum: false };
    return this.add(key, { ...nothing, deleteMarker: true });
  }

  /** What a reader of a key gets. */
  public current(key: string): Version | undefined {
    return this.objects.get(key)?.at(-1);
  }

  public version(key: string, versionId?: string): Version | undefined {
    if (versionId === undefined) return this.current(key);
    return this.objects.get(key)?.find((one) => one.versionId === versionId);
  }

  public newUpload(upload: Upload): string {
    const id = `upload${this.ids++}`;
    this.uploads.set(id, upload);
    return id;
  }
}
