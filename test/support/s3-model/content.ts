import { createHash } from 'crypto';
import { Readable } from 'stream';

/** Bytes, or so many of one byte that nobody would want to hold them. */
export class Content {
  public static of(text: string | Buffer): Content {
    const bytes = Buffer.from(text);
    return new Content(bytes.length, bytes, createHash('sha256').update(bytes).digest('hex'));
  }

  /** Content that is only ever told about, never sent. */
  public static huge(size: number, seed: string): Content {
    return new Content(size, undefined, createHash('sha256').update(`${seed}:${size}`).digest('hex'));
  }

  private constructor(
    public readonly size: number,
    private readonly bytes: Buffer | undefined,
    public readonly sha256: string,
  ) {}

  /** Stands in for what the service computes: equal for equal content, and for no other. */
  public get checksum(): string {
    return Buffer.from(this.sha256.slice(0, 16), 'hex').toString('base64');
  }

  public get md5(): string {
    return createHash('md5')
      .update(this.bytes ?? this.sha256)
      .digest('hex');
  }

  public stream(): Readable {
    if (!this.bytes) throw new Error('nobody should read this');
    return Readable.from([this.bytes]);
  }
}
