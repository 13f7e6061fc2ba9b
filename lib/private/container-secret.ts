import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/**
 * A field of a secret for a container whose execution role has been let in already: `ecs.Secret` would do it by the
 * policy of the secret's key, which would then wait for the role.
 */
export class ContainerSecret extends ecs.Secret {
  public readonly hasField = true;
  public readonly arn: string;

  constructor(secret: secretsmanager.ISecret, field: string) {
    super();
    this.arn = `${secret.secretArn}:${field}::`;
  }

  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.drop(grantee, 'granted already');
  }
}
