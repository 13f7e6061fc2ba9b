import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface ResponseQueueProps {
  readonly deadLetterQueue: sqs.Queue;

  /** How often a message is tried, six minutes apart. */
  readonly maxReceiveCount: number;
  readonly deliveryDelay?: Duration;
}

/** A queue between the functions of a hub, or without more words one for what they gave up. */
export function newResponseQueue(scope: Construct, id: string, props?: ResponseQueueProps): sqs.Queue {
  return new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    visibilityTimeout: Duration.minutes(6), // six times what a function may take
    deliveryDelay: props?.deliveryDelay,
    deadLetterQueue: props && { queue: props.deadLetterQueue, maxReceiveCount: props.maxReceiveCount },
  });
}
