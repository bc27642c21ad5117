import { Readable } from 'node:stream';
import { authorizeKey, objectHeaders, refuseArchived, versionHeaders } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { objectArn, type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { checksumMembers } from './checksums.ts';
import { judgeRead, type ReadConditions } from './conditions.ts';
import type { ByteRange, Contents } from './contents.ts';
import { notImplemented, preconditionFailed, S3Error } from './errors.ts';
import { findObject } from './find.ts';
import type { S3Input } from './request.ts';
import type { ObjectVersion } from './versions.ts';
import { element } from './xml.ts';

/** Objects up to this size are answered in one piece. */
const STREAM_FROM = 1024 * 1024;

/** Headers of an answer that only says `not modified`. */
const UNCHANGED = new Set(['etag', 'last-modified', 'cache-control', 'expires', 'x-amz-version-id']);

/** Query parameter -> header that it overrides. */
const OVERRIDES: Readonly<Record<string, string>> = {
  ResponseCacheControl: 'cache-control',
  ResponseContentDisposition: 'content-disposition',
  ResponseContentEncoding: 'content-encoding',
  ResponseContentLanguage: 'content-language',
  ResponseContentType: 'content-type',
  ResponseExpires: 'expires',
};

/** GetObject, HeadObject, GetObjectAttributes. */
export function readOperations(state: S3State): S3Operations {
  const read = async (call: S3Call): Promise<S3Answer> => {
    const { bucket, version } = await findReadable(state, call);
    if (call.input.PartNumber !== undefined) throw notImplemented('Reading an object by its parts');
    const { Range: range, ChecksumMode: mode } = call.input;
    const reading = { conditions: conditionsOf(call.input), range, withChecksum: mode === 'ENABLED' };
    if (call.operation === 'HeadObject') return answerRead(bucket, version, reading);
    refuseArchived(version);
    const answer = answerRead(bucket, version, reading, state.contents);
    return { ...answer, headers: { ...answer.headers, ...overrides(call.input) } };
  };
  return { GetObject: read, HeadObject: read, GetObjectAttributes: (call) => getAttributes(state, call) };
}

async function findReadable(state: S3State, call: S3Call): Promise<{ bucket: Bucket; version: ObjectVersion }> {
  const { Bucket: name, Key: key, VersionId: versionId } = call.input;
  const bucket = state.buckets.get(name);
  await call.authorize(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', objectArn(name, key));
  const version = await findObject(state, call, bucket, { key, versionId });
  await authorizeKey(call, 'kms:Decrypt', version.attributes.encryption);
  return { bucket, version };
}

function conditionsOf({ IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }: S3Input): ReadConditions {
  return { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince };
}

/** How an object is read. */
export interface Reading {
  readonly conditions: ReadConditions;
  /** The header `Range`. */
  readonly range: string | undefined;
  readonly withChecksum: boolean;
}

/** Answers a reading, without a body when there are no contents to take it from. Throws `PreconditionFailed` or `InvalidRange`. */
export function answerRead(
  bucket: Bucket,
  version: ObjectVersion,
  { conditions, range: header, withChecksum }: Reading,
  contents?: Contents,
): S3Answer {
  const judgement = judgeRead(version, conditions);
  if (judgement === 'failed') throw preconditionFailed(conditions.IfMatch === undefined ? 'If-Unmodified-Since' : 'If-Match');
  const selected = rangeOf(header, version.size);
  const headers = objectHeaders(bucket, version, withChecksum && !selected);
  if (judgement === 'unchanged') return { status: 304, headers: pick(headers, UNCHANGED) };
  const range = selected ?? { start: 0, end: version.size };
  const length = { 'content-length': String(range.end - range.start) };
  const partial = selected && { 'content-range': `bytes ${range.start}-${range.end - 1}/${version.size}` };
  return {
    status: selected ? 206 : 200,
    headers: { ...headers, ...length, ...partial },
    ...(contents && { body: bodyOf(contents, version, range) }),
  };
}

function pick(headers: Readonly<Record<string, string>>, names: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name)));
}

function bodyOf(contents: Contents, version: ObjectVersion, range: ByteRange): Buffer | Readable {
  const chunks = contents.read(version.segments, range);
  return range.end - range.start > STREAM_FROM ? Readable.from(chunks, { objectMode: false }) : Buffer.concat([...chunks]);
}

/** The bytes a `Range` header selects; all of them for one that S3 doesn't understand. Throws `InvalidRange` for none. */
function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start < end) return { start, end };
  throw new S3Error('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: header,
    ActualObjectSize: size,
  });
}

function overrides(input: S3Input): Record<string, string> {
  const given = Object.entries(OVERRIDES).flatMap(([member, header]) => {
    const value = input[member];
    return value === undefined ? [] : [[header, value] as const];
  });
  return Object.fromEntries(given);
}

async function getAttributes(state: S3State, call: S3Call): Promise<S3Answer> {
  const { Bucket: name, Key: key, VersionId: versionId, ObjectAttributes: asked = '' } = call.input;
  const bucket = state.buckets.get(name);
  const kind = versionId === undefined ? 'Object' : 'ObjectVersion';
  await call.authorize(`s3:Get${kind}`, objectArn(name, key));
  await call.authorize(`s3:Get${kind}Attributes`, objectArn(name, key));
  const version = await findObject(state, call, bucket, { key, versionId });
  const parts = /-(\d+)$/.exec(version.etag)?.[1];
  const known = {
    ETag: version.etag,
    Checksum: version.checksum && checksumMembers(version.checksum),
    ObjectParts: parts === undefined ? undefined : { PartsCount: parts },
    StorageClass: version.storageClass,
    ObjectSize: version.size,
  };
  const wanted = new Set(asked.split(',').map((attribute) => attribute.trim()));
  const elements = Object.entries(known).filter(([attribute]) => wanted.has(attribute));
  return xmlAnswer('GetObjectAttributesResponse', elements.map(([attribute, value]) => element(attribute, value)).join(''), {
    ...versionHeaders(bucket, version.versionId),
    'last-modified': new Date(version.modified).toUTCString(),
  });
}
