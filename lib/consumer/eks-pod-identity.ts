import { Lazy, Stack, Token } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';

/** Options of EKS Pod Identity. */
export interface EksPodIdentityAgentOptions {
  /** The name of the EKS cluster. It needs the add-on `eks-pod-identity-agent`. */
  readonly eksClusterName: string;

  /**
   * The name of the sessions in which pods talk to the brokers: 2 to 64 letters, digits and `_+=,.@-`. EKS names sessions
   * anew whenever credentials are renewed, and brokers refuse a client that comes back under another name.
   *
   * @see https://github.com/aws/aws-msk-iam-auth#troubleshooting
   */
  readonly sessionName: string;
}

/** A service account of Kubernetes. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** What pods run as. */
export interface BoundPodIdentity {
  /** The role that has the rights. */
  readonly role: iam.Role;
  readonly annotations: Record<string, string>;
  readonly environment: Record<string, string>;
  /** The text of a file with AWS settings, where one is needed. */
  readonly awsConfig?: string;
}

/** How pods of an EKS cluster get their role, in sessions whose name stays the same. */
export abstract class EksPodIdentity {
  /**
   * By their service account: IRSA.
   *
   * @param provider of the EKS cluster
   * @see https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
   */
  public static serviceAccount(provider: iam.IOpenIdConnectProvider): EksPodIdentity {
    return new Irsa(provider);
  }

  /**
   * By EKS Pod Identity, whose role then takes a second one under the session name given.
   *
   * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
   */
  public static podIdentityAgent(options: EksPodIdentityAgentOptions): EksPodIdentity {
    return new PodIdentityAgent(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, account: ServiceAccountName): BoundPodIdentity;
}

class Irsa extends EksPodIdentity {
  constructor(private readonly provider: iam.IOpenIdConnectProvider) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { namespace, name }: ServiceAccountName): BoundPodIdentity {
    const issuer = this.provider.openIdConnectProviderIssuer;
    // SDKs make a name up from the time where nobody gives one: who would is refused at the start, not after an hour.
    const conditions = {
      StringEquals: {
        [`${issuer}:aud`]: 'sts.amazonaws.com',
        [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${name}`,
        'sts:RoleSessionName': name,
      },
    };
    const federated = this.provider.openIdConnectProviderArn;
    const known = !Token.isUnresolved(issuer);
    const role = new iam.Role(scope, 'Role', {
      assumedBy: new iam.WebIdentityPrincipal(federated, known ? conditions : {}),
    });
    if (!known) {
      // The names of conditions can hold no reference, unless the whole document is a text.
      const document = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRoleWithWebIdentity',
            Principal: { Federated: federated },
            Condition: conditions,
          },
        ],
      };
      (role.node.defaultChild as iam.CfnRole).assumeRolePolicyDocument = Lazy.any({
        produce: () => Stack.of(scope).toJsonString(document),
      });
    }
    return {
      role,
      annotations: { 'eks.amazonaws.com/role-arn': role.roleArn },
      environment: { AWS_ROLE_SESSION_NAME: name },
    };
  }
}

class PodIdentityAgent extends EksPodIdentity {
  constructor(private readonly options: EksPodIdentityAgentOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { namespace, name }: ServiceAccountName): BoundPodIdentity {
    const { eksClusterName, sessionName } = this.options;
    if (!Token.isUnresolved(sessionName) && !/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
      throw validationError(
        'EksSessionName',
        `\`sessionName\` is '${sessionName}': use 2 to 64 letters, digits and '_+=,.@-'`,
        scope,
      );
    }
    const stack = Stack.of(scope);
    const agent = new iam.Role(scope, 'PodRole', {
      assumedBy: new iam.ServicePrincipal('pods.eks.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: {
            'aws:SourceArn': stack.formatArn({ service: 'eks', resource: 'cluster', resourceName: eksClusterName }),
          },
        },
      }).withSessionTags(),
    });
    const role = new iam.Role(scope, 'Role', {
      assumedBy: new iam.ArnPrincipal(agent.roleArn)
        .withConditions({ StringEquals: { 'sts:RoleSessionName': sessionName } })
        // The tags that EKS puts on a session stay with those that follow from it.
        .withSessionTags(),
    });
    const takes = new iam.Policy(scope, 'PodPolicy', {
      roles: [agent],
      statements: [
        new iam.PolicyStatement({ actions: ['sts:AssumeRole', 'sts:TagSession'], resources: [role.roleArn] }),
      ],
    });
    const association = new eks.CfnPodIdentityAssociation(scope, 'Association', {
      clusterName: eksClusterName,
      namespace,
      serviceAccount: name,
      roleArn: agent.roleArn,
    });
    association.node.addDependency(takes);
    return {
      role,
      annotations: {},
      environment: { AWS_CONFIG_FILE: `${AWS_CONFIG_FOLDER}/config`, AWS_PROFILE: 'kafka', AWS_SDK_LOAD_CONFIG: '1' },
      awsConfig: [
        '[profile kafka]',
        `role_arn = ${role.roleArn}`,
        `role_session_name = ${sessionName}`,
        'credential_source = EcsContainer',
        `region = ${stack.region}`,
        '',
      ].join('\n'),
    };
  }
}

/** Where pods find the file with AWS settings. */
export const AWS_CONFIG_FOLDER = '/etc/aws-kafka';
