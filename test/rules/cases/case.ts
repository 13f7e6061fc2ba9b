import type { Extras } from '../../../lib/rules';
import { CONFIGURED, cluster, resource } from '../templates';

/** A misconfiguration beside its nearest valid neighbour: the one raises the rule, the other does not. */
export interface Case {
  readonly id: string;
  readonly wrong: string;
  readonly bad: Record<string, unknown>;
  readonly good: Record<string, unknown>;
  /** The text that the finding must hold: the value at fault. */
  readonly says?: string;
  readonly extras?: Extras;
  /** The extras of the valid neighbour, where they differ. */
  readonly goodExtras?: Extras;
  readonly region?: string;
  readonly goodRegion?: string;
}

export const SUBNETS = 'BrokerNodeGroupInfo.ClientSubnets';
export const SIZE = 'BrokerNodeGroupInfo.InstanceType';

export function subnets(...ids: string[]): Record<string, unknown> {
  return { [SUBNETS]: ids };
}

export function zones(...names: string[]): Extras {
  return { Cluster: { facts: { subnetZones: names } } };
}

export function configured(configurationResource: unknown, changes: Record<string, unknown> = {}, make = cluster) {
  return { Configuration: configurationResource, Cluster: make({ ...CONFIGURED, ...changes }) };
}

/** What the construct of the cluster sets of it once it is there. */
export function late(settings: Record<string, unknown>) {
  return resource('Custom::MskClusterSettings', {
    ClusterArn: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
    Settings: settings,
  });
}

/** Cases of one property: a bad value and a good one. */
export function named(id: string, wrong: string, make: (changes: Record<string, unknown>) => unknown, path: string) {
  return (bad: unknown, good: unknown): Case => ({
    id,
    wrong: `${wrong} ${String(bad).slice(0, 40)}`,
    bad: { Subject: make({ [path]: bad }) },
    good: { Subject: make({ [path]: good }) },
  });
}
