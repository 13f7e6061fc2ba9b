import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IConstruct, IDependable } from 'constructs';
import { checkAtSynth } from '../private/checks';
import { HandledResource } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { factsOf, resourcesOf } from './cluster';
import type { IMskCluster } from './cluster';
import { OperationChain } from './operation-chain';

/** A user's secret, and the key that the cluster needs to read it. */
export interface AssociatedSecret {
  readonly userName: string;
  readonly secret: ISecret;
  readonly key: kms.IKey;
}

/**
 * The secrets that one stack associates with a cluster: an operation of the cluster, however many they are.
 *
 * In the stack of the cluster it is a link of the cluster's chain. In another stack it waits for the cluster alone: the
 * cluster must not wait for a stack that needs it.
 */
export abstract class ScramAssociation extends Construct {
  public static of(user: IConstruct, cluster: IMskCluster, exclusive: boolean): ScramAssociation {
    const stack = Stack.of(user);
    const isHome = stack === Stack.of(cluster);
    const scope = isHome ? (cluster as unknown as Construct) : stack;
    const id = isHome ? 'ScramAssociation' : `CdkMskMacie-ScramAssociation-${cluster.node.addr.slice(-8)}`;
    const existing = scope.node.tryFindChild(id) as ScramAssociation | undefined;
    if (existing !== undefined && existing.exclusive !== exclusive) {
      throw validationError(
        'ScramAssociationMixed',
        `\`exclusive\` must be the same for all users of the cluster '${cluster.node.path}' in a stack: an exclusive ` +
          'association takes away whatever it does not list',
        user,
      );
    }
    return existing ?? new (exclusive ? ExclusiveAssociation : SharedAssociation)(scope, id, cluster);
  }

  /** What is done when all secrets are associated. */
  public abstract readonly ready: IDependable;

  protected abstract readonly exclusive: boolean;
  protected readonly secrets: AssociatedSecret[] = [];

  public add(secret: AssociatedSecret): void {
    const other = this.secrets.find(({ userName }) => userName === secret.userName);
    if (other) {
      throw validationError(
        'ScramUserTwice',
        `'${other.secret.node.path}' and '${secret.secret.node.path}' are both the user '${secret.userName}'; keep one`,
        secret.secret,
      );
    }
    this.secrets.push(secret);
    this.awaits(secret.secret);
  }

  /** A secret that is associated before its policy is there can not be read. */
  protected abstract awaits(secret: ISecret): void;

  protected get secretArns(): string[] {
    return Lazy.list({ produce: () => this.secrets.map(({ secret }) => secret.secretArn) });
  }

  protected get keyArns(): string[] {
    return Lazy.list({ produce: () => [...new Set(this.secrets.map(({ key }) => key.keyArn))] });
  }

  protected joinChain(cluster: IMskCluster, operation: Construct): void {
    const chain = Stack.of(this) === Stack.of(cluster) ? OperationChain.of(cluster) : undefined;
    if (chain) {
      chain.append(operation);
    } else {
      operation.node.addDependency(cluster.ready);
    }
  }
}

/** `AWS::MSK::BatchScramSecret`: the list is all that the cluster has. */
class ExclusiveAssociation extends ScramAssociation {
  public readonly ready: IDependable;
  protected readonly exclusive = true;
  private readonly resource: msk.CfnBatchScramSecret;

  constructor(scope: Construct, id: string, cluster: IMskCluster) {
    super(scope, id);
    this.resource = new msk.CfnBatchScramSecret(this, 'Resource', {
      clusterArn: cluster.clusterArn,
      secretArnList: this.secretArns,
    });
    this.ready = this.resource;
    this.joinChain(cluster, this.resource);
    const [declared] = resourcesOf(cluster);
    checkAtSynth(this, [{ resource: this.resource, links: declared && { ClusterArn: declared } }], () => [
      ...factsOf(cluster),
      ...this.secrets.map(({ secret }) => ({ resource: secret.node.defaultChild as CfnResource })),
    ]);
  }

  protected awaits(secret: ISecret): void {
    this.resource.node.addDependency(secret);
  }
}

/** A resource of ours, which leaves alone what others have associated. */
class SharedAssociation extends ScramAssociation {
  public readonly ready: IDependable;
  protected readonly exclusive = false;
  private readonly handled: HandledResource;

  constructor(scope: Construct, id: string, cluster: IMskCluster) {
    super(scope, id);
    this.handled = new HandledResource(this, 'Association', {
      handler: 'scram-association',
      resourceType: 'Custom::MskScramAssociation',
      properties: { ClusterArn: cluster.clusterArn, SecretArns: this.secretArns },
      // The service makes a grant on the key in the name of the caller, who has to be let to read the secret as well.
      statements: [
        new iam.PolicyStatement({
          actions: [
            'kafka:BatchAssociateScramSecret',
            'kafka:BatchDisassociateScramSecret',
            'kafka:DescribeClusterV2',
            'kafka:ListScramSecrets',
          ],
          resources: [cluster.clusterArn],
        }),
        new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: this.secretArns }),
        new iam.PolicyStatement({ actions: ['kms:DescribeKey'], resources: this.keyArns }),
        new iam.PolicyStatement({
          actions: ['kms:CreateGrant'],
          resources: this.keyArns,
          conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        }),
      ],
      timeout: Duration.minutes(14),
    });
    this.ready = this.handled.resource;
    this.joinChain(cluster, this.handled.resource);
  }

  protected awaits(secret: ISecret): void {
    this.handled.resource.node.addDependency(secret);
  }
}
