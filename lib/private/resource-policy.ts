import { Stack, Validations } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct, IDependable } from 'constructs';

/**
 * Adds statements to the policy of a bucket or key; where that can not be done from here, says which ones to add.
 *
 * @returns what has to be there before anything can rely on the statements
 */
export function addToPolicyOf(
  scope: IConstruct,
  resource: s3.IBucket | kms.IKey,
  statements: iam.PolicyStatement[],
): IDependable[] {
  const results = statements.map((statement) =>
    'keyArn' in resource ? resource.addToResourcePolicy(statement, true) : resource.addToResourcePolicy(statement),
  );
  const refused = statements.filter((_, i) => !results[i].statementAdded);
  if (refused.length > 0) {
    const json: unknown = Stack.of(scope).resolve(refused.map((statement) => statement.toStatementJson() as unknown));
    Validations.of(scope).addWarning(
      'cdk-msk-macie:MACIE-RESOURCE-POLICY',
      `the policy of '${resource.node.path}' can not be changed from here; add to it: ${JSON.stringify(json)}`,
    );
  }
  // What a key names as its policy is no construct; the policy is part of the key.
  const isKey = 'keyArn' in resource;
  return results.flatMap(({ statementAdded, policyDependable }) => {
    if (!statementAdded) return [];
    return isKey ? [resource] : (policyDependable ?? []);
  });
}
