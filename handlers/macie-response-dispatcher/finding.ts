import type { Finding } from '@aws-sdk/client-macie2';
import type { Target } from '../shared/response-case';
import type { ResponseSubject } from '../shared/response-message';

/** What a finding is about, as far as the steps of a response can do something about it. */
export function targetOf(finding: Finding, subject: ResponseSubject): Target | undefined {
  const { accountId, region, resourcesAffected: { s3Bucket, s3Object } = {} } = finding;
  const bucket = s3Bucket?.name;
  if (!accountId || !region || !bucket) return undefined;
  if (subject === 'BUCKET') return { accountId, region, bucket };
  // Without a version or an eTag nobody could tell whether it is still the same object.
  const { key, versionId, eTag } = s3Object ?? {};
  const which = { versionId: versionId === '' ? undefined : versionId, etag: eTag?.replace(/^"|"$/g, '') };
  if (!key || (which.versionId ?? which.etag) === undefined) return undefined;
  return { accountId, region, bucket, key, ...which };
}

/** The kinds of sensitive data of a finding, in order, in characters that tags take. */
export function foundIn({ classificationDetails, type }: Finding): string {
  const { sensitiveData, customDataIdentifiers } = classificationDetails?.result ?? {};
  const categories = (sensitiveData ?? []).flatMap(({ category }) => category ?? []);
  const custom = (customDataIdentifiers?.totalCount ?? 0) > 0 ? ['CUSTOM_IDENTIFIER'] : [];
  const found = [...new Set([...categories, ...custom])].sort();
  return found.length > 0 ? found.join('+') : (type ?? '');
}
