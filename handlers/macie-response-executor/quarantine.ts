import { DeleteObjectCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { Case } from '../shared/response-case';
import type { Action, Change, Look, Made } from './change';
import { copy, describe, encryptionOf, isSame } from './copying';
import type { Encryption, Place } from './copying';
import { isMissing } from './objects';
import type { S3For } from './objects';
import { isInTable } from './tables';

/** What a template says about copies and moves. */
export interface QuarantineOptions {
  readonly quarantine: string;
  readonly prefixes: readonly string[];
  readonly tables: readonly string[];
}

interface Quarantining extends QuarantineOptions {
  readonly s3For: S3For;

  /** The owner of the quarantine. */
  readonly ownAccount: string;
  readonly clock: Clock;
}

interface Parts extends Quarantining {
  /** Whoever copies reads the one side and writes the other. */
  readonly s3: S3Client;
}

/** Keeps a copy where nobody but investigators reads it. */
export function copyAction(quarantining: Quarantining): Action {
  return {
    name: 'COPY',
    apply: inItsAccount(quarantining, copying),
    undo: () => inItsAccount(quarantining, hiding),
  };
}

/**
 * Copies, compares, and only then puts a delete marker over the object, if it is still the same.
 *
 * No version is ever deleted. What can not be moved without breaking something else is refused.
 */
export function moveAction(quarantining: Quarantining): Action {
  return {
    name: 'MOVE',
    apply: inItsAccount(quarantining, moving),
    undo: (before) => inItsAccount(quarantining, (parts) => movingBack(parts, before)),
  };
}

/** As whoever may change the target: in a member account that is the role that it offers. */
function inItsAccount(quarantining: Quarantining, change: (parts: Parts) => Change): Change {
  const changeOf = async (target: Case) => change({ ...quarantining, s3: await quarantining.s3For(target) });
  return {
    look: async (target) => (await changeOf(target)).look(target),
    make: async (target, before) => (await changeOf(target)).make(target, before),
  };
}

function copying(parts: Parts): Change {
  const { s3, prefixes } = parts;
  return {
    async look(target) {
      if (!prefixes.some((prefix) => target.key?.startsWith(prefix))) return refused('OTHER_PREFIX');
      const found = await describe(s3, placeOf(target));
      if (!found) return { outcome: 'GONE' };
      if (isOther(target, found.ETag)) return { outcome: 'REPLACED' };
      return { outcome: 'CHANGE', before: encryptionOf(found) };
    },
    async make(target, before): Promise<Made> {
      const [from, to] = [placeOf(target), copyOf(parts, target)];
      const found = await describe(s3, from);
      if (!found) return { outcome: 'GONE' };
      if (isOther(target, found.ETag)) return { outcome: 'REPLACED' };
      await copy(s3, from, to, ownKeyOf(before));
      if (!(await isSame(s3, from, to))) return { outcome: 'REFUSED', reason: 'NOT_PROVEN' };
      return { outcome: 'CHANGED', after: { bucket: to.bucket, key: to.key } };
    },
  };
}

/** Takes a copy out of sight. */
function hiding(parts: Parts): Change {
  return {
    async look(target) {
      const there = await describe(parts.s3, copyOf(parts, target));
      return there ? { outcome: 'CHANGE', before: {} } : { outcome: 'UNCHANGED' };
    },
    async make(target) {
      await hide(parts.s3, copyOf(parts, target));
      return { outcome: 'CHANGED' };
    },
  };
}

function moving(parts: Parts): Change {
  const { s3 } = parts;
  const copied = copying(parts);
  return {
    async look(target) {
      const look = await copied.look(target);
      if (look.outcome !== 'CHANGE') return look;
      const reason = await obstacle(parts, target);
      return reason === undefined ? look : { outcome: 'REFUSED', reason };
    },
    async make(target, before) {
      const made = await copied.make(target, before);
      if (made.outcome === 'GONE' && (await describe(s3, copyOf(parts, target)))) return { outcome: 'CHANGED' };
      if (made.outcome !== 'CHANGED') return made;
      const hidden = await hide(s3, { ...placeOf(target), versionId: undefined });
      return hidden ? made : { outcome: 'REFUSED', reason: 'NOT_CURRENT' };
    },
  };
}

/** What the finding names, under its own key and never over anything that is there by now. */
function movingBack(parts: Parts, before: Encryption): Change {
  const { s3 } = parts;
  return {
    async look(target) {
      const there = await describe(s3, { ...placeOf(target), versionId: undefined });
      if (there) return refused('OCCUPIED');
      return (await describe(s3, copyOf(parts, target))) ? { outcome: 'CHANGE', before: {} } : { outcome: 'GONE' };
    },
    async make(target) {
      const [from, to] = [copyOf(parts, target), { ...placeOf(target), versionId: undefined }];
      await copy(s3, from, to, before);
      return (await isSame(s3, from, to)) ? { outcome: 'CHANGED' } : { outcome: 'REFUSED', reason: 'OCCUPIED' };
    },
  };
}

async function obstacle(parts: Parts, target: Case): Promise<string | undefined> {
  const { s3, tables, clock } = parts;
  const found = await describe(s3, placeOf(target));
  const kept = found?.ObjectLockRetainUntilDate;
  if (found?.ObjectLockLegalHoldStatus === 'ON' || (kept && kept.getTime() > clock.now())) return 'LOCKED';
  if (await isInTable(s3, target, tables)) return 'TABLE';
  const bucket = { Bucket: target.bucket, ExpectedBucketOwner: target.accountId };
  const { Status } = await s3.send(new GetBucketVersioningCommand(bucket));
  if (Status !== 'Enabled') return 'NO_VERSIONS';
  const current = await describe(s3, { ...placeOf(target), versionId: undefined });
  return current?.VersionId === found?.VersionId ? undefined : 'NOT_CURRENT';
}

/** Puts a delete marker over an object; says whether it is out of sight. */
async function hide(s3: S3Client, { bucket, key, etag, accountId }: Place): Promise<boolean> {
  try {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, ExpectedBucketOwner: accountId }));
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if ((error as AwsError).name === 'PreconditionFailed') return false;
    throw error;
  }
}

/** The key of the source goes along; without one the quarantine's own key is the better one. */
function ownKeyOf(before: object): Encryption {
  const { sse, kmsKeyId } = before as Encryption;
  return sse?.startsWith('aws:kms') ? { sse, kmsKeyId } : {};
}

function placeOf({ bucket, key = '', versionId, etag, accountId }: Case): Place {
  return { bucket, key, versionId, etag, accountId };
}

/** Under the id of the case, and the object's own key where a key may be that long. */
function copyOf({ quarantine, ownAccount }: Parts, { accountId, bucket, key = '', id }: Case): Place {
  const folder = `${accountId}/${bucket}/${id}`;
  const whole = `${folder}/${key}`;
  return { bucket: quarantine, key: Buffer.byteLength(whole) <= 1_024 ? whole : folder, accountId: ownAccount };
}

function isOther({ etag }: Case, found: string | undefined): boolean {
  return etag !== undefined && etag !== found?.replace(/"/g, '');
}

function refused(reason: string): Look {
  return { outcome: 'REFUSED', reason };
}
