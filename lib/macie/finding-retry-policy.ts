import { Token } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { FindingDeliveryOptions } from './finding-rule';
import { validationError } from '../private/errors';

export function renderRetryPolicy(
  scope: Construct,
  { maximumEventAge, retryAttempts }: FindingDeliveryOptions,
): events.CfnRule.RetryPolicyProperty | undefined {
  requireWithin(scope, 'retryAttempts', retryAttempts, 0, 185);
  requireWithin(scope, 'maximumEventAge in seconds', maximumEventAge?.toSeconds(), 60, 86_400);
  if (maximumEventAge === undefined && retryAttempts === undefined) return undefined;
  return { maximumEventAgeInSeconds: maximumEventAge?.toSeconds(), maximumRetryAttempts: retryAttempts };
}

function requireWithin(
  scope: Construct,
  name: string,
  value: number | undefined,
  lowest: number,
  highest: number,
): void {
  if (value === undefined || Token.isUnresolved(value) || (value >= lowest && value <= highest)) return;
  throw validationError('FindingRuleRetryPolicy', `${name} is ${value}; it has to be ${lowest} to ${highest}`, scope);
}
