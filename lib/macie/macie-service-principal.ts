import { CfnCondition, Fn, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { MACIE } from '../private/macie-service-role';

/**
 * Regions with Macie that an account has to opt in to: there the service goes by a name of the Region.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
 * @see https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
 */
const OPT_IN_REGIONS = ['af-south-1', 'ap-east-1', 'eu-south-1', 'il-central-1', 'me-south-1'];

const CONDITION = 'CdkMskMacieOptInRegion';

/**
 * Macie as it writes to buckets and uses keys.
 *
 * @param scope whose Macie it is
 * @param policyOf the bucket or key whose policy it goes into
 */
export function macieServicePrincipal(scope: IConstruct, policyOf: IConstruct): iam.IPrincipal {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region)) {
    return new iam.ServicePrincipal(OPT_IN_REGIONS.includes(region) ? nameIn(region) : MACIE);
  }
  // A name that does not exist in the Region would be refused, so CloudFormation decides.
  const stack = Stack.of(policyOf);
  if (!stack.node.tryFindChild(CONDITION)) {
    const isRegion = OPT_IN_REGIONS.map((one) => Fn.conditionEquals(stack.region, one));
    new CfnCondition(stack, CONDITION, { expression: Fn.conditionOr(...isRegion) });
  }
  const { logicalId } = stack.node.findChild(CONDITION) as CfnCondition;
  return new iam.ServicePrincipal(Fn.conditionIf(logicalId, nameIn(stack.region), MACIE).toString());
}

function nameIn(region: string): string {
  return `macie.${region}.amazonaws.com`;
}
