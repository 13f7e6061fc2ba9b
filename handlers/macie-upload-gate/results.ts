import { gunzipSync } from 'zlib';
import { idOf } from './upload';

/** What a job says about an upload. */
export type Verdict = 'CLEAN' | 'FOUND' | 'UNREAD';

/**
 * A discovery result: Macie writes one for every object that it looks at, also where it finds nothing and where it can
 * not read. Nothing but this says that an object is clean: that there is no finding would say it of objects that the job
 * has not looked at, too.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
 */
export interface DiscoveryResult {
  readonly classificationDetails?: {
    readonly jobId?: string;
    readonly result?: {
      readonly status?: { readonly code?: string };
      readonly sensitiveData?: readonly unknown[] | null;
      readonly customDataIdentifiers?: {
        readonly totalCount?: number;
        readonly detections?: readonly unknown[] | null;
      } | null;
    };
  };
  readonly resourcesAffected?: {
    readonly s3Bucket?: { readonly name?: string };
    readonly s3Object?: { readonly key?: string; readonly versionId?: string | null };
  };
}

const WORST: Verdict[] = ['FOUND', 'UNREAD', 'CLEAN'];

/** The files that Macie has written about a job, wherever they are kept. */
export interface ResultFiles {
  list(jobId: string): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
}

/** By the identity of the upload. What a job says about another version is not said about this one. */
export async function verdictsOf(files: ResultFiles, jobId: string, bucket: string): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  for (const name of await files.list(jobId)) {
    const lines = gunzipSync(await files.read(name))
      .toString('utf8')
      .split('\n');
    for (const line of lines.filter((text) => text.trim() !== '')) {
      const result = JSON.parse(line) as DiscoveryResult;
      const { key, versionId } = result.resourcesAffected?.s3Object ?? {};
      const isOurs =
        result.resourcesAffected?.s3Bucket?.name === bucket && result.classificationDetails?.jobId === jobId;
      if (!isOurs || key === undefined || typeof versionId !== 'string') continue;
      const id = idOf({ key, versionId });
      const all = [verdictOf(result), verdicts.get(id) ?? 'CLEAN'];
      verdicts.set(
        id,
        WORST.find((one) => all.includes(one))!,
      );
    }
  }
  return verdicts;
}

function verdictOf({ classificationDetails }: DiscoveryResult): Verdict {
  const { status, sensitiveData, customDataIdentifiers } = classificationDetails?.result ?? {};
  const custom = customDataIdentifiers?.totalCount ?? customDataIdentifiers?.detections?.length ?? 0;
  if ((sensitiveData?.length ?? 0) > 0 || custom > 0) return 'FOUND';
  return status?.code === 'COMPLETE' ? 'CLEAN' : 'UNREAD';
}
