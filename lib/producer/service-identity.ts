import type { IConstruct } from 'constructs';
import { AuthenticationMechanism } from '../cluster';
import type { ClientIdentity, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import type { AcceptedIdentity } from '../cluster/client-identity';
import { validationError } from '../private/errors';

const FACTORIES: Partial<Record<AuthenticationMechanism, string>> = {
  [AuthenticationMechanism.SCRAM]: 'ClientIdentity.scram(secret)',
  [AuthenticationMechanism.UNAUTHENTICATED]: 'ClientIdentity.anonymous()',
  [AuthenticationMechanism.PLAINTEXT]: 'ClientIdentity.anonymous()',
};

/** An identity that the cluster accepts and a service can take on; services know fewer than programs do. */
export function serviceIdentity(
  scope: IConstruct,
  cluster: IMskCluster,
  identity: ClientIdentity,
  service: string,
  known: AuthenticationMechanism[],
): AcceptedIdentity {
  const { mechanism } = identity;
  if (!known.includes(mechanism)) {
    throw validationError(
      'ServiceIdentity',
      `${service} can not be ${mechanism} to a cluster: use ${[...new Set(known.map((each) => FACTORIES[each]))].join(' or ')}, ` +
        `which the cluster '${cluster.node.path}' has to offer`,
      scope,
    );
  }
  const accepted = acceptIdentity(scope, cluster, identity);
  if (!known.includes(accepted.mechanism)) {
    throw validationError(
      'ServiceIdentity',
      `${service} does not connect in plain text, and the cluster '${cluster.node.path}' offers nothing else to ` +
        'anonymous clients: add ClientAuthentication.unauthenticated() or scram() to its `authentication`',
      scope,
    );
  }
  return accepted;
}
