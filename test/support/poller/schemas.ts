import { inflateSync } from 'node:zlib';
import { kafkaClient } from '../kafka';
import type { PolledRecord, SchemaMetadata } from './event';
import type { LocalSchemaRegistry } from './schema-registry';

export type RecordPart = 'KEY' | 'VALUE';

/** How a mapping decodes records: its `SchemaRegistryConfig`. */
export interface SchemaConfig {
  /** An ARN of AWS Glue, or an address. */
  readonly uri: string;
  readonly format: 'JSON' | 'SOURCE';
  readonly parts: readonly RecordPart[];
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html */
export type Undecodable = 'SCHEMA_NOT_FOUND' | 'DESERIALIZATION_ERROR';

/** What frames the bytes that a serializer wrote. */
interface Framed {
  /** As the event has it. */
  readonly schemaId: string;
  /** In the registry; `undefined` where it knows none. */
  readonly id?: number;
  readonly data: Buffer;
}

interface Decoded {
  readonly bytes: Buffer;
  readonly schema: SchemaMetadata;
}

/** The bytes are not what their schema says, or no serializer of the registry wrote them. */
class Malformed extends Error {}
class Unknown extends Error {}

/**
 * Decodes records by their schemas as a mapping does it, with the Kafka client's own decoders: they know Avro, JSON
 * Schema and Protobuf in the framing of Confluent, into which that of Glue is brought.
 */
export class SchemaDecoder {
  private readonly client: InstanceType<typeof kafkaClient.ConfluentSchemaRegistry>;

  constructor(
    private readonly config: SchemaConfig,
    private readonly registry: LocalSchemaRegistry,
  ) {
    this.client = new kafkaClient.ConfluentSchemaRegistry({
      url: registry.url,
      retries: 0,
      protobufTypeMapper: (id) => firstMessage(this.client.get(id)!.schema),
    });
  }

  async decode(record: PolledRecord): Promise<PolledRecord | Undecodable> {
    const { parts } = this.config;
    try {
      const key = parts.includes('KEY') && record.key !== null ? await this.part(record.key) : undefined;
      const value = parts.includes('VALUE') && record.value !== null ? await this.part(record.value) : undefined;
      return {
        ...record,
        ...(key && { key: key.bytes, keySchema: key.schema }),
        ...(value && { value: value.bytes, valueSchema: value.schema }),
      };
    } catch (error) {
      if (error instanceof Unknown) {
        return 'SCHEMA_NOT_FOUND';
      }
      if (error instanceof Malformed) {
        return 'DESERIALIZATION_ERROR';
      }
      throw error;
    }
  }

  private async part(bytes: Buffer): Promise<Decoded> {
    const { schemaId, id, data } = this.config.uri.startsWith('arn:') ? this.ofGlue(bytes) : ofConfluent(bytes);
    const known = id === undefined ? undefined : this.registry.schema(id);
    if (id === undefined || known === undefined) {
      throw new Unknown(schemaId);
    }
    if (!this.client.get(id)) {
      await new Promise<void>((resolve, reject) => {
        void this.client.fetchSchema(id, (error?: Error | null) => (error ? reject(error) : resolve()));
      });
    }
    const { dataFormat } = known;
    // Messages of Protobuf say first which of the schema they are; both registries write 0 for its first one.
    const message = dataFormat === 'PROTOBUF' ? withoutIndex(data) : data;
    let decoded: unknown;
    try {
      decoded = this.client.getDeserializers().value!(framed(id, message), new Map(), {} as never);
    } catch (error) {
      throw new Malformed(String(error));
    }
    const source = this.config.format === 'SOURCE' ? message : Buffer.from(JSON.stringify(decoded));
    return { bytes: source, schema: { dataFormat, schemaId } };
  }

  /** @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry-works.html */
  private ofGlue(bytes: Buffer): Framed {
    const compression = bytes[1];
    if (bytes.length < 18 || bytes[0] !== 3 || (compression !== 0 && compression !== 5)) {
      throw new Malformed('not framed by a serializer of AWS Glue');
    }
    const hex = bytes.subarray(2, 18).toString('hex');
    const schemaId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const data = bytes.subarray(18);
    return { schemaId, id: this.registry.idOf(schemaId), data: compression === 5 ? inflateSync(data) : data };
  }
}

function ofConfluent(bytes: Buffer): Framed {
  if (bytes.length < 5 || bytes[0] !== 0) {
    throw new Malformed('not framed by a serializer of Confluent');
  }
  const id = bytes.readInt32BE(1);
  return { schemaId: String(id), id, data: bytes.subarray(5) };
}

function framed(id: number, data: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, data]);
}

function withoutIndex(data: Buffer): Buffer {
  if (data[0] !== 0) {
    throw new Malformed('only the first message of a schema can be played');
  }
  return data.subarray(1);
}

function firstMessage(root: any): string {
  const [first] = root.nestedArray;
  return first.fields === undefined ? firstMessage(first) : first.fullName.slice(1);
}
