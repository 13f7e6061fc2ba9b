import type { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { ShippedFunction } from '../../private/shipped-function';

/** Runs a function at intervals. A run that failed is made up for by the next one, which an alarm says. */
export function schedule(
  scope: Construct,
  { function: handler }: ShippedFunction,
  interval: Duration,
  input?: events.RuleTargetInput,
): events.Rule {
  return new events.Rule(scope, 'Schedule', {
    schedule: events.Schedule.rate(interval),
    targets: [new targets.LambdaFunction(handler, { retryAttempts: 2, event: input })],
  });
}
