import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type DataFormat = 'AVRO' | 'JSON' | 'PROTOBUF';

export interface RegisteredSchema {
  readonly dataFormat: DataFormat;
  readonly definition: string;
}

/**
 * A registry of schemas in this process, by the two ways to name one: the number of Confluent's registry, whose REST
 * interface it answers, and the version id of AWS Glue.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export class LocalSchemaRegistry {
  static async start(): Promise<LocalSchemaRegistry> {
    const registry = new LocalSchemaRegistry();
    registry.server.listen(0, '127.0.0.1');
    await once(registry.server, 'listening');
    return registry;
  }

  /** How often a schema was asked for. */
  requests = 0;
  private readonly schemas: RegisteredSchema[] = [];
  private readonly versions = new Map<string, number>();
  private readonly server: Server = createServer(({ url = '' }, response) => {
    this.requests++;
    const schema = this.schema(Number(/^\/schemas\/ids\/(\d+)$/.exec(url)?.[1]));
    const { dataFormat: schemaType, definition } = schema ?? {};
    response.writeHead(schema ? 200 : 404, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(JSON.stringify(schema ? { schemaType, schema: definition } : { error_code: 40403 }));
  });

  private constructor() {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param version what Glue calls it */
  register(schema: RegisteredSchema, version: string): number {
    const id = this.schemas.push(schema);
    this.versions.set(version, id);
    return id;
  }

  schema(id: number): RegisteredSchema | undefined {
    return this.schemas[id - 1];
  }

  /** The number of what Glue names by a version id. */
  idOf(version: string): number | undefined {
    return this.versions.get(version);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
