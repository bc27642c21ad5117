import { authorizeWrite, copiedHeaders, type NewObject, newObjectOf, writtenHeaders } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { objectArn, type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { algorithmOf, checksumMembers } from './checksums.ts';
import type { Contents } from './contents.ts';
import { type FoundSource, findSource } from './copy-source.ts';
import { fullChecksum, md5Of } from './digests.ts';
import { invalidArgument, S3Error } from './errors.ts';
import type { S3Input } from './request.ts';
import type { ObjectVersion } from './versions.ts';
import { etagOf, store } from './writes.ts';
import { element } from './xml.ts';

/** ETags of what was not uploaded in parts. */
const MD5 = /^[0-9a-f]{32}$/;

/** CopyObject: the bytes are shared, so that a copy costs one row. */
export function copyOperations(state: S3State): S3Operations {
  return { CopyObject: (call) => copyObject(state, call) };
}

async function copyObject(state: S3State, call: S3Call): Promise<S3Answer> {
  const bucket = state.buckets.get(call.input.Bucket);
  const given = newObjectOf(call, bucket);
  const source = await findSource(state, call);
  refuseTooLarge(source, state.maxCopyBytes);
  refuseUnchanged(source, call.input);
  const object = await copiedObject(call, source, given);
  await authorizeWrite(call, object);
  const { size, segments } = source.version;
  const identity = await identityOf(state.contents, source.version, object, call.input);
  const version = store(state, call, bucket, { ...object, ...identity, modified: state.now(), size, segments });
  return copyAnswer(bucket, source, version);
}

/** What the copy takes from its source and what from the request; storage class and encryption are always the request's. */
async function copiedObject(call: S3Call, source: FoundSource, given: NewObject): Promise<NewObject> {
  const { version, versionId } = source;
  const isCopied = (directive: 'MetadataDirective' | 'TaggingDirective') => {
    const value = call.input[directive] ?? 'COPY';
    if (value === 'COPY' || value === 'REPLACE') return value === 'COPY';
    throw invalidArgument(`Unknown ${directive}.`, directive, value);
  };
  const redirect = call.input.WebsiteRedirectLocation;
  const attributes = isCopied('MetadataDirective')
    ? {
        ...given.attributes,
        headers: {
          ...copiedHeaders(version.attributes.headers),
          ...(redirect !== undefined && { 'x-amz-website-redirect-location': redirect }),
        },
        metadata: version.attributes.metadata,
      }
    : given.attributes;
  const tags = isCopied('TaggingDirective') ? version.tags : given.tags;
  if (tags === version.tags && Object.keys(tags).length > 0) {
    const action = versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging';
    await call.authorize(action, objectArn(source.bucket, source.key));
  }
  return { ...given, attributes, tags };
}

/** The copy of an object of parts has none: its ETag is the MD5 of the bytes, which have to be read for it, as for a checksum. */
async function identityOf(
  contents: Contents,
  { etag, checksum, segments, attributes: source }: ObjectVersion,
  { attributes }: NewObject,
  { ChecksumAlgorithm }: S3Input,
): Promise<Pick<ObjectVersion, 'etag' | 'checksum'>> {
  const algorithm = ChecksumAlgorithm === undefined ? checksum?.algorithm : algorithmOf(ChecksumAlgorithm);
  const isKept = checksum?.type === 'FULL_OBJECT' && checksum.algorithm === algorithm;
  const copied = isKept ? checksum : await fullChecksum(contents, segments, algorithm);
  const isMd5 = source.encryption.algorithm === 'AES256' && MD5.test(etag);
  const copiedEtag = etagOf(() => (isMd5 ? etag : md5Of(contents, segments)), attributes.encryption);
  return { etag: copiedEtag, ...(copied && { checksum: copied }) };
}

function refuseTooLarge({ version }: FoundSource, limit: number): void {
  if (version.size <= limit) return;
  const message = `The specified copy source is larger than the maximum allowable size for a copy source: ${limit}`;
  throw new S3Error('InvalidRequest', message);
}

const CHANGES = ['StorageClass', 'WebsiteRedirectLocation', 'ServerSideEncryption', 'SSEKMSKeyId', 'BucketKeyEnabled'] as const;

/** A copy of an object onto itself must change it; to name a version, even the current one, is enough. */
function refuseUnchanged({ bucket, key, versionId }: FoundSource, input: S3Input): void {
  if (bucket !== input.Bucket || key !== input.Key || versionId !== undefined) return;
  if (input.MetadataDirective === 'REPLACE' || CHANGES.some((member) => input[member] !== undefined)) return;
  const message =
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
  throw new S3Error('InvalidRequest', message);
}

function copyAnswer(bucket: Bucket, { bucketRecord, version: source }: FoundSource, version: ObjectVersion): S3Answer {
  const result = {
    LastModified: new Date(version.modified),
    ETag: `"${version.etag}"`,
    ...checksumMembers(version.checksum),
  };
  const elements = Object.entries(result).map(([name, value]) => element(name, value));
  const sourceId = bucketRecord.versioning === '' ? undefined : source.versionId;
  return xmlAnswer('CopyObjectResult', elements.join(''), {
    ...writtenHeaders(bucket, version),
    'x-amz-copy-source-version-id': sourceId,
  });
}
