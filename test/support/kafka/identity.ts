/** Whose cluster the brokers play: what stands in its ARN. */
export interface ClusterIdentity {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly clusterName: string;
  readonly clusterUuid: string;
}

export const DEFAULT_IDENTITY: ClusterIdentity = {
  partition: 'aws',
  region: 'us-east-1',
  account: '111122223333',
  clusterName: 'orders',
  clusterUuid: '8f7d3a52-0c5e-4a1b-9b57-2d6c1e90f4ab-7',
};

export function clusterArn({ partition, region, account, clusterName, clusterUuid }: ClusterIdentity): string {
  return `arn:${partition}:kafka:${region}:${account}:cluster/${clusterName}/${clusterUuid}`;
}

/** The name under which a role's session is known to the brokers. */
export function sessionArn(roleArn: string, sessionName = 'test'): string {
  const role = /^arn:([^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn);
  if (role === null) {
    throw new Error(`${roleArn} is not the ARN of a role`);
  }
  return `arn:${role[1]}:sts::${role[2]}:assumed-role/${role[3]}/${sessionName}`;
}
