import type { ResourceFact } from '../facts';
import { listing } from '../rule';
import type { Problem, Rule } from '../rule';
import { CLUSTER, mskGuide, templateReference } from './cluster-facts';

const CLIENT_BROKER = 'EncryptionInfo.EncryptionInTransit.ClientBroker';
const IAM = 'ClientAuthentication.Sasl.Iam.Enabled';
const SCRAM = 'ClientAuthentication.Sasl.Scram.Enabled';
const TLS = 'ClientAuthentication.Tls.Enabled';
const AUTHORITIES = 'ClientAuthentication.Tls.CertificateAuthorityArnList';
const UNAUTHENTICATED = 'ClientAuthentication.Unauthenticated.Enabled';

const VPC_CONNECTIVITY = 'BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity.ClientAuthentication';
const PUBLIC_ACCESS = 'BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type';

/** The names of the schemes that are known to be on. */
function schemes(cluster: ResourceFact): string[] {
  const all = { IAM, 'SASL/SCRAM': SCRAM, 'mutual TLS': TLS };
  return Object.entries(all).flatMap(([name, path]) => (cluster.flag(path) === true ? [name] : []));
}

export const clusterAuthentication: Rule = {
  id: 'MSK-CLUSTER-AUTHENTICATION',
  title: 'The ways in which clients authenticate fit the encryption between clients and brokers',
  remedy: 'Use TLS between clients and brokers whenever clients authenticate',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [
    mskGuide('msk-update-security'),
    mskGuide('msk-authentication'),
    templateReference('aws-properties-msk-cluster-sasl'),
  ],
  check(cluster) {
    const problems: Problem[] = [];
    const on = schemes(cluster);
    const encryption = cluster.text(CLIENT_BROKER);
    const sasl = on.filter((name) => name !== 'mutual TLS');
    if (encryption === 'PLAINTEXT' && on.length > 0) {
      const message = `${listing(on)} cannot work over PLAINTEXT`;
      problems.push({ path: CLIENT_BROKER, message, fix: 'set ClientBroker to TLS' });
    }
    if (encryption === 'TLS_PLAINTEXT' && sasl.length > 0 && cluster.off(UNAUTHENTICATED)) {
      const message = `TLS_PLAINTEXT with ${listing(sasl)} is refused unless unauthenticated clients are allowed`;
      problems.push({ path: CLIENT_BROKER, message, fix: 'set ClientBroker to TLS' });
    }
    if (cluster.flag(TLS) === true && (cluster.absent(AUTHORITIES) || cluster.list(AUTHORITIES)?.length === 0)) {
      const message = 'mutual TLS is on without a certificate authority';
      problems.push({ path: AUTHORITIES, message, fix: 'pass the ARN of at least one active AWS Private CA' });
    }
    return problems;
  },
};

export const clusterUnauthenticated: Rule = {
  id: 'MSK-CLUSTER-UNAUTHENTICATED',
  title: 'A cluster without client authentication says so by name',
  remedy: 'Turn on IAM, SASL/SCRAM or mutual TLS, or set Unauthenticated to say that everyone may come in',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('msk-update-security')],
  check(cluster) {
    if (![IAM, SCRAM, TLS].every((path) => cluster.off(path)) || !cluster.absent(UNAUTHENTICATED)) {
      return [];
    }
    // Older templates turn mutual TLS on by the list of authorities alone.
    if (!cluster.absent(AUTHORITIES)) {
      return [];
    }
    const message = 'no client authentication is set, so whoever reaches a broker may read and write everything';
    return [{ path: 'ClientAuthentication', message, fix: 'set ClientAuthentication.Sasl.Iam.Enabled to true' }];
  },
};

export const clusterPlaintext: Rule = {
  id: 'MSK-CLUSTER-PLAINTEXT',
  title: 'No unencrypted, unauthenticated listener stands beside the authenticated one',
  remedy: 'Set ClientBroker to TLS once the last plaintext client has moved',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [mskGuide('msk-update-security'), mskGuide('port-info')],
  check(cluster) {
    const on = schemes(cluster);
    const open = cluster.flag(UNAUTHENTICATED) === true || (on.length === 1 && on[0] === 'mutual TLS');
    if (cluster.text(CLIENT_BROKER) !== 'TLS_PLAINTEXT' || on.length === 0 || !open) {
      return [];
    }
    const message = `TLS_PLAINTEXT opens a plaintext listener that ${listing(on)} does not protect`;
    return [{ path: CLIENT_BROKER, message, fix: 'set ClientBroker to TLS' }];
  },
};

export const clusterEncryption: Rule = {
  id: 'MSK-CLUSTER-ENCRYPTION',
  title: 'The encryption between clients and brokers is named',
  remedy: 'Set ClientBroker to TLS: the documentation of CloudFormation and that of the API name different defaults',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [
    templateReference('aws-properties-msk-cluster-encryptionintransit'),
    'https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html',
  ],
  check(cluster) {
    const message = 'nothing is said about encryption between clients and brokers, and a default may let plaintext in';
    return cluster.absent(CLIENT_BROKER) ? [{ path: CLIENT_BROKER, message, fix: 'set ClientBroker to TLS' }] : [];
  },
};

export const clusterConnectivity: Rule = {
  id: 'MSK-CLUSTER-CONNECTIVITY',
  title: 'Public access and multi-VPC connectivity are turned on after the cluster was created',
  remedy: 'Create the cluster without them, turn them on in a later deployment',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CLUSTER],
  sources: [
    mskGuide('public-access'),
    mskGuide('aws-access-mult-vpc'),
    'https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1775',
  ],
  check(cluster) {
    const fix = 'leave it off in the deployment that creates the cluster';
    const problems: Problem[] = [];
    if (cluster.text(PUBLIC_ACCESS) === 'SERVICE_PROVIDED_EIPS') {
      problems.push({ path: PUBLIC_ACCESS, message: 'public access is refused for a cluster that is new', fix });
    }
    for (const path of ['Sasl.Iam.Enabled', 'Sasl.Scram.Enabled', 'Tls.Enabled']) {
      if (cluster.flag(`${VPC_CONNECTIVITY}.${path}`) === true) {
        const message = 'multi-VPC connectivity is refused for a cluster that is new';
        problems.push({ path: `${VPC_CONNECTIVITY}.${path}`, message, fix });
      }
    }
    return problems;
  },
};
