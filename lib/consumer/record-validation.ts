import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { validationError } from '../private/errors';

import type { IKafkaSchemaRegistry } from '../topic';
import { secretGrant } from '../private/secret-grant';

/** The parts of a record that have a schema. */
export enum RecordPart {
  /** Its key. */
  KEY = 'KEY',

  /** Its value. */
  VALUE = 'VALUE',
}

/** What the function is given of a record that was decoded. */
export enum DecodedFormat {
  /** Plain JSON, in base64 as always. Filters can look at it. */
  JSON = 'JSON',

  /** The bytes as the producer wrote them, without the framing of the registry. */
  SOURCE = 'SOURCE',
}

/** Options of decoding records with the schemas of a registry. */
export interface RecordValidationOptions {
  /**
   * The parts that have a schema.
   *
   * @default [RecordPart.VALUE]
   */
  readonly parts?: RecordPart[];

  /**
   * What the function is given.
   *
   * @default DecodedFormat.JSON
   */
  readonly format?: DecodedFormat;
}

/** Options of a registry of Confluent's kind. */
export interface ConfluentRegistryOptions extends RecordValidationOptions {
  /**
   * A secret with `username` and `password`: those of the API key, on Confluent Cloud.
   *
   * @default - none
   */
  readonly credentials?: secretsmanager.ISecret;

  /**
   * A secret with `certificate`, `privateKey` and, where it is encrypted, `privateKeyPassword`.
   *
   * @default - none
   */
  readonly clientCertificate?: secretsmanager.ISecret;

  /**
   * A secret with `certificate`, of the authority that has signed the certificate of the registry.
   *
   * @default - authorities that browsers know
   */
  readonly rootCaCertificate?: secretsmanager.ISecret;
}

/**
 * Lets Lambda decode records by their schemas before the function sees them. What can not be decoded goes to the failure
 * destination. Avro, Protobuf and JSON Schema; it exists with provisioned pollers only.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
 */
export class RecordValidation {
  /** With the schemas of a registry of AWS Glue. */
  public static glueRegistry(registry: IKafkaSchemaRegistry, options: RecordValidationOptions = {}): RecordValidation {
    return new RecordValidation(registry.registryArn, options, [], (role) => [
      registry.grants.read(role),
      iam.Grant.addToPrincipal({ grantee: role, actions: ['glue:GetRegistry'], resourceArns: [registry.registryArn] }),
    ]);
  }

  /**
   * With the schemas of a registry of Confluent Cloud, or of one that speaks its protocol.
   *
   * @param url `https://…`; Lambda has to reach it from the subnets of the cluster
   */
  public static confluentRegistry(url: string, options: ConfluentRegistryOptions = {}): RecordValidation {
    if (!Token.isUnresolved(url) && !url.startsWith('https://')) {
      throw validationError('LAMBDA-MSK-SCHEMAS', `a registry is reached by https, not at '${url}'`);
    }
    if (options.credentials && options.clientCertificate) {
      throw validationError('LAMBDA-MSK-SCHEMAS', 'a registry takes `credentials` or `clientCertificate`, not both');
    }
    const access: [string, secretsmanager.ISecret | undefined][] = [
      ['BASIC_AUTH', options.credentials],
      ['CLIENT_CERTIFICATE_TLS_AUTH', options.clientCertificate],
      ['SERVER_ROOT_CA_CERTIFICATE', options.rootCaCertificate],
    ];
    const given = access.flatMap(([type, secret]) => (secret ? [{ type, secret }] : []));
    return new RecordValidation(url, options, given, (role) => given.map(({ secret }) => secretGrant(role, secret)));
  }

  private constructor(
    private readonly uri: string,
    private readonly options: RecordValidationOptions,
    private readonly access: { readonly type: string; readonly secret: secretsmanager.ISecret }[],
    private readonly grants: (role: iam.IGrantable) => iam.Grant[],
  ) {
    if (options.parts?.length === 0) {
      throw validationError('LAMBDA-MSK-SCHEMAS', '`parts` must not be empty: leave it out for values alone');
    }
  }

  /** @internal */
  public _bind(role: iam.IGrantable): { readonly registry: lambda.ISchemaRegistry; readonly grants: iam.Grant[] } {
    const { parts = [RecordPart.VALUE], format = DecodedFormat.JSON } = this.options;
    const config: lambda.KafkaSchemaRegistryConfig = {
      schemaRegistryUri: this.uri,
      eventRecordFormat: lambda.EventRecordFormat.of(format),
      schemaValidationConfigs: parts.map((part) => ({ attribute: lambda.KafkaSchemaValidationAttribute.of(part) })),
      accessConfigs: this.access.length
        ? this.access.map(({ type, secret }) => ({
            type: lambda.KafkaSchemaRegistryAccessConfigType.of(type),
            uri: secret.secretArn,
          }))
        : undefined,
    };
    return { registry: { bind: () => config }, grants: this.grants(role) };
  }
}
