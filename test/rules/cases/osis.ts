import { change, cluster, resource } from '../templates';
import type { Case } from './case';

const IAM = { 'ClientAuthentication.Sasl.Iam.Enabled': true };
const CONNECTED = {
  ...IAM,
  'BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity.ClientAuthentication.Sasl.Iam.Enabled': true,
};

function pipeline(changes: Record<string, unknown> = {}) {
  const Properties = {
    PipelineName: 'paid',
    MinUnits: 1,
    MaxUnits: 4,
    PipelineConfigurationBody: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
  };
  return resource('AWS::OSIS::Pipeline', change(Properties, changes));
}

/** A cluster that no pipeline can read, and one that it can. */
function source(wrong: string, bad: Record<string, unknown>, good: Record<string, unknown>): Case {
  return {
    id: 'OSIS-MSK-CLUSTER',
    wrong,
    bad: { Cluster: cluster({ ...CONNECTED, ...bad }), Pipeline: pipeline() },
    good: { Cluster: cluster({ ...CONNECTED, ...good }), Pipeline: pipeline() },
  };
}

function units(wrong: string, bad: Record<string, unknown>, good: Record<string, unknown>): Case {
  return {
    id: 'OSIS-MSK-UNITS',
    wrong,
    bad: { Cluster: cluster(CONNECTED), Pipeline: pipeline(bad) },
    good: { Cluster: cluster(CONNECTED), Pipeline: pipeline(good) },
  };
}

export const OSIS_CASES: Case[] = [
  {
    id: 'OSIS-MSK-CONNECTIVITY',
    wrong: 'a private way that the cluster does not have',
    bad: { Cluster: cluster(IAM), Pipeline: pipeline() },
    good: { Cluster: cluster(CONNECTED), Pipeline: pipeline() },
    says: 'SASL_IAM',
  },
  source('a cluster without IAM', { 'ClientAuthentication.Sasl.Iam.Enabled': false }, {}),
  source(
    'brokers that take no connections',
    { 'BrokerNodeGroupInfo.InstanceType': 'kafka.t3.small' },
    { 'BrokerNodeGroupInfo.InstanceType': 'kafka.m7g.large' },
  ),
  units('no compute units', { MinUnits: 0 }, { MinUnits: 1 }),
  units('too many compute units', { MaxUnits: 97 }, { MaxUnits: 96 }),
  units('more at least than at most', { MinUnits: 5 }, { MinUnits: 4 }),
];
