import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct, IDependable } from 'constructs';
import { macieServiceRoleArn } from '../private/macie-service-role';
import { addToPolicyOf } from '../private/resource-policy';

/**
 * The role of Macie may read all objects, but no key lets it in by that. In a fresh account it does not exist yet, and
 * a policy that names it as principal would be refused.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-supported-encryption-types.html
 */
export function letMacieDecrypt(scope: IConstruct, key: kms.IKey): IDependable[] {
  return addToPolicyOf(scope, key, [
    new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['kms:Decrypt'],
      resources: ['*'], // in the policy of a key: this key
      conditions: { StringEquals: { 'aws:PrincipalArn': macieServiceRoleArn(scope) } },
    }),
  ]);
}

/** Macie skips what it can not read, so that nothing is found there and nobody is told. */
export function warnOfUnreadable(job: IConstruct, buckets: readonly s3.IBucketRef[]): string[] {
  for (const bucket of buckets.filter(isBucket)) {
    const key = bucket.encryptionKey?.node.defaultChild;
    if (key instanceof kms.CfnKey && !statementsOf(key, key.keyPolicy).some(letsMacieDecrypt)) {
      Validations.of(job).addWarning(
        'cdk-msk-macie:MACIE-READ-KEY',
        `the policy of '${bucket.encryptionKey!.node.path}', which encrypts '${bucket.node.path}', does not let the role ` +
          'of Macie decrypt, so the job skips its objects; call admitTo(bucket) of the session',
      );
    }
    if (bucket.policy && statementsOf(bucket.policy, bucket.policy.document).some(keepsMacieOut)) {
      Validations.of(job).addWarning(
        'cdk-msk-macie:MACIE-READ-DENIED',
        `the policy of '${bucket.node.path}' denies reading to the role of Macie, so the job skips its objects; add to ` +
          "the conditions of that statement ArnNotEquals of 'aws:PrincipalArn' and the serviceRoleArn of the session",
      );
    }
  }
  return [];
}

function isBucket(bucket: s3.IBucketRef): bucket is s3.IBucket {
  return 'addToResourcePolicy' in bucket;
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function statementsOf(scope: IConstruct, policy: unknown): Statement[] {
  const { Statement = [] } = (Stack.of(scope).resolve(policy) ?? {}) as {
    readonly Statement?: Statement | Statement[];
  };
  return [Statement].flat();
}

/** By name or pattern, or as an attribute of the session. */
const ROLE = /aws-service-role|AWSServiceRoleForAmazonMacie|"ServiceRole"/;

/** The statement for the account as a whole leaves it to policies of the role, and Macie's has nothing about keys. */
function letsMacieDecrypt({ Effect, Principal, Action, Condition }: Statement): boolean {
  if (Effect !== 'Allow' || !covers(Action, ['kms:decrypt'])) return false;
  return ROLE.test(JSON.stringify([Principal, Condition])) || (isAnybody(Principal) && Condition === undefined);
}

/** What is so for a role that calls from within Macie, over TLS and not through an endpoint of the account. */
const WHERE_FROM = ['aws:sourcevpce', 'aws:sourcevpc', 'aws:sourceip', 'aws:vpcsourceip'];
const WHO = ['aws:principalarn', 'aws:userid'];

/** Conditions that are not known to hold for Macie are taken as not meant for it. */
function keepsMacieOut({ Effect, Principal, Action, Condition = {} }: Statement): boolean {
  if (Effect !== 'Deny' || !isAnybody(Principal) || !covers(Action, ['s3:getobject', 's3:listbucket'])) return false;
  if (ROLE.test(JSON.stringify(Condition))) return false;
  return Object.entries(Condition).every(
    ([operator, keys]) =>
      operator.includes('Not') && Object.keys(keys).every((key) => [...WHERE_FROM, ...WHO].includes(key.toLowerCase())),
  );
}

function isAnybody(principal: unknown): boolean {
  return principal === '*' || (principal as { readonly AWS?: unknown } | undefined)?.AWS === '*';
}

function covers(actions: string | string[] | undefined, wanted: string[]): boolean {
  return [actions ?? []].flat().some((action) => {
    const [beginning, ...rest] = action.toLowerCase().split('*');
    return wanted.some((one) => (rest.length > 0 ? one.startsWith(beginning) : one === beginning));
  });
}
