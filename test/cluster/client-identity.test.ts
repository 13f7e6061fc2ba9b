import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, ClientIdentity, MskCluster } from '../../lib/cluster';
import { acceptIdentity } from '../../lib/cluster/client-identity';
import { MSK_PORTS } from '../../lib/rules';
import { CLUSTER_ARN, stack } from '../support/fixtures';

const of = stack();
const secret = secretsmanager.Secret.fromSecretNameV2(of, 'Secret', 'AmazonMSK_billing');

/** By their names in the tables below. */
const WAYS: Record<string, ClientAuthentication> = {
  iam: ClientAuthentication.iam(),
  scram: ClientAuthentication.scram(),
  tls: ClientAuthentication.mutualTls([]),
  open: ClientAuthentication.unauthenticated(),
  plain: ClientAuthentication.plaintext(),
};
const IDENTITIES: Record<string, ClientIdentity | undefined> = {
  nobody: undefined,
  iam: ClientIdentity.iam(),
  scram: ClientIdentity.scram(secret),
  mutualTls: ClientIdentity.mutualTls(secret),
  anonymous: ClientIdentity.anonymous(),
};

const IAM = '9098 BootstrapBrokerStringSaslIam';
const SCRAM = '9096 BootstrapBrokerStringSaslScram';
const TLS = '9094 BootstrapBrokerStringTls';
const PLAIN = '9092 BootstrapBrokerString';

// What the cluster offers; then, for no identity, IAM, SCRAM, mutual TLS and anonymous, where the client ends up.
const TABLE: [string, string, string, string, string, string][] = [
  ['iam', IAM, IAM, '-', '-', '-'],
  ['scram', '-', '-', SCRAM, '-', '-'],
  ['tls', '-', '-', '-', TLS, '-'],
  ['open', '-', '-', '-', '-', TLS],
  ['plain', '-', '-', '-', '-', PLAIN],
  ['open plain', '-', '-', '-', '-', TLS],
  ['iam scram', IAM, IAM, SCRAM, '-', '-'],
  ['scram iam tls', IAM, IAM, SCRAM, TLS, '-'],
  ['tls open', '-', '-', '-', TLS, TLS],
  ['iam plain', IAM, IAM, '-', '-', PLAIN],
  ['iam scram tls open plain', IAM, IAM, SCRAM, TLS, TLS],
  ['unknown', IAM, IAM, SCRAM, TLS, TLS],
];

const FACTORIES: Record<string, string> = {
  iam: 'ClientIdentity.iam()',
  scram: 'ClientIdentity.scram(secret)',
  tls: 'ClientIdentity.mutualTls(secret)',
  open: 'ClientIdentity.anonymous()',
  plain: 'ClientIdentity.anonymous()',
};

function clusterThatOffers(offer: string): MskCluster {
  const authentication = offer === 'unknown' ? undefined : offer.split(' ').map((way) => WAYS[way]);
  const scope = stack();
  return MskCluster.fromClusterAttributes(scope, 'Orders', { clusterArn: CLUSTER_ARN, authentication }) as MskCluster;
}

describe.each(TABLE)('a cluster that offers %s', (offer, ...expected) => {
  const cluster = clusterThatOffers(offer);

  test.each(Object.keys(IDENTITIES).map((name, index) => [name, expected[index]]))(
    '[27] [43] takes %s to %s',
    (name, listener) => {
      const identity = IDENTITIES[name];
      if (listener !== '-') {
        const accepted = acceptIdentity(cluster, cluster, identity);
        expect(`${accepted.port} ${accepted.brokers}`).toBe(listener);
        expect(accepted.secret).toBe(['scram', 'mutualTls'].includes(name) ? secret : undefined);
        return;
      }
      const choices = [...new Set(offer.split(' ').map((way) => FACTORIES[way]))].join(', ');
      expect(() => acceptIdentity(cluster, cluster, identity)).toThrow(
        new RegExp(
          `ClientIdentityNotOffered: the cluster 'Stack/Orders' does not let clients in by [A-Z_]+` +
            (identity ? '; ' : ', which is taken when no `identity` is named; ') +
            `it offers ${choices.replace(/[()]/g, '\\$&')}$`,
          'm',
        ),
      );
    },
  );
});

test('[43] the ports are those that Amazon MSK documents', () => {
  const port = (listener: string) =>
    MSK_PORTS.find((each) => each.listener === listener && each.access === 'IN_VPC' && each.addressFamily === 'IPV4')
      ?.fromPort;
  const cluster = clusterThatOffers('unknown');
  const portOf = (name: string) => acceptIdentity(cluster, cluster, IDENTITIES[name]).port;
  expect(portOf('iam')).toBe(port('SASL_IAM'));
  expect(portOf('scram')).toBe(port('SASL_SCRAM'));
  expect(portOf('mutualTls')).toBe(port('TLS'));
  expect(acceptIdentity(cluster, clusterThatOffers('plain'), IDENTITIES.anonymous).port).toBe(port('NONE_PLAINTEXT'));
});
