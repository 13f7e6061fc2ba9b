import { Lazy, Names, SecretValue, Stack, Token } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { HandlerFunction } from '../private/custom-resource';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { isDifferent } from '../private/same-place';
import { acceptIdentity, ClientIdentity } from './client-identity';
import { removalPolicyOf, resourcesOf } from './cluster';
import type { IMskCluster } from './cluster';
import { ScramAssociation } from './scram-association';

/** Properties of a user. */
export interface ScramUserProps {
  /** The cluster that lets it in; it offers SCRAM. */
  readonly cluster: IMskCluster;

  /**
   * What it is called, as Kafka's ACLs name it after `User:`. Another name is another user: the secret gets a new
   * password.
   */
  readonly userName: string;

  /**
   * The name of the secret. It begins with `AmazonMSK_`; another one replaces the secret.
   *
   * @default - `AmazonMSK_` and a unique name from the path of the construct
   */
  readonly secretName?: string;

  /**
   * The key that encrypts the secret: symmetric, and of your own. Amazon MSK does not read secrets with the key of
   * Secrets Manager.
   *
   * @default - a key with yearly rotation, for all users of the cluster in this stack
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Whether the users of this stack are all that the cluster has. Then the association is CloudFormation's own resource,
   * which takes away the secrets that it does not list. Otherwise a function associates and disassociates the secrets of
   * this stack, and leaves those of others alone. All users of a cluster in a stack have the same.
   *
   * @default - true for a cluster that is created in this stack, else false
   */
  readonly exclusive?: boolean;

  /**
   * How often the password changes, from one day on. There are two users then, `NAME` and `NAME_clone`, who need the same
   * ACLs, and the secret names one of them at a time: the other one's password changes, and when the cluster knows it, the
   * secret names that one. Clients that read the secret later than one rotation ago are always right. Choose it when the
   * user is made: turning it on changes the password at once.
   *
   * @default - never
   */
  readonly rotateEvery?: Duration;
}

/**
 * A user who comes in by name and password (SASL/SCRAM-SHA-512): the secret that holds them, known to the cluster.
 *
 * It is a secret, to be granted and read as any other, and an identity: `ClientIdentity.scram(user)`. When it is removed
 * from the stack, the cluster does not let the user in any more; connections that are there stay.
 *
 * @resource AWS::SecretsManager::Secret
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password.html
 */
@injectable
export class ScramUser extends secretsmanager.Secret {
  /** Uniquely identifies this class. */
  public static override readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ScramUser';

  /** The names that it has in Kafka's ACLs, without `User:`: two where the password changes. */
  public readonly userNames: string[];

  /** The moment from which the cluster knows it. */
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: ScramUserProps) {
    const { cluster, userName } = props;
    requireUserName(scope, userName);
    requirePlaceOf(scope, cluster);
    acceptIdentity(scope, cluster, ClientIdentity.scram(NO_SECRET_YET));
    const options = {
      encryptionKey: requireKey(scope, props.encryptionKey) ?? ScramKey.of(scope, cluster).key,
      removalPolicy: removalPolicyOf(cluster),
    };
    // The path that the name is made of is there once the construct is.
    const made: Construct[] = [];
    const uniqueName = () => `${PREFIX}${Names.uniqueResourceName(made[0], { maxLength: 60, separator: '-' })}`;
    const secretName = requirePrefix(scope, props.secretName) ?? Lazy.string({ produce: uniqueName });
    super(scope, id, { ...secretOf(userName), ...options, secretName });
    made.push(this);

    const exclusive = props.exclusive ?? (Stack.of(this) === Stack.of(cluster) && resourcesOf(cluster).length > 0);
    const association = ScramAssociation.of(this, cluster, exclusive);
    const associate = (name: string, secret: secretsmanager.Secret) => {
      secret.addToResourcePolicy(readByCluster(secret));
      association.add({ userName: name, secret, key: options.encryptionKey });
    };
    if (props.rotateEvery === undefined) {
      this.userNames = [userName];
      associate(userName, this);
    } else {
      this.userNames = [userName, `${userName}_clone`];
      const secrets = this.userNames.map((name, index) => {
        const number = index + 1;
        const secret = new secretsmanager.Secret(this, `User${number}`, {
          ...secretOf(name),
          ...options,
          secretName: `${secretName}-${number}`,
          description: `One of the two users of ${userName}: clients read the other secret`,
        });
        associate(name, secret);
        return secret;
      });
      new Rotation(this, 'Rotation', this, secrets, options.encryptionKey, props.rotateEvery);
    }
    this.ready = association.ready;
  }
}

const PREFIX = 'AmazonMSK_';

/** An identity is asked for its kind before there is a secret. */
const NO_SECRET_YET = undefined as unknown as secretsmanager.ISecret;

/** Letters and digits only: a password goes into configuration files of many kinds. */
function secretOf(username: string): secretsmanager.SecretProps {
  return {
    description: `User ${username} of Amazon MSK`,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ username }),
      generateStringKey: 'password',
      excludePunctuation: true,
      passwordLength: 32,
    },
  };
}

/**
 * What Amazon MSK adds by itself when a secret is associated. In the template it survives whatever else is added there.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-tutorial.html
 */
function readByCluster(secret: secretsmanager.Secret): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'AWSKafkaResourcePolicy',
    principals: [new iam.ServicePrincipal('kafka.amazonaws.com')],
    actions: ['secretsmanager:GetSecretValue'],
    resources: [secret.secretArn],
  });
}

function requireUserName(scope: Construct, userName: string): void {
  if (!Token.isUnresolved(userName) && !/^[^\s,=:]{1,128}$/.test(userName)) {
    throw validationError(
      'ScramUserName',
      `\`userName\` must be 1 to 128 characters without spaces, commas, colons and equals signs, got '${userName}'`,
      scope,
    );
  }
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-limitations.html */
function requirePlaceOf(scope: Construct, cluster: IMskCluster): void {
  const { account, region } = Stack.of(scope);
  if (isDifferent(account, cluster.env.account) || isDifferent(region, cluster.env.region)) {
    throw validationError(
      'MSK-SCRAM-SECRET',
      `Amazon MSK reads secrets of its own account and Region, and the cluster '${cluster.node.path}' is in ` +
        `${cluster.env.account}/${cluster.env.region}: make the user in a stack there, got ${account}/${region}`,
      scope,
    );
  }
}

function requirePrefix(scope: Construct, secretName: string | undefined): string | undefined {
  if (secretName !== undefined && !Token.isUnresolved(secretName) && !secretName.startsWith(PREFIX)) {
    throw validationError(
      'MSK-SCRAM-SECRET',
      `Amazon MSK reads secrets whose names begin with ${PREFIX}, got '${secretName}'`,
      scope,
    );
  }
  return secretName;
}

function requireKey(scope: Construct, key: kms.IKey | undefined): kms.IKey | undefined {
  if (key !== undefined && 'aliasName' in key) {
    throw validationError(
      'MSK-SCRAM-SECRET',
      'Amazon MSK wants the key of a secret itself, not an alias: pass the key',
      scope,
    );
  }
  const { keySpec } = (key?.node.defaultChild ?? {}) as { keySpec?: string };
  if (keySpec !== undefined && !Token.isUnresolved(keySpec) && keySpec !== kms.KeySpec.SYMMETRIC_DEFAULT.toString()) {
    throw validationError(
      'MSK-SCRAM-SECRET',
      `Amazon MSK reads secrets with a symmetric key, got ${keySpec}: leave \`keySpec\` of the key out`,
      scope,
    );
  }
  return key;
}

/** One key for all users that a cluster has in a stack. */
class ScramKey extends Construct {
  public static of(scope: Construct, cluster: IMskCluster): ScramKey {
    const stack = Stack.of(scope);
    const id = `CdkMskMacie-ScramKey-${cluster.node.addr.slice(-8)}`;
    return (stack.node.tryFindChild(id) as ScramKey | undefined) ?? new ScramKey(stack, id, cluster);
  }

  public readonly key: kms.Key;

  private constructor(stack: Stack, id: string, cluster: IMskCluster) {
    super(stack, id);
    this.key = new kms.Key(this, 'Key', {
      description: 'Secrets of users of an MSK cluster',
      enableKeyRotation: true,
      removalPolicy: removalPolicyOf(cluster),
    });
  }
}

/** Turns the secret that clients read into one that names one of two users, in turns. */
class Rotation extends Construct {
  constructor(
    scope: Construct,
    id: string,
    secret: secretsmanager.Secret,
    users: secretsmanager.Secret[],
    key: kms.IKey,
    every: Duration,
  ) {
    super(scope, id);
    const resource = secret.node.defaultChild as secretsmanager.CfnSecret;
    resource.generateSecretString = undefined;
    resource.secretString = SecretValue.secretsManager(users[0].secretArn).unsafeUnwrap();
    users.forEach((user, index) => resource.tags.setTag(`cdk-msk-macie:user-${index + 1}`, user.secretArn));

    const stack = Stack.of(this);
    const handler = HandlerFunction.in(stack, 'scram-rotation');
    const userArns = users.map(({ secretArn }) => secretArn);
    const secretArns = [secret.secretArn, ...userArns];
    const policy = new iam.Policy(this, 'Policy', {
      roles: [handler.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['secretsmanager:DescribeSecret', 'secretsmanager:UpdateSecretVersionStage'],
          resources: [secret.secretArn],
        }),
        new iam.PolicyStatement({
          actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
          resources: secretArns,
        }),
        new iam.PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [key.keyArn],
          conditions: { StringEquals: { 'kms:EncryptionContext:SecretARN': secretArns } },
        }),
      ],
    });
    const permission = new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: handler.function.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: stack.account,
      sourceArn: secret.secretArn,
    });
    const schedule = new secretsmanager.CfnRotationSchedule(this, 'Schedule', {
      secretId: secret.secretArn,
      rotationLambdaArn: handler.function.functionArn,
      rotationRules: { automaticallyAfterDays: every.toDays() },
      // A deployment that changes the schedule changes no password.
      rotateImmediatelyOnUpdate: false,
    });
    schedule.node.addDependency(policy, permission);
  }
}
