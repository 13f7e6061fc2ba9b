import { Token } from 'aws-cdk-lib';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { validationError } from '../private/errors';

/** How a client proves to a self-run Kafka who it is, by user name and password. */
export enum SaslMechanism {
  /** User name and password as they are. */
  PLAIN = 'PLAIN',

  /** A proof of the password, by SHA-256. */
  SCRAM_SHA_256 = 'SCRAM-SHA-256',

  /** A proof of the password, by SHA-512. */
  SCRAM_SHA_512 = 'SCRAM-SHA-512',
}

/** Options of a source that knows users by their passwords. */
export interface SaslSourceOptions {
  /** A JSON object with `username` and `password`. */
  readonly secret: secretsmanager.ISecret;

  /**
   * How the password is proven.
   *
   * @default SaslMechanism.SCRAM_SHA_512
   */
  readonly mechanism?: SaslMechanism;

  /**
   * Whether the connection is encrypted.
   *
   * @default true
   */
  readonly tls?: boolean;
}

/** A Kafka that is not on Amazon MSK, to move records from. */
export class MirrorSource {
  /** One without encryption, whoever asks. */
  public static plaintext(bootstrapServers: string): MirrorSource {
    return new MirrorSource(bootstrapServers, { 'security.protocol': 'PLAINTEXT' });
  }

  /** One with encryption, whoever asks. Its certificate has to be one that Java trusts by itself. */
  public static tls(bootstrapServers: string): MirrorSource {
    return new MirrorSource(bootstrapServers, { 'security.protocol': 'SSL' });
  }

  /** One that knows users by their passwords. */
  public static sasl(bootstrapServers: string, options: SaslSourceOptions): MirrorSource {
    const { mechanism = SaslMechanism.SCRAM_SHA_512 } = options;
    const module =
      mechanism === SaslMechanism.PLAIN
        ? 'org.apache.kafka.common.security.plain.PlainLoginModule'
        : 'org.apache.kafka.common.security.scram.ScramLoginModule';
    return new MirrorSource(
      bootstrapServers,
      {
        'security.protocol': (options.tls ?? true) ? 'SASL_SSL' : 'SASL_PLAINTEXT',
        'sasl.mechanism': mechanism,
        'sasl.jaas.config': `${module} required username="\${env:SOURCE_USERNAME}" password="\${env:SOURCE_PASSWORD}";`,
      },
      options.secret,
    );
  }

  private constructor(
    /** Where it is: `HOST:PORT,HOST:PORT`. */
    public readonly bootstrapServers: string,
    private readonly security: Record<string, string>,
    /** What the client proves itself with. */
    public readonly secret?: secretsmanager.ISecret,
  ) {
    if (!Token.isUnresolved(bootstrapServers) && !/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/.test(bootstrapServers)) {
      throw validationError(
        'MirrorSourceServers',
        `\`bootstrapServers\` is '${bootstrapServers}': write 'HOST:PORT,HOST:PORT'`,
      );
    }
  }

  /**
   * Settings of its clients.
   *
   * @internal
   */
  public _settings(): Record<string, string> {
    return { 'bootstrap.servers': this.bootstrapServers, ...this.security };
  }

  /**
   * Ports that clients have to reach; none where only the deployment knows.
   *
   * @internal
   */
  public _ports(): number[] {
    return Token.isUnresolved(this.bootstrapServers)
      ? []
      : [...new Set(this.bootstrapServers.split(',').map((server) => Number(server.split(':')[1])))];
  }
}
