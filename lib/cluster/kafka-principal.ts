import { Token } from 'aws-cdk-lib';
import { validationError } from '../private/errors';

/** Who an ACL of Kafka is about: a client that says who it is by user name or certificate. No ACL binds IAM roles. */
export class KafkaPrincipal {
  /**
   * A user of SASL/SCRAM.
   *
   * @param username as the secret has it
   */
  public static scram(username: string): KafkaPrincipal {
    return new KafkaPrincipal(`User:${username}`);
  }

  /**
   * A client certificate.
   *
   * @param subject the distinguished name as Kafka writes it, for example `CN=billing,OU=orders,O=Example`
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-authentication.html
   */
  public static mutualTls(subject: string): KafkaPrincipal {
    if (!Token.isUnresolved(subject) && !/^[A-Z.0-9]+=/i.test(subject)) {
      throw validationError(
        'KafkaPrincipalSubject',
        `the subject of a certificate is a distinguished name such as 'CN=billing', got '${subject}'`,
      );
    }
    return new KafkaPrincipal(`User:${subject}`);
  }

  /** Every client, whoever it is, also unauthenticated ones. */
  public static everyone(): KafkaPrincipal {
    return new KafkaPrincipal('User:*');
  }

  private constructor(
    /** As Kafka writes it: `User:alice`. */
    public readonly principal: string,
  ) {}
}
