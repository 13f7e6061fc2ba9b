import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { validationError } from '../private/errors';
import type { AclResource } from './acl-resource';
import type { IMskCluster } from './cluster';
import type { KafkaPrincipal } from './kafka-principal';
import { PrincipalAcls } from './principal-acls';

/**
 * What an ACL is about doing. Some imply `DESCRIBE`: `READ`, `WRITE`, `ALTER` and `DELETE`.
 *
 * @see https://kafka.apache.org/documentation/#operations_in_kafka
 */
export enum AclOperation {
  /** Everything. */
  ALL = 'ALL',

  /** To read records of a topic, or to be a member of a group. */
  READ = 'READ',

  /** To write records to a topic, or to use a transactional id. */
  WRITE = 'WRITE',

  /** To create topics. */
  CREATE = 'CREATE',

  /** To delete topics, records or groups. */
  DELETE = 'DELETE',

  /** To add partitions; on the cluster, to change ACLs and move partitions. */
  ALTER = 'ALTER',

  /** To see topics, groups or the cluster. */
  DESCRIBE = 'DESCRIBE',

  /** What only brokers do: the brokers themselves need it where ACLs bind them. */
  CLUSTER_ACTION = 'CLUSTER_ACTION',

  /** To see settings. */
  DESCRIBE_CONFIGS = 'DESCRIBE_CONFIGS',

  /** To change settings. */
  ALTER_CONFIGS = 'ALTER_CONFIGS',

  /** To write idempotently, on the cluster: needed below Kafka 3.0 only. */
  IDEMPOTENT_WRITE = 'IDEMPOTENT_WRITE',
}

/** Whether an ACL allows or denies. */
export enum AclPermission {
  /** It allows. */
  ALLOW = 'ALLOW',

  /** It denies, whatever others allow. */
  DENY = 'DENY',
}

/** Properties of an ACL. */
export interface KafkaAclProps {
  /** The cluster that keeps it. It has to offer IAM as well: the ACLs are written by a client that no ACL binds. */
  readonly cluster: IMskCluster;

  /** Who it is about. */
  readonly principal: KafkaPrincipal;

  /** What it is about. */
  readonly resource: AclResource;

  /** What is allowed or denied. */
  readonly operations: AclOperation[];

  /**
   * Whether it allows or denies.
   *
   * @default AclPermission.ALLOW
   */
  readonly permission?: AclPermission;

  /**
   * The IP address that the client comes from.
   *
   * @default '*' from anywhere
   */
  readonly host?: string;
}

/**
 * Rights of a client that says who it is by user name (SASL/SCRAM) or certificate (mutual TLS), in Kafka's own access
 * control.
 *
 * All ACLs of a principal in a stack are one resource: a change grants what is new before it revokes what is no longer
 * named, and a removal revokes. What two constructs of a stack name is there as long as one of them names it; name it in
 * one stack only. As long as a resource has no ACL at all, and the cluster does not say
 * `allow.everyone.if.no.acl.found=false`, everybody may do everything to it.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-acls.html
 */
export class KafkaAcl extends Construct {
  /** The moment from which the rights are there, to depend on. */
  public readonly ready: IDependable;

  constructor(scope: Construct, id: string, props: KafkaAclProps) {
    super(scope, id);
    const { resourceType, pattern } = props.resource;
    if (props.operations.length === 0) {
      throw validationError('AclOperationsMissing', '`operations` must not be empty: name what is allowed', this);
    }
    const name = pattern?.name ?? 'kafka-cluster';
    if (!Token.isUnresolved(props.operations) && !allowed(resourceType, props.operations)) {
      throw validationError(
        'MSK-ACL-OPERATION',
        `Kafka has no ${props.operations.filter((each) => !allowed(resourceType, [each])).join(', ')} on ${resourceType}; ` +
          `there are ${OPERATIONS[resourceType].join(', ')}`,
        this,
      );
    }
    const acls = PrincipalAcls.of(this, props.cluster, props.principal);
    acls.add(
      props.operations.map((operation) => ({
        ResourceType: resourceType,
        ResourceName: name,
        PatternType: pattern?.isPrefix ? 'PREFIXED' : 'LITERAL',
        Principal: props.principal.principal,
        Host: props.host ?? '*',
        Operation: operation,
        Permission: props.permission ?? AclPermission.ALLOW,
      })),
    );
    this.ready = acls.resource;
  }
}

/** @see https://kafka.apache.org/documentation/#operations_resources_and_protocols */
const OPERATIONS: Record<string, AclOperation[]> = {
  TOPIC: [
    AclOperation.READ,
    AclOperation.WRITE,
    AclOperation.CREATE,
    AclOperation.DELETE,
    AclOperation.ALTER,
    AclOperation.DESCRIBE,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
  ],
  GROUP: [AclOperation.READ, AclOperation.DELETE, AclOperation.DESCRIBE],
  TRANSACTIONAL_ID: [AclOperation.WRITE, AclOperation.DESCRIBE],
  CLUSTER: [
    AclOperation.CREATE,
    AclOperation.ALTER,
    AclOperation.DESCRIBE,
    AclOperation.CLUSTER_ACTION,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
    AclOperation.IDEMPOTENT_WRITE,
  ],
};

function allowed(resourceType: string, operations: AclOperation[]): boolean {
  return operations.every((each) => each === AclOperation.ALL || OPERATIONS[resourceType].includes(each));
}
