import { bucketArn, type S3Answer, type S3Call, type S3State, xmlAnswer } from './call.ts';
import { notImplemented } from './errors.ts';
import { findUpload } from './find.ts';
import { maxKeysOf, speller } from './listing.ts';
import { OWNER } from './lists.ts';
import { element, type XmlValue } from './xml.ts';

export async function listParts(state: S3State, call: S3Call): Promise<S3Answer> {
  const upload = await findUpload(state, call, 's3:ListMultipartUploadParts');
  const { Bucket, Key, UploadId, MaxParts, PartNumberMarker = '0' } = call.input;
  const limit = maxKeysOf(MaxParts, 'max-parts');
  const behind = state.uploads.parts(upload, Number(PartNumberMarker));
  const parts = behind.slice(0, limit);
  return listAnswer('ListPartsResult', {
    Bucket,
    Key,
    UploadId,
    PartNumberMarker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: behind.length > parts.length,
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.algorithm && upload.checksumType,
    Part: parts.map(({ number, modified, etag, size, checksum }) => ({
      PartNumber: number,
      LastModified: new Date(modified),
      ETag: `"${etag}"`,
      Size: size,
      ...(upload.algorithm && checksum !== undefined && { [`Checksum${upload.algorithm}`]: checksum }),
    })),
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: upload.storageClass,
  });
}

export async function listUploads({ buckets, uploads }: S3State, call: S3Call): Promise<S3Answer> {
  const { Bucket, Prefix = '', KeyMarker = '', UploadIdMarker = '', MaxUploads, EncodingType } = call.input;
  if (call.input.Delimiter) throw notImplemented('ListMultipartUploads with a delimiter');
  const bucket = buckets.get(Bucket);
  await call.authorize('s3:ListBucketMultipartUploads', bucketArn(Bucket));
  const limit = maxKeysOf(MaxUploads, 'max-uploads');
  const spell = speller(EncodingType);
  const all = uploads.list(bucket, Prefix);
  const last = all.findIndex(({ key, id }) => key === KeyMarker && id === UploadIdMarker);
  const marker = Buffer.from(KeyMarker);
  const behind = last === -1 ? all.filter(({ key }) => Buffer.from(key).compare(marker) > 0) : all.slice(last + 1);
  const shown = behind.slice(0, limit);
  const isTruncated = behind.length > shown.length;
  const next = isTruncated ? shown.at(-1) : undefined;
  return listAnswer('ListMultipartUploadsResult', {
    Bucket,
    KeyMarker: spell(KeyMarker),
    UploadIdMarker,
    NextKeyMarker: next && spell(next.key),
    NextUploadIdMarker: next?.id,
    Prefix: spell(Prefix),
    EncodingType,
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: shown.map(({ key, id, initiated, storageClass, algorithm, checksumType }) => ({
      Key: spell(key),
      UploadId: id,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: storageClass,
      Initiated: new Date(initiated),
      ChecksumAlgorithm: algorithm,
      ChecksumType: algorithm && checksumType,
    })),
  });
}

function listAnswer(root: string, members: { readonly [name: string]: XmlValue }): S3Answer {
  const elements = Object.entries(members).map(([name, value]) => element(name, value));
  return xmlAnswer(root, elements.join(''));
}
