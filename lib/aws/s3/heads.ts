import { GetObjectTaggingCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectHead } from '../../domain/frontend/likeness.ts';
import type { Patience } from '../../domain/frontend/patience.ts';
import { ObjectUnreadable } from '../../errors.ts';
import { client, patiently, within } from './client.ts';
import { answerOf, faultOf, said } from './faults.ts';

/** An object, or one version of it. */
export type Address = { readonly bucket: string; readonly key: string; readonly versionId?: string | undefined };

/** As people write it. */
export function nameOf({ bucket, key, versionId }: Address): string {
  return `s3://${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`;
}

const CHECKSUMS = ['CRC64NVME', 'CRC32C', 'CRC32', 'SHA256', 'SHA1'] as const;

/** What there is of an object; null: it does not exist, or it is a delete marker. Throws `ObjectUnreadable`, `StorageUnavailable`. */
export async function headObject({ bucket, key, versionId }: Address, patience?: Patience): Promise<ObjectHead | null> {
  const request = { Bucket: bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' as const };
  try {
    return headOf(await patiently(() => client.send(new HeadObjectCommand(request), within()), patience));
  } catch (error) {
    // 405: a delete marker was asked for by its id.
    if (['NotFound', 'NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed', '405'].includes(answerOf(error).name)) return null;
    throw faultOf(error) === 'refused' ? new ObjectUnreadable(nameOf({ bucket, key, versionId }), said(error), error) : error;
  }
}

/** The tags of a version as CreateMultipartUpload takes them: `a=1&b=2`. */
export async function tagsOf({ bucket, key, versionId }: Address, patience?: Patience): Promise<string> {
  const request = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId });
  const { TagSet = [] } = await patiently(() => client.send(request, within()), patience);
  return new URLSearchParams(TagSet.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])).toString();
}

function headOf(answer: HeadObjectCommandOutput): ObjectHead {
  return {
    versionId: answer.VersionId ?? 'null',
    etag: (answer.ETag ?? '').replaceAll('"', ''),
    size: answer.ContentLength ?? 0,
    checksum: checksumOf(answer),
    contentType: answer.ContentType,
    headers: headersOf(answer),
    metadata: answer.Metadata ?? {},
    lost: {
      ...(answer.StorageClass !== undefined && { storageClass: answer.StorageClass }),
      ...(answer.WebsiteRedirectLocation !== undefined && { websiteRedirect: answer.WebsiteRedirectLocation }),
      ...encryptionOf(answer),
    },
  };
}

function checksumOf(answer: HeadObjectCommandOutput): string | undefined {
  const algorithm = CHECKSUMS.find((name) => answer[`Checksum${name}`] !== undefined);
  return algorithm === undefined ? undefined : `${algorithm}:${answer[`Checksum${algorithm}`]}`;
}

function headersOf(answer: HeadObjectCommandOutput): Record<string, string> {
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, ExpiresString } = answer;
  const members = { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, ExpiresString };
  const all = { ...members, WebsiteRedirectLocation: answer.WebsiteRedirectLocation };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function encryptionOf({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }: HeadObjectCommandOutput) {
  if (ServerSideEncryption === undefined) return {};
  const key = SSEKMSKeyId === undefined ? {} : { keyId: SSEKMSKeyId };
  return { encryption: { algorithm: ServerSideEncryption, ...key, ...(BucketKeyEnabled && { bucketKey: true }) } };
}
