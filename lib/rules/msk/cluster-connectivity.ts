import type { ResourceFact } from '../facts';
import { listing } from '../rule';
import type { Problem, Rule } from '../rule';
import { CLUSTER, INSTANCE_TYPE, mskGuide, serverProperties } from './cluster-facts';
import { CONNECTIVITY, SCHEMES, VPC_CONNECTIVITY, lateSetting, olderThan } from './connectivity-facts';

const PUBLIC_ACCESS = `${CONNECTIVITY}.PublicAccess.Type`;
const NETWORK_TYPE = `${CONNECTIVITY}.NetworkType`;
const CLIENT_BROKER = 'EncryptionInfo.EncryptionInTransit.ClientBroker';
const IN_CLUSTER = 'EncryptionInfo.EncryptionInTransit.InCluster';
const UNAUTHENTICATED = 'ClientAuthentication.Unauthenticated.Enabled';
const EVERYONE = 'allow.everyone.if.no.acl.found';

const ACL_SCHEMES = ['SASL_SCRAM', 'TLS'];

function isOn(cluster: ResourceFact, scheme: string): boolean {
  return cluster.flag(`ClientAuthentication.${SCHEMES[scheme]}`) === true;
}

/** Whether who has no ACL to meet may do everything, as far as is known. */
function everyoneMayAll(cluster: ResourceFact): boolean {
  const path = 'ConfigurationInfo.Arn';
  if (cluster.absent(path)) {
    return true;
  }
  const configuration = cluster.target(path);
  const properties = configuration && serverProperties(configuration);
  return properties !== undefined && (properties.get(EVERYONE) ?? 'true') !== 'false';
}

export const clusterPublicAccess: Rule = {
  id: 'MSK-CLUSTER-PUBLIC-ACCESS',
  title: 'A cluster with public access has public subnets, asks every client who it is, and encrypts everything',
  remedy: 'Use public subnets, IAM, SCRAM or mutual TLS alone, TLS everywhere, and ACLs for SCRAM and mutual TLS',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [mskGuide('public-access')],
  check(cluster, facts) {
    const wanted = lateSetting(cluster, facts, 'PublicAccess') ?? cluster.text(PUBLIC_ACCESS);
    return wanted === 'SERVICE_PROVIDED_EIPS' ? publicAccessProblems(cluster) : [];
  },
};

function publicAccessProblems(cluster: ResourceFact): Problem[] {
  const problems: Problem[] = [];
  const add = (path: string, message: string, fix: string) => problems.push({ path, message, fix });
  const version = olderThan(cluster, '2.6.0');
  if (version !== undefined) {
    add('KafkaVersion', `Kafka ${version} knows no public access`, 'use 2.6.0 or later');
  }
  const hidden = cluster.extra('privateSubnets');
  if (Array.isArray(hidden) && hidden.length > 0) {
    add(
      PUBLIC_ACCESS,
      `public access needs public subnets, and no route leads from the internet to ${listing(hidden as string[])}`,
      'select public subnets when the cluster is created, `vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }`: they can not be changed',
    );
  }
  if (cluster.flag(UNAUTHENTICATED) === true) {
    const message = 'public access is refused while unauthenticated clients are let in';
    add(UNAUTHENTICATED, message, 'turn unauthenticated access off');
  }
  const encryption = cluster.text(CLIENT_BROKER);
  if (encryption !== undefined && encryption !== 'TLS') {
    add(CLIENT_BROKER, `public access is refused with ${encryption} between clients and brokers`, 'use TLS');
  }
  if (cluster.flag(IN_CLUSTER) === false) {
    add(IN_CLUSTER, 'public access is refused without encryption between brokers', 'use encryption in the cluster');
  }
  if (Object.values(SCHEMES).every((path) => cluster.off(`ClientAuthentication.${path}`))) {
    add(
      'ClientAuthentication',
      'public access is refused where nobody is asked who he is',
      'turn on IAM, SCRAM or mutual TLS',
    );
  }
  const byAcl = ACL_SCHEMES.filter((scheme) => isOn(cluster, scheme));
  if (byAcl.length > 0 && everyoneMayAll(cluster)) {
    add(
      'ConfigurationInfo.Arn',
      `public access with ${listing(byAcl)} is refused while ${EVERYONE} is true`,
      `set ${EVERYONE}=false, and give clients ACLs before`,
    );
  }
  return problems;
}

export const clusterVpcConnectivity: Rule = {
  id: 'MSK-CLUSTER-VPC-CONNECTIVITY',
  title: 'Multi-VPC connectivity is for IAM, SCRAM and mutual TLS of clusters that offer them',
  remedy: 'Turn it on for what the cluster offers, with Kafka 2.7.1 or later and brokers larger than t3.small',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [mskGuide('aws-access-mult-vpc'), mskGuide('mvpc-cross-account-permissions')],
  check(cluster, facts) {
    const later = lateSetting(cluster, facts, 'VpcConnectivity');
    const wanted = Object.keys(SCHEMES).filter((scheme) =>
      Array.isArray(later) ? later.includes(scheme) : cluster.flag(`${VPC_CONNECTIVITY}.${SCHEMES[scheme]}`) === true,
    );
    return wanted.length > 0 ? vpcConnectivityProblems(cluster, wanted) : [];
  },
};

function vpcConnectivityProblems(cluster: ResourceFact, wanted: string[]): Problem[] {
  const problems: Problem[] = [];
  const path = VPC_CONNECTIVITY;
  const version = olderThan(cluster, '2.7.1');
  if (version !== undefined) {
    problems.push({ path, message: `Kafka ${version} knows no multi-VPC connectivity`, fix: 'use 2.7.1 or later' });
  }
  if (cluster.text(INSTANCE_TYPE) === 'kafka.t3.small') {
    const message = 'brokers of kafka.t3.small offer no multi-VPC connectivity';
    problems.push({ path, message, fix: 'use larger brokers' });
  }
  for (const scheme of wanted.filter((each) => cluster.off(`ClientAuthentication.${SCHEMES[each]}`))) {
    const message = `multi-VPC connectivity is asked for with ${scheme}, which the cluster does not offer`;
    problems.push({ path, message, fix: `let clients in by ${scheme}, or leave it out` });
  }
  const byAcl = wanted.filter((scheme) => ACL_SCHEMES.includes(scheme));
  if (byAcl.length > 0 && everyoneMayAll(cluster)) {
    const message = `multi-VPC connectivity with ${listing(byAcl)} is refused while ${EVERYONE} is true`;
    problems.push({ path, message, fix: `set ${EVERYONE}=false, and give clients ACLs before` });
  }
  return problems;
}

export const clusterNetworkType: Rule = {
  id: 'MSK-CLUSTER-NETWORK-TYPE',
  title: 'The network type DUAL needs Kafka 3.6.0 or later',
  remedy: 'Use 3.6.0 or later',
  basis: 'service',
  severity: 'error',
  appliesTo: [CLUSTER],
  sources: [mskGuide('mskp-choose-cluster-network-type')],
  check(cluster, facts) {
    const wanted = lateSetting(cluster, facts, 'NetworkType') ?? cluster.text(NETWORK_TYPE);
    const version = wanted === 'DUAL' ? olderThan(cluster, '3.6.0') : undefined;
    return version === undefined
      ? []
      : [{ path: NETWORK_TYPE, message: `Kafka ${version} has no network type DUAL`, fix: 'use 3.6.0 or later' }];
  },
};
