import type { Size } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { AuthenticationMechanism, ClientProperties, ResourcePattern } from '../cluster';
import type { ClientIdentity } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { openWay } from '../connect/client-network';
import type { ClientLibrary } from '../consumer';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { OwnPolicyPrincipal, warnNotAdded } from '../private/own-policy';
import type { IKafkaTopic } from '../topic';
import { requireOneCluster } from '../topic/one-cluster';
import { SECRET_ARN } from './producer-client';
import type { ProducerClient } from './producer-client';

/** Properties of a program that writes to topics. */
export interface KafkaProducerProps {
  /** The topics to write to, of one cluster. */
  readonly topics: IKafkaTopic[];

  /** The program. */
  readonly client: ProducerClient;

  /**
   * Who it is to the cluster. What SCRAM users and certificates may do is said in Kafka's ACLs.
   *
   * @default ClientIdentity.iam()
   */
  readonly identity?: ClientIdentity;

  /**
   * What its transactional ids begin with, if it writes in transactions. Each instance that runs at the same time needs
   * an id of its own, such as the prefix and the name of its log stream: of two with the same id, the older is fenced off.
   *
   * @default - no transactions; writing idempotently is always allowed
   */
  readonly transactionalIdPrefix?: string;

  /**
   * The library that the program writes with: the variable `KAFKA_CLIENT_PROPERTIES` has its settings as text.
   *
   * @default - no such variable
   */
  readonly clientLibrary?: ClientLibrary;

  /**
   * The name of the client in logs, metrics and quotas of the brokers.
   *
   * @default - none
   */
  readonly clientId?: string;
}

/**
 * Lets a program write to topics: its rights, in a policy of their own, a way to the brokers, opened from its side, and
 * its settings, in environment variables; it begins when all that is there.
 *
 * The variables are `KAFKA_BOOTSTRAP_SERVERS`, `KAFKA_TOPICS` (names, joined by commas) and, where they apply,
 * `KAFKA_CLIENT_PROPERTIES`, `KAFKA_TRANSACTIONAL_ID_PREFIX` and `KAFKA_SECRET_ARN`. None of them holds a secret. A container of
 * ECS has `KAFKA_USERNAME` and `KAFKA_PASSWORD`, or `KAFKA_CERTIFICATE` and `KAFKA_PRIVATE_KEY`, in place of the ARN.
 */
@injectable
export class KafkaProducer extends Construct {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.KafkaProducer';

  /** The environment variables that the program is to have. */
  public readonly environment: Record<string, string>;

  /** The settings of the client as text, in the forms of several client libraries. */
  public readonly properties: ClientProperties;

  constructor(scope: Construct, id: string, props: KafkaProducerProps) {
    super(scope, id);
    const { client, topics, transactionalIdPrefix } = props;
    const cluster = requireOneCluster(this, topics);
    const { mechanism, port } = acceptIdentity(this, cluster, props.identity);
    requirePrefix(this, transactionalIdPrefix);
    const { identity, clientId } = props;
    this.properties = ClientProperties.fromCluster(cluster, {
      identity,
      clientId,
      maxMessageSize: largest(topics.map(({ maxMessageSize }) => maxMessageSize)),
    });
    this.environment = environmentOf(props, this.properties);

    const grantee = OwnPolicyPrincipal.redirect(client._grantee, 'Policy', this);
    const grants: iam.Grant[] = [];
    if (mechanism === AuthenticationMechanism.IAM) {
      grants.push(...topics.map((topic) => produce(topic, grantee, transactionalIdPrefix)));
    }
    grants.push(...client._configure(this, { environment: this.environment, properties: this.properties, grantee }));
    if (grantee instanceof OwnPolicyPrincipal && grantee.refused.length) {
      warnNotAdded(this, client._grantee, grantee.refused);
    }
    if (grants.length === 0) {
      this.node.tryRemoveChild('Policy');
    }
    const way = openWay(this, client._securityGroups, cluster, port);
    startAfter(client, grants, [cluster.ready, ...topics.map(({ ready }) => ready), ...way]);
  }
}

function produce(topic: IKafkaTopic, grantee: iam.IGrantable, transactionalIdPrefix?: string): iam.Grant {
  if (transactionalIdPrefix === undefined) {
    return topic.grants.produce(grantee);
  }
  return topic.cluster.grants.produceInTransactions(
    grantee,
    ResourcePattern.literal(topic.topicName),
    ResourcePattern.prefixed(transactionalIdPrefix),
  );
}

/** What the topic that takes the largest records takes, where that is known. */
function largest(sizes: (Size | undefined)[]): Size | undefined {
  const known = sizes.filter((size) => size !== undefined && !size.isUnresolved());
  return known.sort((a, b) => b!.toBytes() - a!.toBytes())[0];
}

function environmentOf(props: KafkaProducerProps, properties: ClientProperties): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: properties.bootstrapBrokers,
    KAFKA_TOPICS: props.topics.map(({ topicName }) => topicName).join(','),
    ...(props.clientLibrary && { KAFKA_CLIENT_PROPERTIES: properties[props.clientLibrary] }),
    ...(props.transactionalIdPrefix !== undefined && {
      KAFKA_TRANSACTIONAL_ID_PREFIX: props.transactionalIdPrefix,
    }),
    ...(properties.secret && { [SECRET_ARN]: properties.secret.secretArn }),
  };
}

function startAfter(client: ProducerClient, grants: iam.Grant[], ready: IDependable[]): void {
  for (const start of client._starts()) {
    grants.forEach((grant) => grant.applyBefore(start));
    start.node.addDependency(...ready);
  }
}

function requirePrefix(scope: Construct, prefix: string | undefined): void {
  if (prefix === '') {
    throw validationError(
      'TransactionalIdPrefix',
      '`transactionalIdPrefix` is empty, and so would allow every transactional id of the cluster: name one',
      scope,
    );
  }
}
