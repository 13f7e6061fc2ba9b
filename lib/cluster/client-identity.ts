import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { DependencyGroup } from 'constructs';
import type { IConstruct, IDependable } from 'constructs';
import { validationError } from '../private/errors';
import { AuthenticationMechanism } from './client-authentication';
import type { IMskCluster } from './cluster';

/**
 * Who a producer or consumer is to the cluster. It alone decides on port, broker string, rights to the secret and
 * client properties.
 */
export class ClientIdentity {
  /** The IAM role or user that the code runs as. */
  public static iam(): ClientIdentity {
    return new ClientIdentity(AuthenticationMechanism.IAM);
  }

  /**
   * A user name and password.
   *
   * @param secret a `ScramUser`, or a secret that the cluster knows: a JSON object with `username` and `password`, its name
   * beginning with `AmazonMSK_`
   */
  public static scram(secret: secretsmanager.ISecret): ClientIdentity {
    return new ClientIdentity(AuthenticationMechanism.SCRAM, secret);
  }

  /**
   * A client certificate.
   *
   * @param secret a JSON object with `certificate`, `privateKey` (PKCS#8) and, where it is encrypted, `privateKeyPassword`
   */
  public static mutualTls(secret: secretsmanager.ISecret): ClientIdentity {
    return new ClientIdentity(AuthenticationMechanism.MUTUAL_TLS, secret);
  }

  /** Nobody in particular, for a cluster with unauthenticated access: over TLS where it offers that, else in plain text. */
  public static anonymous(): ClientIdentity {
    return new ClientIdentity(AuthenticationMechanism.UNAUTHENTICATED);
  }

  private constructor(
    /** How the client proves it. */
    public readonly mechanism: AuthenticationMechanism,
    /** What it proves it with; none for IAM and anonymous clients. */
    public readonly secret?: secretsmanager.ISecret,
  ) {}
}

/** A listener of a cluster: where clients of one kind connect. */
export interface Listener {
  /** The port inside the VPC. */
  readonly port: number;

  /** The member of `GetBootstrapBrokers` that lists it. */
  readonly brokers: string;
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
export const LISTENERS: Record<AuthenticationMechanism, Listener> = {
  [AuthenticationMechanism.IAM]: { port: 9098, brokers: 'BootstrapBrokerStringSaslIam' },
  [AuthenticationMechanism.SCRAM]: { port: 9096, brokers: 'BootstrapBrokerStringSaslScram' },
  [AuthenticationMechanism.MUTUAL_TLS]: { port: 9094, brokers: 'BootstrapBrokerStringTls' },
  [AuthenticationMechanism.UNAUTHENTICATED]: { port: 9094, brokers: 'BootstrapBrokerStringTls' },
  [AuthenticationMechanism.PLAINTEXT]: { port: 9092, brokers: 'BootstrapBrokerString' },
};

/** What `AWS::MSK::VpcConnection` calls the clients that it serves. */
export const VPC_CONNECTION_SCHEMES: Partial<Record<AuthenticationMechanism, string>> = {
  [AuthenticationMechanism.IAM]: 'SASL_IAM',
  [AuthenticationMechanism.SCRAM]: 'SASL_SCRAM',
  [AuthenticationMechanism.MUTUAL_TLS]: 'TLS',
};

/** An identity that the cluster accepts, and where it connects. */
export interface AcceptedIdentity extends Listener {
  readonly mechanism: AuthenticationMechanism;
  readonly secret?: secretsmanager.ISecret;

  /** The moment from which the cluster knows the client, where that is known. */
  readonly ready: IDependable;
}

const FACTORIES: Record<AuthenticationMechanism, string> = {
  [AuthenticationMechanism.IAM]: 'ClientIdentity.iam()',
  [AuthenticationMechanism.SCRAM]: 'ClientIdentity.scram(secret)',
  [AuthenticationMechanism.MUTUAL_TLS]: 'ClientIdentity.mutualTls(secret)',
  [AuthenticationMechanism.UNAUTHENTICATED]: 'ClientIdentity.anonymous()',
  [AuthenticationMechanism.PLAINTEXT]: 'ClientIdentity.anonymous()',
};

/**
 * The identity as the cluster takes it: IAM if none is named, an error that lists the choices if the cluster is known
 * not to offer it. An imported cluster whose authentication nobody stated takes any.
 */
export function acceptIdentity(scope: IConstruct, cluster: IMskCluster, identity?: ClientIdentity): AcceptedIdentity {
  const wanted = identity ?? ClientIdentity.iam();
  const offered = cluster.authentication?.map(({ mechanism }) => mechanism);
  // An anonymous client takes the encrypted listener unless only the plain one is there.
  const mechanism =
    wanted.mechanism === AuthenticationMechanism.UNAUTHENTICATED &&
    offered?.includes(AuthenticationMechanism.UNAUTHENTICATED) === false &&
    offered.includes(AuthenticationMechanism.PLAINTEXT)
      ? AuthenticationMechanism.PLAINTEXT
      : wanted.mechanism;
  if (offered && !offered.includes(mechanism)) {
    throw validationError(
      'ClientIdentityNotOffered',
      `the cluster '${cluster.node.path}' does not let clients in by ${mechanism}` +
        `${identity ? '' : ', which is taken when no \`identity\` is named'}; it offers ` +
        [...new Set(offered.map((each) => FACTORIES[each]))].join(', '),
      scope,
    );
  }
  const { secret } = wanted;
  return {
    ...LISTENERS[mechanism],
    mechanism,
    secret,
    ready: (secret as { ready?: IDependable })?.ready ?? new DependencyGroup(),
  };
}
