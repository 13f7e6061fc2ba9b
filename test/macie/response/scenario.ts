import { readFileSync } from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ResponseHub } from '../../../lib/macie';
import type { ResponseHubProps } from '../../../lib/macie';
import { ACCOUNT } from '../../support/response/world';

export const PLACE = { account: ACCOUNT, region: 'eu-west-1' };

/** A stack with a hub that tells a topic, and the bucket `data`. */
export class ResponseStack extends Stack {
  public readonly hub: ResponseHub;
  public readonly data: s3.Bucket;

  public constructor(props?: ResponseHubProps) {
    super(new App(), 'Response', { env: PLACE });
    this.hub = new ResponseHub(this, 'Hub', { topic: new sns.Topic(this, 'People'), ...props });
    this.data = new s3.Bucket(this, 'Data', { bucketName: 'data', versioned: true });
  }
}

let findings = 0;

/** A finding about an object, or where there is no key about a bucket, made of a sample. */
export function findingOf(bucket: string, key?: string, object: object = {}, detail: object = {}): any {
  const sample = key === undefined ? 'macie-policy-bucket-public' : 'macie-financial';
  const file = path.join(__dirname, '..', '..', 'support', 'samples', `${sample}.json`);
  const event = JSON.parse(readFileSync(file, 'utf8'));
  const { s3Bucket, s3Object } = event.detail.resourcesAffected;
  Object.assign(event.detail, { id: `finding-${findings++}` }, detail);
  Object.assign(s3Bucket, { name: bucket, arn: `arn:aws:s3:::${bucket}` });
  if (key !== undefined) Object.assign(s3Object, { key, path: `${bucket}/${key}` }, object);
  return event;
}

/** Which case people are told about, as they read it in mail. */
export function caseIn({ message }: { readonly message: string }): string {
  return /^Case +(\w+)$/m.exec(JSON.parse(message).default)![1];
}
