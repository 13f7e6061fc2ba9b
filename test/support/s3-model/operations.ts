import { S3Error } from './server';
import type { Exchange, Reply } from './server';
import type { Bucket, PublicAccess, Version } from './state';

interface Operation {
  matches(exchange: Exchange): boolean;
  perform(exchange: Exchange): Reply;
}

const COPY_LIMIT = 5 * 1024 ** 3;
const HEADERS = ['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language'];

function operation(
  method: string,
  on: 'bucket' | 'object',
  parameter: string | undefined,
  perform: (exchange: Exchange) => Reply,
  header?: string,
): Operation {
  return {
    matches: ({ method: used, key, query, headers }) =>
      used === method &&
      (key !== undefined) === (on === 'object') &&
      (parameter === undefined || query.has(parameter)) &&
      (header === undefined || header in headers),
    perform,
  };
}

/** In order: the first that matches. */
export const operations: Operation[] = [
  operation('GET', 'bucket', 'publicAccessBlock', ({ bucket, need }) => {
    need('s3:GetBucketPublicAccessBlock', bucket);
    if (!bucket.publicAccess) throw new S3Error('NoSuchPublicAccessBlockConfiguration', 404);
    const settings = Object.entries(bucket.publicAccess).map(([name, value]) => element(name, String(value)));
    return xml('PublicAccessBlockConfiguration', settings.join(''));
  }),
  operation('PUT', 'bucket', 'publicAccessBlock', ({ bucket, body, need }) => {
    need('s3:PutBucketPublicAccessBlock', bucket);
    const settings = [...body.matchAll(/<(\w+)>(true|false)<\/\1>/g)].map(([, name, value]) => [
      name,
      value === 'true',
    ]);
    bucket.publicAccess = Object.fromEntries(settings) as PublicAccess;
    return {};
  }),
  operation('DELETE', 'bucket', 'publicAccessBlock', ({ bucket, need }) => {
    need('s3:PutBucketPublicAccessBlock', bucket);
    bucket.publicAccess = undefined;
    return { status: 204 };
  }),
  operation('GET', 'bucket', 'tagging', ({ bucket, need }) => {
    need('s3:GetBucketTagging', bucket);
    if (!bucket.tags) throw new S3Error('NoSuchTagSet', 404);
    return xml('Tagging', element('TagSet', tagRows(bucket.tags)));
  }),
  operation('PUT', 'bucket', 'tagging', ({ bucket, body, need }) => {
    need('s3:PutBucketTagging', bucket);
    const tags = tagsIn(body);
    const system = Object.entries(bucket.tags ?? {}).filter(([key]) => key.startsWith('aws:'));
    // Those of AWS have to come back as they are.
    if (system.some(([key, value]) => tags[key] !== value)) throw new S3Error('InvalidTag', 400);
    bucket.tags = tags;
    return { status: 204 };
  }),
  operation('DELETE', 'bucket', 'tagging', ({ bucket, need }) => {
    need('s3:PutBucketTagging', bucket);
    bucket.tags = undefined;
    return { status: 204 };
  }),
  operation('GET', 'bucket', 'versioning', ({ bucket, need }) => {
    need('s3:GetBucketVersioning', bucket);
    return xml('VersioningConfiguration', bucket.versioning === 'Off' ? '' : element('Status', bucket.versioning));
  }),
  operation('GET', 'bucket', 'list-type', ({ bucket, query, need }) => {
    need('s3:ListBucket', bucket);
    const prefix = query.get('prefix') ?? '';
    const most = Number(query.get('max-keys') ?? 1000);
    const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && isThere(bucket.current(key)));
    const contents = keys.sort(byBytes).slice(0, most);
    const written = query.get('encoding-type') === 'url' ? encodeURIComponent : escaped;
    const rows = contents.map((key) =>
      element('Contents', element('Key', written(key)) + element('ETag', `"${bucket.current(key)!.etag}"`)),
    );
    return xml('ListBucketResult', rows.join('') + element('KeyCount', String(rows.length)));
  }),
  operation('GET', 'bucket', 'versions', ({ bucket, query, need }) => {
    need('s3:ListBucketVersions', bucket);
    const prefix = query.get('prefix') ?? '';
    const most = Number(query.get('max-keys') ?? bucket.versionsPerPage);
    const after = query.get('key-marker');
    const afterVersion = query.get('version-id-marker');
    const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes);
    const rows = keys.flatMap((key) =>
      [...bucket.objects.get(key)!].reverse().map((version, i) => ({ key, version, isLatest: i === 0 })),
    );
    const isBefore = rows.map(
      ({ key, version }) => key === after && (afterVersion === null || version.versionId === afterVersion),
    );
    const last = isBefore.lastIndexOf(true);
    const page = rows.slice(last + 1, last + 1 + most);
    const isTruncated = last + 1 + most < rows.length;
    const xmlOf = ({ key, version, isLatest }: (typeof rows)[0]) =>
      element(
        version.deleteMarker ? 'DeleteMarker' : 'Version',
        element('Key', escaped(key)) +
          element('VersionId', version.versionId) +
          element('IsLatest', String(isLatest)) +
          element('LastModified', '2026-01-01T00:00:00.000Z'),
      );
    const next = isTruncated
      ? element('NextKeyMarker', escaped(page.at(-1)!.key)) +
        element('NextVersionIdMarker', page.at(-1)!.version.versionId)
      : '';
    return xml('ListVersionsResult', page.map(xmlOf).join('') + element('IsTruncated', String(isTruncated)) + next);
  }),
  operation('GET', 'object', 'tagging', (exchange) => {
    const version = found(exchange, 's3:GetObjectTagging', 's3:GetObjectVersionTagging');
    return xml('Tagging', element('TagSet', tagRows(version.tags)));
  }),
  operation('PUT', 'object', 'tagging', (exchange) => {
    const version = found(exchange, 's3:PutObjectTagging', 's3:PutObjectVersionTagging');
    const tags = tagsIn(exchange.body);
    if (Object.keys(tags).length > 10) throw new S3Error('BadRequest', 400);
    version.tags = tags;
    return {};
  }),
  operation('HEAD', 'object', undefined, (exchange) => {
    const { bucket, key, need } = exchange;
    const version = found(exchange, 's3:GetObject', 's3:GetObjectVersion', () => need('s3:ListBucket', bucket));
    // Whoever may not know of a lock is told of none.
    const { mode, until, legalHold } = version.lock ?? {};
    const retained = mode !== undefined && exchange.may('s3:GetObjectRetention', bucket, key);
    const held = legalHold !== undefined && exchange.may('s3:GetObjectLegalHold', bucket, key);
    const lock = { ...(retained && { mode, until }), ...(held && { legalHold }) };
    if (exchange.headers['x-amz-checksum-mode'] === 'ENABLED') exchange.needKey('kms:Decrypt', version.kmsKeyId);
    return { headers: described(exchange, { ...version, lock }) };
  }),
  operation('GET', 'object', undefined, (exchange) => {
    const version = found(exchange, 's3:GetObject', 's3:GetObjectVersion');
    const wanted = exchange.headers['if-match'];
    if (wanted !== undefined && bare(wanted) !== version.etag) throw new S3Error('PreconditionFailed', 412);
    exchange.needKey('kms:Decrypt', version.kmsKeyId);
    return { headers: described(exchange, version), body: version.content.stream() };
  }),
  operation('POST', 'object', 'uploads', (exchange) => {
    const { bucket, key, headers, need } = exchange;
    need('s3:PutObject', bucket, key);
    const tags = Object.fromEntries(new URLSearchParams(String(headers['x-amz-tagging'] ?? '')));
    if (Object.keys(tags).length > 0) need('s3:PutObjectTagging', bucket, key);
    const base = { ...encryption(exchange), headers: kept(headers), tags, hasChecksum: true };
    const id = bucket.newUpload({ key: key!, base, source: { parts: new Map() } });
    return xml('InitiateMultipartUploadResult', element('UploadId', id));
  }),
  operation(
    'PUT',
    'object',
    'uploadId',
    (exchange) => {
      const { bucket, key, query, headers, need } = exchange;
      const from = source(exchange);
      need('s3:PutObject', bucket, key);
      const upload = bucket.uploads.get(query.get('uploadId')!);
      if (!upload) throw new S3Error('NoSuchUpload', 404);
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range']))!.map(Number);
      if (last >= from.content.size || last - first >= COPY_LIMIT) throw new S3Error('InvalidRange', 400);
      upload.source.content = from.content;
      upload.source.parts.set(Number(query.get('partNumber')), [first, last]);
      return xml('CopyPartResult', element('ETag', `"part${first}"`));
    },
    'x-amz-copy-source',
  ),
  operation('POST', 'object', 'uploadId', ({ bucket, key, query, headers, need }) => {
    need('s3:PutObject', bucket, key);
    const id = query.get('uploadId')!;
    const upload = bucket.uploads.get(id);
    if (!upload) throw new S3Error('NoSuchUpload', 404);
    refuseOverwriting(bucket, key!, headers);
    const { content, parts } = upload.source;
    let end = 0;
    for (const [first, last] of [...parts].sort(([a], [b]) => a - b).map(([, range]) => range)) {
      if (first !== end) throw new S3Error('InvalidPart', 400);
      end = last + 1;
    }
    if (end !== content?.size) throw new S3Error('InvalidPart', 400);
    bucket.uploads.delete(id);
    const version = bucket.add(key!, { ...upload.base, content, etag: `${content.md5}-${parts.size}` });
    return xml('CompleteMultipartUploadResult', element('ETag', `"${version.etag}"`));
  }),
  operation('DELETE', 'object', 'uploadId', ({ bucket, key, query, need }) => {
    need('s3:AbortMultipartUpload', bucket, key);
    bucket.uploads.delete(query.get('uploadId')!);
    return { status: 204 };
  }),
  operation(
    'PUT',
    'object',
    undefined,
    (exchange) => {
      const { bucket, key, headers, need } = exchange;
      const from = source(exchange);
      need('s3:PutObject', bucket, key);
      if (Object.keys(from.tags).length > 0) need('s3:PutObjectTagging', bucket, key);
      if (from.content.size > COPY_LIMIT) throw new S3Error('InvalidRequest', 400);
      refuseOverwriting(bucket, key!, headers);
      const version = bucket.add(key!, {
        ...encryption(exchange),
        content: from.content,
        etag: from.content.md5,
        headers: from.headers,
        tags: { ...from.tags },
        hasChecksum: true,
      });
      return {
        headers: { 'content-type': 'application/xml', 'x-amz-version-id': version.versionId },
        body: element('CopyObjectResult', element('ETag', `"${version.etag}"`)),
      };
    },
    'x-amz-copy-source',
  ),
  operation('PUT', 'object', undefined, (exchange) => {
    const { bucket, key, headers, body, need } = exchange;
    need('s3:PutObject', bucket, key);
    const version = bucket.put(key!, body, { ...encryption(exchange), headers: kept(headers) });
    return { headers: { etag: `"${version.etag}"`, 'x-amz-version-id': version.versionId } };
  }),
  operation('DELETE', 'object', undefined, ({ bucket, key, query, headers, need }) => {
    if (query.has('versionId')) throw new Error('nobody deletes a version');
    need('s3:DeleteObject', bucket, key);
    const current = bucket.current(key!);
    const wanted = headers['if-match'];
    if (wanted !== undefined && (!isThere(current) || bare(wanted) !== current!.etag)) {
      throw new S3Error(isThere(current) ? 'PreconditionFailed' : 'NoSuchKey', isThere(current) ? 412 : 404);
    }
    if (bucket.versioning !== 'Enabled') throw new Error('this would lose the object');
    return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': bucket.mark(key!).versionId } };
  }),
];

/** The version that is asked for, if it is there and may be used. */
function found(exchange: Exchange, plainRight: string, versionRight: string, missing?: () => void): Version {
  const { bucket, key, query, need } = exchange;
  const versionId = query.get('versionId') ?? undefined;
  need(versionId === undefined ? plainRight : versionRight, bucket, key);
  const version = bucket.version(key!, versionId);
  if (!version) {
    missing?.();
    throw new S3Error(versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion', 404);
  }
  if (version.deleteMarker) {
    missing?.();
    throw new S3Error(versionId === undefined ? 'NoSuchKey' : 'MethodNotAllowed', versionId === undefined ? 404 : 405, {
      'x-amz-delete-marker': 'true',
      'x-amz-version-id': version.versionId,
    });
  }
  return version;
}

/** What a copy is made of. */
function source({ buckets, headers, need, needKey }: Exchange): Version {
  const [, name, path, versionId] = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(
    String(headers['x-amz-copy-source']),
  )!;
  const bucket = buckets.get(name);
  const key = decodeURIComponent(path);
  if (!bucket || bucket.owner !== headers['x-amz-source-expected-bucket-owner']) throw new S3Error('AccessDenied', 403);
  need(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', bucket, key);
  const version = bucket.version(key, versionId);
  if (!version || version.deleteMarker) throw new S3Error('NoSuchKey', 404);
  needKey('kms:Decrypt', version.kmsKeyId);
  if (!('x-amz-copy-source-range' in headers)) {
    need(versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging', bucket, key);
  }
  const wanted = headers['x-amz-copy-source-if-match'];
  if (wanted !== undefined && bare(String(wanted)) !== version.etag) throw new S3Error('PreconditionFailed', 412);
  return version;
}

function refuseOverwriting(bucket: Bucket, key: string, headers: Exchange['headers']): void {
  if (headers['if-none-match'] === '*' && isThere(bucket.current(key))) throw new S3Error('PreconditionFailed', 412);
}

function encryption(exchange: Exchange): Pick<Version, 'sse' | 'kmsKeyId'> {
  const encrypted = encryptionAsked(exchange);
  exchange.needKey('kms:GenerateDataKey', encrypted.kmsKeyId);
  return encrypted;
}

function encryptionAsked({ bucket, headers }: Exchange): Pick<Version, 'sse' | 'kmsKeyId'> {
  const sse = headers['x-amz-server-side-encryption'];
  const kmsKeyId = headers['x-amz-server-side-encryption-aws-kms-key-id'];
  if (sse !== undefined) return { sse: String(sse), kmsKeyId: kmsKeyId === undefined ? undefined : String(kmsKeyId) };
  return bucket.defaultKey ? { sse: 'aws:kms', kmsKeyId: bucket.defaultKey } : { sse: 'AES256' };
}

function described({ headers: asked }: Exchange, version: Version): Record<string, string> {
  const { content, etag, headers, sse, kmsKeyId, lock, versionId, hasChecksum, tags } = version;
  const all: Record<string, string | undefined> = {
    ...headers,
    'content-length': String(content.size),
    etag: `"${etag}"`,
    'x-amz-server-side-encryption': sse,
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId,
    'x-amz-version-id': versionId === 'null' ? undefined : versionId,
    'x-amz-tagging-count': String(Object.keys(tags).length),
    'x-amz-object-lock-mode': lock?.mode,
    'x-amz-object-lock-retain-until-date': lock?.until,
    'x-amz-object-lock-legal-hold': lock?.legalHold === undefined ? undefined : lock.legalHold ? 'ON' : 'OFF',
    ...(hasChecksum &&
      asked['x-amz-checksum-mode'] === 'ENABLED' && {
        'x-amz-checksum-crc64nvme': content.checksum,
        'x-amz-checksum-type': 'FULL_OBJECT',
      }),
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function kept(headers: Exchange['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      HEADERS.includes(name) || name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  );
}

function isThere(version: Version | undefined): boolean {
  return version !== undefined && !version.deleteMarker;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function xml(root: string, inside: string): Reply {
  return { headers: { 'content-type': 'application/xml' }, body: element(root, inside) };
}

function element(name: string, inside: string): string {
  return `<${name}>${inside}</${name}>`;
}

function bare(etag: string): string {
  return etag.replace(/"/g, '');
}

function escaped(text: string): string {
  return text.replace(/[&<>"'\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function plain(text: string): string {
  const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (_, hex, code, name) =>
    name === undefined ? String.fromCodePoint(parseInt(code, hex === 'x' ? 16 : 10)) : names[name],
  );
}

function tagRows(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([key, value]) => element('Tag', element('Key', escaped(key)) + element('Value', escaped(value))))
    .join('');
}

function tagsIn(body: string): Record<string, string> {
  const tags = [...body.matchAll(/<Key>([\s\S]*?)<\/Key><Value>([\s\S]*?)<\/Value>/g)];
  return Object.fromEntries(tags.map(([, key, value]) => [plain(key), plain(value)]));
}
