import { Names } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';

/**
 * The server properties of a cluster that names none, from its zones only: adding brokers changes none of them.
 *
 * Frozen for a major version: another value is a new revision, and a new revision restarts everybody's brokers.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html
 */
export function defaultServerProperties(zones: number): Record<string, string> {
  const replicas = String(zones);
  // One replica may be away, for maintenance or by an outage of its zone, and acknowledged records are still safe.
  const inSync = String(Math.max(1, zones - 1));
  return {
    // A mistyped topic name is an error, not a topic with one partition.
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.replication.factor': replicas,
    // The service's own default is true and loses acknowledged records after a failure.
    'unclean.leader.election.enable': 'false',
  };
}

/** The configuration of one cluster. Its name comes from its path, never from its content: an edit is a new revision. */
export class ClusterConfiguration extends Construct {
  public readonly resource: msk.CfnConfiguration;

  constructor(scope: Construct, id: string, serverProperties: Record<string, string>) {
    super(scope, id);
    this.resource = new msk.CfnConfiguration(this, 'Resource', {
      name: Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }),
      serverProperties: Object.entries(serverProperties)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    });
  }

  /** What the cluster is told: the newest revision, so that an edit reaches the brokers in the same deployment. */
  public get info(): msk.CfnCluster.ConfigurationInfoProperty {
    return { arn: this.resource.attrArn, revision: this.resource.attrLatestRevisionRevision };
  }
}
