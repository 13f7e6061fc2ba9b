import { Token, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IKafkaTopic } from '../topic';

/**
 * An invocation takes 6 MB, and records travel to it in base64, four bytes for three.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const LARGEST_RECORD_BYTES = (6 * 1024 * 1024 * 3) / 4;

/** Says that a function can not take the largest records of a topic, as far as anybody has said how large they are. */
export function warnLargeRecords(scope: Construct, { topicName, maxMessageSize }: IKafkaTopic): void {
  const bytes = maxMessageSize?.toBytes();
  if (bytes === undefined || Token.isUnresolved(bytes) || bytes <= LARGEST_RECORD_BYTES) {
    return;
  }
  Validations.of(scope).addWarning(
    'cdk-msk-macie:LAMBDA-MSK-RECORD-SIZE',
    `the topic '${topicName}' takes records of ${bytes} bytes, and a function none above ${LARGEST_RECORD_BYTES}: such a record ` +
      'ends at the failure destination, or stops its partition; use another consumer, or a smaller `maxMessageSize`',
  );
}
