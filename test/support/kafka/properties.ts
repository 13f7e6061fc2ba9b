import { PORTS } from './addresses';
import type { Profile } from './profiles';
import { REFUSED_EVERYWHERE, rulesOf } from './profiles';

/** Ways in, as the client authentication of an MSK cluster names them. */
export type Authentication = 'unauthenticated' | 'mutualTls' | 'scram' | 'iam';

export interface NodeFiles {
  readonly data: string;
  readonly keyStore: string;
  readonly trustStore: string;
  /** Callers that the IAM port knows, see `MskIamCallbackHandler.java`. */
  readonly iamUsers: string;
}

export interface NodeProperties {
  /** @default one of its own */
  readonly zone?: string;
  readonly node: number;
  readonly hosts: readonly string[];
  readonly region: string;
  readonly profile: Profile;
  readonly authentication: readonly Authentication[];
  readonly serverProperties: Record<string, string>;
  readonly files: NodeFiles;
}

/** The certificate subjects of the brokers and of the client that sets things up. No ACL binds them. */
export const SUPER_USERS = { broker: 'broker', admin: 'admin' };

/** The `server.properties` of one node. */
export function serverProperties(options: NodeProperties): Record<string, string> {
  const { profile, hosts } = options;
  const rules = rulesOf(profile, hosts.length);
  for (const key of Object.keys(options.serverProperties)) {
    if (REFUSED_EVERYWHERE.test(key) || (rules.serverProperties && !rules.serverProperties.includes(key))) {
      throw new Error(`${profile} clusters take no configuration with ${key}`);
    }
  }
  return {
    ...smallMachine(hosts.length),
    ...rules.defaults,
    ...options.serverProperties,
    ...Object.fromEntries(Object.entries(rules.broker).map(([key, value]) => [`fixture.${key}`, String(value)])),
    'fixture.profile': profile,
    ...identity(options),
    ...listeners(options),
    ...tls(options),
    ...sasl(options),
    'authorizer.class.name': 'MskAuthorizer',
    'super.users': Object.values(SUPER_USERS)
      .map((name) => `User:CN=${name}`)
      .join(';'),
    'create.topic.policy.class.name': 'MskCreateTopicPolicy',
    'alter.config.policy.class.name': 'MskAlterConfigPolicy',
  };
}

/** In the format of Java's property files. */
export function propertyFile(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value.replace(/\\/g, '\\\\')}\n`)
    .join('');
}

/** Clients' way in to `PORTS`. */
export function openPorts(authentication: readonly Authentication[]): (keyof typeof PORTS)[] {
  const open = (...ways: Authentication[]) => ways.some((way) => authentication.includes(way));
  return [
    'replication',
    ...(open('unauthenticated') ? (['plaintext'] as const) : []),
    ...(open('unauthenticated', 'mutualTls') ? (['tls'] as const) : []),
    ...(open('scram') ? (['scram'] as const) : []),
    ...(open('iam') ? (['iam'] as const) : []),
  ];
}

/** Sizes and waits for two cores: many of Kafka's defaults are for a server of its own. */
function smallMachine(nodes: number): Record<string, string> {
  const replicas = String(nodes);
  return {
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '4194304',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '5',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': '5',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': nodes === 1 ? '1' : '2',
    // A dead broker is noticed in three seconds, not nine.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
  };
}

function identity({ node, hosts, files, zone }: NodeProperties): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'broker.rack': zone ?? `use1-az${node}`,
    'controller.quorum.voters': hosts.map((host, index) => `${index + 1}@${host}:${PORTS.controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'REPLICATION',
    'log.dirs': files.data,
  };
}

const LISTENER_NAMES: Record<keyof typeof PORTS, string> = {
  controller: 'CONTROLLER',
  replication: 'REPLICATION',
  plaintext: 'CLIENT',
  tls: 'CLIENT_SECURE',
  scram: 'CLIENT_SASL_SCRAM',
  iam: 'CLIENT_IAM',
};

function listeners({ node, hosts, authentication }: NodeProperties): Record<string, string> {
  const open = openPorts(authentication);
  const at = (name: keyof typeof PORTS) => `${LISTENER_NAMES[name]}://${hosts[node - 1]}:${PORTS[name]}`;
  return {
    listeners: [at('controller'), ...open.map(at)].join(','),
    'advertised.listeners': open.map(at).join(','),
    'listener.security.protocol.map':
      'CONTROLLER:SSL,REPLICATION:SSL,CLIENT:PLAINTEXT,CLIENT_SECURE:SSL,CLIENT_SASL_SCRAM:SASL_SSL,CLIENT_IAM:SASL_SSL',
  };
}

function tls({ authentication, files }: NodeProperties): Record<string, string> {
  const anonymous = authentication.includes('unauthenticated');
  const certificate = authentication.includes('mutualTls');
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': files.keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': files.trustStore,
    'listener.name.controller.ssl.client.auth': 'required',
    'listener.name.replication.ssl.client.auth': 'required',
    'listener.name.client_secure.ssl.client.auth': !certificate ? 'none' : anonymous ? 'requested' : 'required',
  };
}

function sasl({ authentication, region, files }: NodeProperties): Record<string, string> {
  const properties: Record<string, string> = {};
  const mechanisms: string[] = [];
  if (authentication.includes('scram')) {
    mechanisms.push('SCRAM-SHA-512');
    const listener = 'listener.name.client_sasl_scram';
    properties[`${listener}.sasl.enabled.mechanisms`] = 'SCRAM-SHA-512';
    properties[`${listener}.scram-sha-512.sasl.jaas.config`] =
      'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  }
  if (authentication.includes('iam')) {
    mechanisms.push('OAUTHBEARER', 'AWS_MSK_IAM');
    const listener = 'listener.name.client_iam';
    const options = `region="${region}" users.file="${files.iamUsers}";`;
    properties[`${listener}.sasl.enabled.mechanisms`] = 'OAUTHBEARER,AWS_MSK_IAM';
    properties[`${listener}.oauthbearer.sasl.server.callback.handler.class`] = 'MskIamCallbackHandler';
    // With any option set, the login module wants a name for the broker itself too.
    properties[`${listener}.oauthbearer.sasl.jaas.config`] =
      `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" ${options}`;
    properties[`${listener}.aws_msk_iam.sasl.server.callback.handler.class`] = 'MskIamCallbackHandler';
    // Of the login modules, the one that asks the broker for nothing.
    properties[`${listener}.aws_msk_iam.sasl.jaas.config`] =
      `org.apache.kafka.common.security.plain.PlainLoginModule required ${options}`;
  }
  return mechanisms.length > 0 ? { ...properties, 'sasl.enabled.mechanisms': mechanisms.join(',') } : {};
}
