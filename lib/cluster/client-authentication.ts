import type * as acmpca from 'aws-cdk-lib/aws-acmpca';

/** The ways in which a client of an MSK cluster says who it is. */
export enum AuthenticationMechanism {
  /** IAM roles and users; access is granted by IAM policies. */
  IAM = 'IAM',

  /** User name and password (SASL/SCRAM-SHA-512) kept in Secrets Manager; access is granted by Kafka ACLs. */
  SCRAM = 'SCRAM',

  /** A client certificate from a private certificate authority; access is granted by Kafka ACLs. */
  MUTUAL_TLS = 'MUTUAL_TLS',

  /** Nobody is asked who he is; the connection is encrypted. */
  UNAUTHENTICATED = 'UNAUTHENTICATED',

  /** Nobody is asked who he is, and the connection is not encrypted. */
  PLAINTEXT = 'PLAINTEXT',
}

/**
 * One way in which a cluster lets clients in. A cluster can offer several.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/kafka_apis_iam.html
 */
export class ClientAuthentication {
  /** IAM access control: the default, and the only one that serverless clusters know. */
  public static iam(): ClientAuthentication {
    return new ClientAuthentication(AuthenticationMechanism.IAM, []);
  }

  /**
   * SASL/SCRAM with secrets of Secrets Manager.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password.html
   */
  public static scram(): ClientAuthentication {
    return new ClientAuthentication(AuthenticationMechanism.SCRAM, []);
  }

  /**
   * Client certificates issued by private certificate authorities. Amazon MSK reads no revocation lists.
   *
   * @param certificateAuthorities at least one, active, of AWS Private CA
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-authentication.html
   */
  public static mutualTls(certificateAuthorities: acmpca.ICertificateAuthority[]): ClientAuthentication {
    return new ClientAuthentication(AuthenticationMechanism.MUTUAL_TLS, certificateAuthorities);
  }

  /** Whoever reaches the port may read and write everything, over an encrypted connection. */
  public static unauthenticated(): ClientAuthentication {
    return new ClientAuthentication(AuthenticationMechanism.UNAUTHENTICATED, []);
  }

  /** Whoever reaches the port may read and write everything, and whoever is on the way may read along. */
  public static plaintext(): ClientAuthentication {
    return new ClientAuthentication(AuthenticationMechanism.PLAINTEXT, []);
  }

  private constructor(
    /** Which way it is. */
    public readonly mechanism: AuthenticationMechanism,
    /** Whose certificates are accepted; empty but for mutual TLS. */
    public readonly certificateAuthorities: acmpca.ICertificateAuthority[],
  ) {}
}
