import { versionHeaders } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { bucketArn, objectArn, type S3Call, type S3State } from './call.ts';
import { noSuchKey, noSuchVersion, S3Error } from './errors.ts';
import type { Upload } from './uploads.ts';
import type { DeleteMarker, ObjectVersion } from './versions.ts';

/**
 * The object that a call names by key and perhaps version. Throws `NoSuchKey`, `NoSuchVersion`, `InvalidArgument` for no version
 * id, or `MethodNotAllowed` when the version is a delete marker. Who may not list the bucket is not told whether a key exists:
 * `AccessDenied`.
 */
export async function findObject(
  { versions }: Pick<S3State, 'versions'>,
  call: S3Call,
  bucket: Bucket,
  { key, versionId }: { readonly key: string; readonly versionId?: string | undefined },
): Promise<ObjectVersion> {
  if (versionId !== undefined) return findVersion(versions.find(bucket, key, versionId), bucket, key, versionId);
  const newest = versions.newest(bucket, key);
  if (newest && !newest.isMarker) return newest;
  await call.authorize('s3:ListBucket', bucketArn(bucket.name));
  throw noSuchKey(key, newest ? markerHeaders(bucket, newest) : {});
}

function findVersion(
  found: ObjectVersion | DeleteMarker | undefined,
  bucket: Bucket,
  key: string,
  versionId: string,
): ObjectVersion {
  if (!found) throw noSuchVersion(key, versionId);
  if (!found.isMarker) return found;
  const headers = { ...markerHeaders(bucket, found), allow: 'DELETE', 'last-modified': new Date(found.modified).toUTCString() };
  const members = { Method: 'GET', ResourceType: 'DeleteMarker' };
  throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, members, headers);
}

function markerHeaders(bucket: Bucket, marker: DeleteMarker): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', ...versionHeaders(bucket, marker.versionId) };
}

/** The upload in parts that a call names, if the caller may carry out `action` on its key. Throws `NoSuchUpload`. */
export async function findUpload({ buckets, uploads }: S3State, call: S3Call, action = 's3:PutObject'): Promise<Upload> {
  const { Bucket: name, Key: key, UploadId: id = '' } = call.input;
  const bucket = buckets.get(name);
  await call.authorize(action, objectArn(name, key));
  return uploads.get(bucket, key, id);
}
