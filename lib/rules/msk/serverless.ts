import type { Problem, Rule } from '../rule';
import { show } from '../rule';
import { SERVERLESS_CLUSTER, mskGuide, repeated, subnetZones, subnetsOf, templateReference } from './cluster-facts';

const CONFIGS = 'VpcConfigs';
const IAM = 'ClientAuthentication.Sasl.Iam.Enabled';

export const serverlessName: Rule = {
  id: 'MSK-SERVERLESS-NAME',
  title: 'The name of a serverless cluster has 1 to 64 characters',
  remedy: 'Shorten the name before the cluster exists: a later change of the name replaces it',
  basis: 'service',
  severity: 'error',
  appliesTo: [SERVERLESS_CLUSTER],
  sources: [templateReference('aws-resource-msk-serverlesscluster')],
  check(cluster) {
    const name = cluster.text('ClusterName');
    if (name === undefined || (name.length >= 1 && name.length <= 64)) {
      return [];
    }
    const message = `the cluster name ${show(name)} has ${name.length} characters`;
    return [{ path: 'ClusterName', message, fix: 'use 1 to 64' }];
  },
};

export const serverlessAuthentication: Rule = {
  id: 'MSK-SERVERLESS-AUTHENTICATION',
  title: 'A serverless cluster authenticates its clients by IAM',
  remedy: 'Turn on IAM: serverless clusters know nothing else',
  basis: 'service',
  severity: 'error',
  appliesTo: [SERVERLESS_CLUSTER],
  sources: [mskGuide('serverless'), templateReference('aws-resource-msk-serverlesscluster')],
  check(cluster) {
    return cluster.off(IAM)
      ? [{ path: IAM, message: 'a serverless cluster without IAM is refused', fix: 'set it to true' }]
      : [];
  },
};

export const serverlessNetwork: Rule = {
  id: 'MSK-SERVERLESS-NETWORK',
  title: 'A serverless cluster is reached from 1 to 5 VPCs, from two or more zones of each',
  remedy: 'For each VPC pass at least two subnets in different zones and 1 to 5 security groups, nothing twice',
  basis: 'service',
  severity: 'error',
  appliesTo: [SERVERLESS_CLUSTER],
  sources: [mskGuide('create-serverless-cluster'), mskGuide('limits')],
  check(cluster) {
    const configs = cluster.list(CONFIGS);
    if (configs === undefined) {
      return [];
    }
    if (configs.length < 1 || configs.length > 5) {
      const message = `a serverless cluster is given ${configs.length} VPC configurations`;
      return [{ path: CONFIGS, message, fix: 'pass 1 to 5' }];
    }
    const problems: Problem[] = [];
    const zones = zonesByConfig(cluster.extra('subnetZones'));
    configs.forEach((_config, i) => {
      const path = `${CONFIGS}.${i}.SubnetIds`;
      const subnets = subnetsOf(cluster, path);
      const fix = 'pass at least two subnets of the VPC, each in a zone of its own';
      if (subnets !== undefined && subnets.length < 2) {
        problems.push({ path, message: `a VPC configuration has ${subnets.length} subnets`, fix });
      } else if (subnets !== undefined && repeated(subnets).length > 0) {
        problems.push({ path, message: 'a subnet is given twice', fix });
      } else if (subnets !== undefined && repeated(subnetZones(cluster, path, zones[i])).length > 0) {
        problems.push({ path, message: 'two subnets share an Availability Zone', fix });
      }
      const groupPath = `${CONFIGS}.${i}.SecurityGroups`;
      const groups = cluster.identities(groupPath);
      if (groups !== undefined && (groups.length < 1 || groups.length > 5 || repeated(groups).length > 0)) {
        const message = `a VPC configuration has ${groups.length} security groups${repeated(groups).length > 0 ? ', one of them twice' : ''}`;
        problems.push({
          path: groupPath,
          message,
          fix: 'pass 1 to 5 different ones, or none for the default of the VPC',
        });
      }
    });
    if (repeated(cluster.identities(CONFIGS) ?? []).length > 0) {
      problems.push({ path: CONFIGS, message: 'a VPC configuration is given twice', fix: 'pass each one once' });
    }
    return problems;
  },
};

/** The zones as a construct gives them: a list for each VPC, or with a single VPC just its list. */
function zonesByConfig(given: unknown): unknown[] {
  return !Array.isArray(given) ? [] : given.every((zone) => Array.isArray(zone)) ? given : [given];
}

export const serverlessTags: Rule = {
  id: 'MSK-SERVERLESS-TAGS',
  title: 'Tags of a serverless cluster hold letters, digits, spaces and _.:/=+-@',
  remedy: 'Reword the tag before the cluster exists: a later change of it replaces the cluster',
  basis: 'service',
  severity: 'error',
  appliesTo: [SERVERLESS_CLUSTER],
  sources: [templateReference('aws-resource-msk-serverlesscluster')],
  check(cluster) {
    const tags = Object.entries(Object(cluster.read('Tags')) as Record<string, unknown>);
    return tags
      .filter(([, value]) => typeof value === 'string' && !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value))
      .map(([name, value]) => ({
        path: `Tags.${name}`,
        message: `the tag ${name}, ${show(value)}, is refused`,
        fix: 'use letters, digits, spaces and _.:/=+-@',
      }));
  },
};
