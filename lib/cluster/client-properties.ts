import { Fn, Token } from 'aws-cdk-lib';
import type { Size } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { validationError } from '../private/errors';
import { AuthenticationMechanism } from './client-authentication';
import { acceptIdentity } from './client-identity';
import type { AcceptedIdentity, ClientIdentity } from './client-identity';
import { javaSecurity } from './client-settings';
import type { IMskCluster } from './cluster';

/** What is in the properties of a client beside the way into the cluster. */
export interface ClientPropertiesOptions {
  /**
   * Who the client is to the cluster.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * The name of the client in logs, metrics and quotas of the brokers.
   *
   * @default - none; the JavaScript clients want one
   */
  readonly clientId?: string;

  /**
   * The ID, not the name, of the Availability Zone that the client runs in, such as `use1-az1`: consumers read from the
   * replica there, if the cluster has `closestReplicaReads`.
   *
   * @default - consumers read from the leaders
   * @see https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
   */
  readonly clientRack?: string;

  /**
   * The largest batch that the topics take. Clients refuse larger records by themselves.
   *
   * @default - as the clients have it: 1 MiB
   */
  readonly maxMessageSize?: Size;

  /**
   * A file, where the client runs, with the certificate authorities to trust, in PEM. The brokers' certificates are from
   * Amazon Trust Services, which Java, Node.js and most images trust already; a bare image may lack them. JavaScript
   * clients take the file by the environment variable `NODE_EXTRA_CA_CERTS`.
   *
   * @default - those that the client trusts by itself
   */
  readonly trustedCertificates?: string;
}

/**
 * The settings of a Kafka client as text, for any compute: as a file, an environment variable, a parameter.
 *
 * There is no secret in them. Where the identity has one, `secretFields` says which environment variables the client's
 * process is to have, and from which field of the secret. The Java text reads them itself, for which the Kafka client has
 * to be of version 3.5 or newer; for other clients, the code passes them on. The broker strings are known when the stack
 * is deployed.
 */
export class ClientProperties {
  /** The settings of a client of a cluster, created here or elsewhere. */
  public static fromCluster(cluster: IMskCluster, options: ClientPropertiesOptions = {}): ClientProperties {
    return new ClientProperties(cluster, options);
  }

  /** The broker string. */
  public readonly bootstrapBrokers: string;

  /** The secret of the identity, which the client's process has to have a right to, or be given. */
  public readonly secret?: secretsmanager.ISecret;

  /**
   * Environment variables of the client's process, and the field of the secret that each has for its value:
   * `KAFKA_USERNAME` and `KAFKA_PASSWORD`, or `KAFKA_CERTIFICATE` and `KAFKA_PRIVATE_KEY`. Empty without a secret.
   */
  public readonly secretFields: Record<string, string>;

  /**
   * For Java, as `client.properties` has it. With IAM, `aws-msk-iam-auth` has to be on the class path. With SCRAM, user
   * name and password must hold no `"` and no `\`: Java reads them out of a quoted string.
   *
   * @see https://github.com/aws/aws-msk-iam-auth
   */
  public readonly java: string;

  /**
   * For clients that are built on librdkafka: those of Confluent for Python, Go, .NET and JavaScript, and kcat. What
   * the code has to add is said in comments.
   *
   * @see https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md
   */
  public readonly librdkafka: string;

  /**
   * For `@platformatic/kafka`: options of a client, as a JSON object. With IAM the code adds `sasl.token`; with a secret
   * `sasl.username` and `sasl.password`, or `tls.cert` and `tls.key`.
   */
  public readonly platformatic: string;

  /**
   * For KafkaJS: options of its `Kafka` class, as a JSON object. With IAM the code adds `sasl.oauthBearerProvider`; with a
   * secret `sasl.username` and `sasl.password`, or `ssl.cert` and `ssl.key`.
   */
  public readonly kafkaJs: string;

  private constructor(cluster: IMskCluster, options: ClientPropertiesOptions) {
    const accepted = acceptIdentity(cluster, cluster, options.identity);
    requireWord(cluster, 'clientId', options.clientId);
    requireZoneId(cluster, options.clientRack);
    const known: Known = {
      ...options,
      ...accepted,
      brokers: cluster.bootstrapBrokers.forIdentity(options.identity),
      bytes: options.maxMessageSize?.toBytes(),
    };
    this.bootstrapBrokers = known.brokers;
    this.secret = accepted.secret;
    this.secretFields = accepted.secret ? (SECRET_FIELDS[accepted.mechanism] ?? {}) : {};
    this.java = lines(java(known));
    this.librdkafka = [...toBeAdded(known), lines(librdkafka(known))].join('\n');
    this.platformatic = json(platformatic(known), 'bootstrapBrokers', known.brokers);
    this.kafkaJs = json(kafkaJs(known), 'brokers', known.brokers);
  }
}

interface Known extends AcceptedIdentity {
  readonly brokers: string;
  readonly clientId?: string;
  readonly clientRack?: string;
  readonly bytes?: number;
  readonly trustedCertificates?: string;
}

type Settings = Record<string, string | number | undefined>;

const SECRET_FIELDS: Partial<Record<AuthenticationMechanism, Record<string, string>>> = {
  [AuthenticationMechanism.SCRAM]: { KAFKA_USERNAME: 'username', KAFKA_PASSWORD: 'password' },
  [AuthenticationMechanism.MUTUAL_TLS]: { KAFKA_CERTIFICATE: 'certificate', KAFKA_PRIVATE_KEY: 'privateKey' },
};

/** Defaults of the clients below which nothing needs to be said: https://kafka.apache.org/documentation/#producerconfigs */
const JAVA_BUFFER = 32 * 1024 * 1024;
const FETCH = 50 * 1024 * 1024;
const LIBRDKAFKA_RESPONSE = 100_000_000;
const LIBRDKAFKA_OVERHEAD = 512;

function java({ brokers, mechanism, clientId, clientRack, bytes, trustedCertificates }: Known): Settings {
  return {
    'bootstrap.servers': brokers,
    'client.id': clientId,
    'client.rack': clientRack,
    ...javaSecurity(mechanism),
    ...(SECRET_FIELDS[mechanism] && {
      'config.providers': 'env',
      'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
    }),
    ...(mechanism === AuthenticationMechanism.SCRAM && {
      'sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required ' +
        'username="${env:KAFKA_USERNAME}" password="${env:KAFKA_PASSWORD}";',
    }),
    ...(mechanism === AuthenticationMechanism.MUTUAL_TLS && {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': '${env:KAFKA_CERTIFICATE}',
      'ssl.keystore.key': '${env:KAFKA_PRIVATE_KEY}',
    }),
    ...(trustedCertificates !== undefined && {
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': trustedCertificates,
    }),
    'max.request.size': bytes,
    'buffer.memory': above(JAVA_BUFFER, bytes),
    'max.partition.fetch.bytes': bytes,
    'fetch.max.bytes': above(FETCH, bytes),
  };
}

function librdkafka({ brokers, mechanism, clientId, clientRack, bytes, trustedCertificates }: Known): Settings {
  const fetch = above(FETCH, bytes);
  const { 'security.protocol': protocol, 'reconnect.backoff.ms': backoff } = javaSecurity(mechanism);
  return {
    'bootstrap.servers': brokers,
    'client.id': clientId,
    'client.rack': clientRack,
    'security.protocol': protocol,
    'sasl.mechanism': saslMechanism(mechanism),
    'ssl.ca.location': trustedCertificates,
    'reconnect.backoff.ms': backoff,
    'message.max.bytes': bytes,
    'max.partition.fetch.bytes': bytes,
    'fetch.max.bytes': fetch,
    'receive.message.max.bytes': above(LIBRDKAFKA_RESPONSE, fetch && fetch + LIBRDKAFKA_OVERHEAD),
  };
}

/** What librdkafka can not read from anywhere: it takes values only. */
function toBeAdded({ mechanism, secret }: Known): string[] {
  switch (mechanism) {
    case AuthenticationMechanism.IAM:
      return ['# the code sets the token callback: aws-msk-iam-sasl-signer'];
    case AuthenticationMechanism.SCRAM:
      return [`# the code sets sasl.username and sasl.password from the secret ${secret!.secretArn}`];
    case AuthenticationMechanism.MUTUAL_TLS:
      return [`# the code sets ssl.certificate.pem and ssl.key.pem from the secret ${secret!.secretArn}`];
    default:
      return [];
  }
}

function platformatic({ mechanism, clientId, clientRack, bytes }: Known): object {
  const sasl = saslMechanism(mechanism);
  return {
    clientId,
    clientRack,
    tls: isEncrypted(mechanism) ? {} : undefined,
    sasl: sasl && { mechanism: sasl },
    maxBytes: above(FETCH, bytes),
  };
}

function kafkaJs({ mechanism, clientId }: Known): object {
  const sasl = saslMechanism(mechanism);
  return {
    clientId,
    // An object, which takes a certificate, is as good as `true`.
    ssl: isEncrypted(mechanism) ? {} : undefined,
    sasl: sasl && { mechanism: sasl.toLowerCase() },
  };
}

/** What all but the Java client call it; they sign IAM tokens for OAUTHBEARER. */
function saslMechanism(mechanism: AuthenticationMechanism): string | undefined {
  return mechanism === AuthenticationMechanism.IAM ? 'OAUTHBEARER' : javaSecurity(mechanism)['sasl.mechanism'];
}

function isEncrypted(mechanism: AuthenticationMechanism): boolean {
  return mechanism !== AuthenticationMechanism.PLAINTEXT;
}

/** The value where the default would be too small for it. */
function above(byDefault: number, value: number | undefined): number | undefined {
  return value !== undefined && !Token.isUnresolved(value) && value > byDefault ? value : undefined;
}

function lines(settings: Settings): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The broker string may be known at deployment only: it becomes a list there. */
function json(options: object, brokersKey: string, brokers: string): string {
  const list = Token.isUnresolved(brokers) ? Fn.join('","', Fn.split(',', brokers)) : brokers.replaceAll(',', '","');
  const rest = JSON.stringify(options).slice(1);
  return `{"${brokersKey}":["${list}"]${rest === '}' ? '' : ','}${rest}`;
}

/** It becomes a line of a file. */
function requireWord(scope: IConstruct, name: string, value: string | undefined): void {
  if (value !== undefined && !Token.isUnresolved(value) && !/^[\w.-]+$/.test(value)) {
    throw validationError(
      'ClientPropertyValue',
      `\`${name}\` is '${value}': use letters, digits, '.', '_' and '-'`,
      scope,
    );
  }
}

/** The names of zones mean another zone in each account, so brokers go by ids: a name would match none of them. */
function requireZoneId(scope: IConstruct, value: string | undefined): void {
  requireWord(scope, 'clientRack', value);
  if (value !== undefined && /^[a-z]+(-[a-z]+)+-\d+[a-z]$/.test(value)) {
    throw validationError(
      'ClientRackZoneName',
      `\`clientRack\` is '${value}', the name of a zone, and brokers go by zone ids: use one such as 'use1-az1'`,
      scope,
    );
  }
}
