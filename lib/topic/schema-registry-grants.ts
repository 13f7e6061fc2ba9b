import { Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IResource } from 'aws-cdk-lib';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { IKafkaSchema, IKafkaSchemaRegistry } from './schema-registry';

const READ = ['glue:GetSchemaVersion'];
const WRITE = ['glue:GetSchemaByDefinition'];
// A serializer that has registered a version waits until it is checked.
const REGISTER = [
  ...WRITE,
  'glue:CreateSchema',
  'glue:GetSchemaVersion',
  'glue:PutSchemaVersionMetadata',
  'glue:RegisterSchemaVersion',
];

/**
 * IAM permissions on a registry and its schemas, or on one schema of it. Glue asks for the registry besides the schema,
 * so each statement names both.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry-gs.html
 */
export class SchemaRegistryGrants {
  /** Permissions on a registry and all schemas that it has or will have. */
  public static fromRegistry(registry: IKafkaSchemaRegistry): SchemaRegistryGrants {
    const schemas = Fn.join(':schema/', Fn.split(':registry/', registry.registryArn, 2));
    return new SchemaRegistryGrants(registry, [registry.registryArn, `${schemas}/*`]);
  }

  /** Permissions on one schema. */
  public static fromSchema(schema: IKafkaSchema): SchemaRegistryGrants {
    return new SchemaRegistryGrants(schema, [schema.registry.registryArn, schema.schemaArn]);
  }

  private constructor(
    private readonly scope: IResource,
    private readonly resourceArns: string[],
  ) {}

  /** What a deserializer needs: fetch the version of a schema that a record names. */
  public read(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, READ);
  }

  /** What a serializer needs: find the version of a schema that is registered already. */
  public write(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, WRITE);
  }

  /** What a serializer needs that registers schemas and versions itself (`schemaAutoRegistrationEnabled`). */
  public register(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, REGISTER);
  }

  private grant(grantee: iam.IGrantable, actions: string[]): iam.Grant {
    const statement = { actions, resources: this.resourceArns };
    const redirected = OwnPolicyPrincipal.redirect(grantee, `SchemaAccess${this.scope.node.addr.slice(-8)}`);
    const grant = iam.Grant.addToPrincipal({ grantee: redirected, actions, resourceArns: this.resourceArns });
    if (!grant.success && !(grantee.grantPrincipal instanceof OwnPolicyPrincipal)) {
      warnNotAdded(this.scope, grantee, [new iam.PolicyStatement(statement)]);
    }
    return grant;
  }
}
