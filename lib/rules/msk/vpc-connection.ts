import { show } from '../rule';
import type { Problem, Rule } from '../rule';
import {
  CLUSTER,
  SERVERLESS_CLUSTER,
  mskGuide,
  repeated,
  subnetZones,
  subnetsOf,
  templateReference,
} from './cluster-facts';
import { SCHEMES, connectionProblems, isConnected } from './connectivity-facts';

const VPC_CONNECTION = 'AWS::MSK::VpcConnection';
const REFERENCE = templateReference('aws-resource-msk-vpcconnection');
const GUIDE = mskGuide('aws-access-mult-vpc');

export const vpcConnectionAuthentication: Rule = {
  id: 'MSK-VPC-CONNECTION-AUTHENTICATION',
  title: 'A connection lets clients in by IAM, SCRAM or mutual TLS, as its cluster does',
  remedy: 'Use SASL_IAM, SASL_SCRAM or TLS, whatever the cluster offers',
  basis: 'service',
  severity: 'error',
  appliesTo: [VPC_CONNECTION],
  sources: [REFERENCE, GUIDE],
  check(connection) {
    const path = 'Authentication';
    const scheme = connection.text(path);
    if (scheme === undefined) {
      return [];
    }
    if (!(scheme in SCHEMES)) {
      const message = `there is no authentication ${show(scheme)}`;
      return [{ path, message, fix: 'use SASL_IAM, SASL_SCRAM or TLS' }];
    }
    const cluster = connection.target('TargetClusterArn');
    return cluster?.type === CLUSTER && cluster.off(`ClientAuthentication.${SCHEMES[scheme]}`)
      ? [
          {
            path,
            message: `${cluster.logicalId} does not let clients in by ${scheme}`,
            fix: 'use what the cluster offers',
          },
        ]
      : [];
  },
};

export const vpcConnectionCluster: Rule = {
  id: 'MSK-VPC-CONNECTION-CLUSTER',
  title: 'The cluster of a connection is provisioned, with Kafka 2.7.1 or later and brokers larger than t3.small',
  remedy: 'Use a provisioned cluster that offers multi-VPC connectivity',
  basis: 'service',
  severity: 'error',
  appliesTo: [VPC_CONNECTION],
  sources: [GUIDE],
  check(connection) {
    const path = 'TargetClusterArn';
    const cluster = connection.target(path);
    if (cluster?.type === SERVERLESS_CLUSTER) {
      const message = 'a serverless cluster takes no connections: it has endpoints in up to five VPCs';
      return [{ path, message, fix: 'name the VPC in the VpcConfigs of the cluster' }];
    }
    if (cluster?.type !== CLUSTER) {
      return [];
    }
    return connectionProblems(cluster, path);
  },
};

export const vpcConnectionConnectivity: Rule = {
  id: 'MSK-VPC-CONNECTION-CONNECTIVITY',
  title: 'Multi-VPC connectivity is on for the authentication of a connection',
  remedy: 'Turn multi-VPC connectivity on for it once the cluster is there: it is refused at creation',
  basis: 'service',
  severity: 'warning',
  appliesTo: [VPC_CONNECTION],
  sources: [mskGuide('mvpc-cluster-owner-action-turn-on')],
  check(connection, facts) {
    const scheme = connection.text('Authentication');
    const cluster = connection.target('TargetClusterArn');
    if (
      scheme === undefined ||
      !(scheme in SCHEMES) ||
      cluster?.type !== CLUSTER ||
      isConnected(cluster, scheme, facts)
    ) {
      return [];
    }
    const message = `multi-VPC connectivity of ${cluster.logicalId} is off for ${scheme}, as far as the template says`;
    return [
      { path: 'TargetClusterArn', message, fix: 'turn it on after the cluster is created, and before the connection' },
    ];
  },
};

export const vpcConnectionNetwork: Rule = {
  id: 'MSK-VPC-CONNECTION-NETWORK',
  title: 'A connection has a security group, and one subnet in each Availability Zone of the cluster',
  remedy: 'Choose subnets in the zones of the cluster, compared by zone ID, one of each',
  basis: 'service',
  severity: 'error',
  appliesTo: [VPC_CONNECTION],
  sources: [REFERENCE, GUIDE],
  check(connection) {
    const problems: Problem[] = [];
    const groups = connection.list('SecurityGroups');
    if (groups?.length === 0) {
      problems.push({ path: 'SecurityGroups', message: 'a connection is given no security group', fix: 'use one' });
    }
    const path = 'ClientSubnets';
    const subnets = subnetsOf(connection, path);
    if (subnets === undefined) {
      return problems;
    }
    const fix = 'use one subnet in each zone of the cluster';
    if (repeated(subnets).length > 0) {
      problems.push({ path, message: 'a subnet is given twice', fix });
    } else if (repeated(subnetZones(connection, path, connection.extra('subnetZones'))).length > 0) {
      problems.push({ path, message: 'two subnets share an Availability Zone', fix });
    }
    const zones =
      connection.extra('clusterZones') ??
      connection.target('TargetClusterArn')?.list('BrokerNodeGroupInfo.ClientSubnets')?.length;
    if (typeof zones === 'number' && subnets.length !== zones) {
      const message = `a connection is given ${subnets.length} subnets, and the cluster spans ${zones} zones`;
      problems.push({ path, message, fix });
    }
    return problems;
  },
};
