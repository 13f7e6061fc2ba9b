import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { bridge } from './bridge';
import { Topic } from './topic';

const topic = new Topic(process.env);

/** Moves a batch of one shard into the topic. */
export function handler({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  return bridge(Records, (records) => topic.write(records));
}
