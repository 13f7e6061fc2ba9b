import { Names } from 'aws-cdk-lib';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';

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
