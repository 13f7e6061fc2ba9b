import { Fn, Lazy, Names, RemovalPolicy, Resource, Stack, Token } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { SchemaRegistryGrants } from './schema-registry-grants';

/** A registry of AWS Glue that holds the schemas of records, created here or elsewhere. */
export interface IKafkaSchemaRegistry extends IResource {
  /**
   * The ARN of the registry.
   *
   * @attribute
   */
  readonly registryArn: string;

  /**
   * The name of the registry: `registry.name` of the serializers.
   *
   * @attribute
   */
  readonly registryName: string;

  /** IAM permissions on the registry and all its schemas. */
  readonly grants: SchemaRegistryGrants;
}

/** Properties of a schema registry. */
export interface KafkaSchemaRegistryProps {
  /**
   * The name: 1 to 255 letters, digits, `.`, `-`, `_`, `$` and `#`, unique in account and Region. Another name replaces
   * the registry.
   *
   * @default - a unique name from the path of the construct
   */
  readonly registryName?: string;

  /**
   * What it is for.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the registry when it is removed from the stack or replaced, and by default to its schemas. Records
   * name the version of their schema by its id: without it nobody can read them.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A registry of schemas, kept when the stack goes.
 *
 * @resource AWS::Glue::Registry
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html
 */
@injectable
export class KafkaSchemaRegistry extends Resource implements IKafkaSchemaRegistry {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KafkaSchemaRegistry';

  /**
   * A registry that is there already, by its ARN.
   *
   * @param registryArn `arn:PARTITION:glue:REGION:ACCOUNT:registry/NAME`
   */
  public static fromRegistryArn(scope: Construct, id: string, registryArn: string): IKafkaSchemaRegistry {
    return new ImportedRegistry(scope, id, registryArn, registryArn);
  }

  /** A registry of this account and Region that is there already, by its name. */
  public static fromRegistryName(scope: Construct, id: string, registryName: string): IKafkaSchemaRegistry {
    return new ImportedRegistry(scope, id, registryArnOf(scope, registryName));
  }

  public readonly registryArn: string;
  public readonly registryName: string;
  public readonly grants: SchemaRegistryGrants;

  /** What happens to the registry, and by default to its schemas, when it is removed or replaced. */
  public readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: KafkaSchemaRegistryProps = {}) {
    super(scope, id, {
      physicalName:
        props.registryName ??
        Lazy.string({ produce: () => Names.uniqueResourceName(this, { maxLength: 255, separator: '-' }) }),
    });
    requireGlueName(this, 'registryName', props.registryName);
    const resource = new glue.CfnRegistry(this, 'Resource', {
      name: this.physicalName,
      description: props.description,
    });
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    resource.applyRemovalPolicy(this.removalPolicy);
    this.registryArn = resource.attrArn;
    this.registryName = this.physicalName; // Known at synth: clients of any stack are told it in plain text.
    this.grants = SchemaRegistryGrants.fromRegistry(this);
  }
}

class ImportedRegistry extends Resource implements IKafkaSchemaRegistry {
  public readonly registryName: string;
  public readonly grants: SchemaRegistryGrants;

  constructor(
    scope: Construct,
    id: string,
    public readonly registryArn: string,
    environmentFromArn?: string,
  ) {
    super(scope, id, { environmentFromArn });
    this.registryName = afterSlash(registryArn, 1);
    this.grants = SchemaRegistryGrants.fromRegistry(this);
  }
}

/** How the definition of a schema is written. */
export enum SchemaDataFormat {
  /** Apache Avro. */
  AVRO = 'AVRO',

  /** JSON Schema, draft 4, 6 or 7. */
  JSON = 'JSON',

  /** Protocol Buffers 2 or 3. */
  PROTOBUF = 'PROTOBUF',
}

/**
 * What a new version of a schema may change.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html#schema-registry-compatibility
 */
export enum SchemaCompatibility {
  /** Anything. */
  NONE = 'NONE',

  /** Nothing: there is no further version. */
  DISABLED = 'DISABLED',

  /** Consumers with the new version read records of the last one. */
  BACKWARD = 'BACKWARD',

  /** Consumers with the new version read records of all before it. */
  BACKWARD_ALL = 'BACKWARD_ALL',

  /** Consumers with the last version read records of the new one. */
  FORWARD = 'FORWARD',

  /** Consumers with any version before it read records of the new one. */
  FORWARD_ALL = 'FORWARD_ALL',

  /** Both ways, with the last version. */
  FULL = 'FULL',

  /** Both ways, with all versions. */
  FULL_ALL = 'FULL_ALL',
}

/** A schema of a registry, created here or elsewhere. */
export interface IKafkaSchema extends IResource {
  /** The registry that holds it. */
  readonly registry: IKafkaSchemaRegistry;

  /**
   * The ARN of the schema.
   *
   * @attribute
   */
  readonly schemaArn: string;

  /**
   * The name of the schema.
   *
   * @attribute
   */
  readonly schemaName: string;

  /** IAM permissions on this schema alone. */
  readonly grants: SchemaRegistryGrants;
}

/** Properties of a schema. */
export interface KafkaSchemaProps {
  /** The registry that holds it. Another one replaces the schema. */
  readonly registry: IKafkaSchemaRegistry;

  /**
   * The name: 1 to 255 letters, digits, `.`, `-`, `_`, `$` and `#`. Serializers look for the name of the topic unless
   * they are told another. Another name replaces the schema.
   */
  readonly schemaName: string;

  /** How the definition is written. Another format replaces the schema. */
  readonly dataFormat: SchemaDataFormat;

  /**
   * The first version, up to 170000 bytes. It never changes: CloudFormation would replace the schema, and fail as its
   * name is taken. Add further versions with `addVersion()`.
   */
  readonly definition: string;

  /**
   * What a further version may change.
   *
   * @default SchemaCompatibility.BACKWARD
   */
  readonly compatibility?: SchemaCompatibility;

  /**
   * What it describes.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the schema and its versions when they are removed from the stack or replaced.
   *
   * @default - as for a registry of this app; else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A schema with its versions.
 *
 * @resource AWS::Glue::Schema
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry-works.html
 */
@injectable
export class KafkaSchema extends Resource implements IKafkaSchema {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KafkaSchema';

  /**
   * A schema that is there already, by its ARN; the registry follows from it.
   *
   * @param schemaArn `arn:PARTITION:glue:REGION:ACCOUNT:schema/REGISTRY/SCHEMA`
   */
  public static fromSchemaArn(scope: Construct, id: string, schemaArn: string): IKafkaSchema {
    const registryArn = `${Fn.select(0, Fn.split(':schema/', schemaArn))}:registry/${afterSlash(schemaArn, 1)}`;
    return new ImportedSchema(scope, id, schemaArn, registryArn);
  }

  public readonly registry: IKafkaSchemaRegistry;
  public readonly schemaArn: string;
  public readonly schemaName: string;
  public readonly grants: SchemaRegistryGrants;

  private readonly removalPolicy: RemovalPolicy;
  private newest: glue.CfnSchema | glue.CfnSchemaVersion;

  constructor(scope: Construct, id: string, props: KafkaSchemaProps) {
    super(scope, id, { physicalName: props.schemaName });
    requireGlueName(this, 'schemaName', props.schemaName);
    const resource = new glue.CfnSchema(this, 'Resource', {
      registry: { arn: props.registry.registryArn },
      name: props.schemaName,
      dataFormat: props.dataFormat,
      compatibility: props.compatibility ?? SchemaCompatibility.BACKWARD,
      schemaDefinition: props.definition,
      description: props.description,
    });
    this.removalPolicy =
      props.removalPolicy ??
      (props.registry as { removalPolicy?: RemovalPolicy }).removalPolicy ??
      RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    resource.applyRemovalPolicy(this.removalPolicy);
    this.registry = props.registry;
    this.schemaArn = resource.attrArn;
    this.schemaName = props.schemaName;
    this.newest = resource;
    this.grants = SchemaRegistryGrants.fromSchema(this);
  }

  /**
   * Adds a version. Versions are registered in the order of the calls, each checked against those before it.
   *
   * @param id of the construct, for example `V2`; never give it to another definition
   * @param definition up to 170000 bytes
   * @returns the id of the version, as records carry it
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-glue-schemaversion.html
   */
  public addVersion(id: string, definition: string): string {
    const version = new glue.CfnSchemaVersion(this, id, {
      schema: { schemaArn: this.schemaArn },
      schemaDefinition: definition,
    });
    version.applyRemovalPolicy(this.removalPolicy);
    version.node.addDependency(this.newest);
    this.newest = version;
    return version.attrVersionId;
  }
}

class ImportedSchema extends Resource implements IKafkaSchema {
  public readonly registry: IKafkaSchemaRegistry;
  public readonly schemaName: string;
  public readonly grants: SchemaRegistryGrants;

  constructor(
    scope: Construct,
    id: string,
    public readonly schemaArn: string,
    registryArn: string,
  ) {
    super(scope, id, { environmentFromArn: schemaArn });
    this.registry = KafkaSchemaRegistry.fromRegistryArn(this, 'Registry', registryArn);
    this.schemaName = afterSlash(schemaArn, 2);
    this.grants = SchemaRegistryGrants.fromSchema(this);
  }
}

function registryArnOf(scope: Construct, registryName: string): string {
  return Stack.of(scope).formatArn({ service: 'glue', resource: 'registry', resourceName: registryName });
}

function afterSlash(arn: string, index: number): string {
  return Fn.select(index, Fn.split('/', arn));
}

/** @see https://docs.aws.amazon.com/glue/latest/webapi/API_CreateSchema.html */
function requireGlueName(scope: Construct, property: string, name: string | undefined): void {
  if (name !== undefined && !Token.isUnresolved(name) && !/^[a-zA-Z0-9-_$#.]{1,255}$/.test(name)) {
    throw validationError(
      'SchemaRegistryName',
      `\`${property}\` must have 1 to 255 letters, digits, dots, hyphens, underscores, dollar signs and hashes, got '${name}'`,
      scope,
    );
  }
}
