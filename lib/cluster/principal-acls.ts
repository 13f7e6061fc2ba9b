import { createHash } from 'crypto';
import { Lazy, Stack } from 'aws-cdk-lib';
import type { CustomResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ClusterKind } from './cluster-kind';
import { validationError } from '../private/errors';
import { AuthenticationMechanism } from './client-authentication';
import type { IMskCluster } from './cluster';
import { AdminRights, KafkaAdmin } from './kafka-admin';
import type { KafkaPrincipal } from './kafka-principal';

/** One line of Kafka's access control, as the handler takes it. */
export interface AclEntry {
  readonly ResourceType: string;
  readonly ResourceName: string;
  readonly PatternType: string;
  readonly Principal: string;
  readonly Host: string;
  readonly Operation: string;
  readonly Permission: string;
}

/** All that one stack says about what one principal may do to a cluster: one resource, in which nothing stands twice. */
export class PrincipalAcls extends Construct {
  public static of(scope: Construct, cluster: IMskCluster, { principal }: KafkaPrincipal): PrincipalAcls {
    requireAcls(scope, cluster);
    const stack = Stack.of(scope);
    const who = createHash('sha256')
      .update(JSON.stringify([cluster.node.addr, stack.resolve(principal)]))
      .digest('hex')
      .slice(0, 8);
    const id = `CdkMskMacie-acls-${who}`;
    return (
      (stack.node.tryFindChild(id) as PrincipalAcls | undefined) ?? new PrincipalAcls(stack, id, cluster, scope, who)
    );
  }

  public readonly resource: CustomResource;

  private readonly entries: AclEntry[] = [];

  private constructor(scope: Construct, id: string, cluster: IMskCluster, user: Construct, name: string) {
    super(scope, id);
    this.resource = KafkaAdmin.of(user, cluster).administer(this, 'Acls', {
      resourceType: 'Custom::MskAcls',
      rights: AdminRights.ACLS,
      properties: { Name: name, Entries: Lazy.any({ produce: () => this.rendered() }) },
    });
  }

  public add(entries: AclEntry[]): void {
    this.entries.push(...entries);
  }

  private rendered(): AclEntry[] {
    const distinct = new Map(
      this.entries.map((entry) => [JSON.stringify(Stack.of(this).resolve(Object.values(entry))), entry]),
    );
    return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }
}

function requireAcls(scope: Construct, { node, kind, authentication }: IMskCluster): void {
  if (kind === ClusterKind.SERVERLESS) {
    throw validationError(
      'ClusterWithoutAcls',
      `the serverless cluster '${node.path}' has no ACLs: it lets clients in by IAM only, use \`grants\``,
      scope,
    );
  }
  const offered = authentication?.map(({ mechanism }) => mechanism);
  if (offered && !offered.includes(AuthenticationMechanism.IAM)) {
    throw validationError(
      'ClusterWithoutIam',
      `the ACLs of '${node.path}' are written by a client that connects by IAM, which no ACL shuts out, and the cluster lets ` +
        `clients in by ${offered.join(', ')}: add ClientAuthentication.iam() to its \`authentication\``,
      scope,
    );
  }
}
