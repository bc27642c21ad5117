import { ACCOUNT_ID, REGION } from '../service.ts';
import type { Bucket, Encryption } from './buckets.ts';
import { objectArn, type S3Call } from './call.ts';
import { checksumHeaders } from './checksums.ts';
import { invalidArgument, S3Error } from './errors.ts';
import type { S3Input } from './request.ts';
import { parseTagging } from './tags.ts';
import type { Attributes, ObjectVersion, Tags } from './versions.ts';

const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 2048;

/** Input member -> header of system metadata that a copy keeps. */
const SYSTEM: Readonly<Record<string, string>> = {
  CacheControl: 'cache-control',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentType: 'content-type',
  Expires: 'expires',
};
const REDIRECT = 'x-amz-website-redirect-location';

const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'GLACIER_IR',
  'DEEP_ARCHIVE',
]);
/** Classes that must be restored before they can be read. */
const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** The key that S3 has of its own in each account; whoever may use the bucket may use it. */
const MANAGED_KEY = `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/aws-s3`;

/** What a request gives to the object that it writes. */
export interface NewObject {
  readonly attributes: Attributes;
  readonly tags: Tags;
  readonly storageClass: string;
}

/** Reads and checks what a PutObject, CopyObject or CreateMultipartUpload says of its object. */
export function newObjectOf(call: S3Call, bucket: Bucket): NewObject {
  const { input, metadata } = call;
  if (Buffer.byteLength(input.Key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', 'Your key is too long', 400, { MaxSizeAllowed: MAX_KEY_BYTES });
  }
  const metadataBytes = Object.entries(metadata).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  if (metadataBytes > MAX_METADATA_BYTES) {
    const message = 'Your metadata headers exceed the maximum allowed metadata size';
    throw new S3Error('MetadataTooLarge', message, 400, { Size: metadataBytes, MaxSizeAllowed: MAX_METADATA_BYTES });
  }
  return {
    attributes: { headers: systemHeaders(input), metadata, encryption: encryptionOf(input, bucket) },
    tags: parseTagging(input.Tagging),
    storageClass: storageClassOf(input),
  };
}

function systemHeaders(input: S3Input): Record<string, string> {
  const given = Object.entries(SYSTEM).flatMap(([member, header]) => {
    const value = input[member];
    return value === undefined ? [] : [[header, value] as const];
  });
  const redirect = input.WebsiteRedirectLocation;
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(given),
    ...(redirect !== undefined && { [REDIRECT]: redirect }),
  };
}

/** The system metadata that a copy takes over from its source. */
export function copiedHeaders({ [REDIRECT]: _, ...headers }: Attributes['headers']): Attributes['headers'] {
  return headers;
}

function storageClassOf({ StorageClass = 'STANDARD' }: S3Input): string {
  if (STORAGE_CLASSES.has(StorageClass)) return StorageClass;
  throw new S3Error('InvalidStorageClass', 'The storage class you specified is not valid', 400, {
    StorageClassRequested: StorageClass,
  });
}

function encryptionOf({ ServerSideEncryption: algorithm, SSEKMSKeyId, BucketKeyEnabled }: S3Input, bucket: Bucket): Encryption {
  if (algorithm === undefined) return bucket.encryption;
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument('The encryption method specified is not supported', 'x-amz-server-side-encryption', algorithm);
  }
  return makeEncryption(algorithm, SSEKMSKeyId, BucketKeyEnabled === 'true');
}

/** `key` is a KMS key's id, alias or ARN; S3's own key where there is none. */
export function makeEncryption(algorithm: Encryption['algorithm'], key?: string, bucketKey = false): Encryption {
  if (algorithm === 'AES256') return { algorithm };
  const name = key?.startsWith('alias/') ? key : `key/${key}`;
  const arn = key?.startsWith('arn:') ? key : `arn:aws:kms:${REGION}:${ACCOUNT_ID}:${name}`;
  return { algorithm, keyArn: key === undefined ? MANAGED_KEY : arn, ...(bucketKey && { bucketKey }) };
}

/** Objects under a KMS key need its permission too: `kms:GenerateDataKey` to write, `kms:Decrypt` to read. */
export async function authorizeKey(call: S3Call, action: string, { keyArn }: Encryption): Promise<void> {
  if (keyArn !== undefined && keyArn !== MANAGED_KEY) await call.authorize(action, keyArn);
}

/** The permissions of whoever writes an object. An ETag to match reveals the object's own, and so needs that it may be read. */
export async function authorizeWrite(call: S3Call, { tags, attributes }: NewObject): Promise<void> {
  const { Bucket, Key, IfMatch } = call.input;
  const resource = objectArn(Bucket, Key);
  await call.authorize('s3:PutObject', resource);
  if (Object.keys(tags).length > 0) await call.authorize('s3:PutObjectTagging', resource);
  if (IfMatch !== undefined) await call.authorize('s3:GetObject', resource);
  await authorizeKey(call, 'kms:GenerateDataKey', attributes.encryption);
}

/** Throws `InvalidObjectState` for an object that lies in an archive. */
export function refuseArchived({ storageClass }: ObjectVersion): void {
  if (!ARCHIVED.has(storageClass)) return;
  throw new S3Error('InvalidObjectState', "The operation is not valid for the object's storage class", 403, {
    StorageClass: storageClass,
  });
}

export function encryptionHeaders({ algorithm, keyArn, bucketKey }: Encryption): Record<string, string> {
  return {
    'x-amz-server-side-encryption': algorithm,
    ...(keyArn !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': keyArn }),
    ...(bucketKey && { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }),
  };
}

/** The version's id, where the bucket has versions. */
export function versionHeaders({ versioning }: Bucket, versionId: string): Record<string, string> {
  return versioning === '' ? {} : { 'x-amz-version-id': versionId };
}

/** What answers to whoever wrote an object. */
export function writtenHeaders(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return { ...versionHeaders(bucket, version.versionId), ...encryptionHeaders(version.attributes.encryption) };
}

/** The headers of GetObject and HeadObject but for the length. Checksums only go with the whole object. */
export function objectHeaders(bucket: Bucket, version: ObjectVersion, withChecksum: boolean): Record<string, string> {
  const { attributes, tags, storageClass, checksum } = version;
  const metadata = Object.entries(attributes.metadata).map(([name, value]) => [`x-amz-meta-${name}`, visible(value)] as const);
  const tagCount = Object.keys(tags).length;
  return {
    ...Object.fromEntries(Object.entries(attributes.headers).map(([name, value]) => [name, visible(value)])),
    ...Object.fromEntries(metadata),
    ...writtenHeaders(bucket, version),
    'accept-ranges': 'bytes',
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.modified).toUTCString(),
    ...(storageClass !== 'STANDARD' && { 'x-amz-storage-class': storageClass }),
    ...(tagCount > 0 && { 'x-amz-tagging-count': String(tagCount) }),
    ...(withChecksum && checksumHeaders(checksum)),
  };
}

/** What is no printable ASCII goes out in the encoding of RFC 2047, as S3 does it. */
function visible(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}
