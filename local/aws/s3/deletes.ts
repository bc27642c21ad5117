import { AwsError } from '../service.ts';
import { versionHeaders } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { objectArn, readDocument, type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { checkMatch } from './conditions.ts';
import { deleteDocument } from './documents.ts';
import { asS3Error, malformedXml, noSuchVersion, S3Error } from './errors.ts';
import { element } from './xml.ts';

const MAX_KEYS = 1000;

/** One object to delete. */
interface Removal {
  readonly key: string;
  readonly versionId?: string | undefined;
  /** ETag of the current object, or `*` for any. */
  readonly ifMatch?: string | undefined;
}

/** What a removal did. */
interface Removed {
  /** The version that was removed, or the delete marker that was added. */
  readonly versionId?: string;
  /** That version is a delete marker. */
  readonly isMarker: boolean;
}

/** DeleteObject and DeleteObjects. */
export function deleteOperations(state: S3State): S3Operations {
  return {
    async DeleteObject(call) {
      const { Bucket: name, Key: key, VersionId: versionId, IfMatch: ifMatch } = call.input;
      const bucket = state.buckets.get(name);
      const removal = { key, versionId, ifMatch };
      await authorizeRemoval(call, removal);
      const removed = state.database.transaction(() => remove(state, bucket, removal));
      const marker = removed.isMarker ? { 'x-amz-delete-marker': 'true' } : {};
      return { status: 204, headers: { ...marker, ...(removed.versionId && versionHeaders(bucket, removed.versionId)) } };
    },
    DeleteObjects: (call) => deleteObjects(state, call),
  };
}

async function authorizeRemoval(call: S3Call, { key, versionId, ifMatch }: Removal): Promise<void> {
  const resource = objectArn(call.input.Bucket, key);
  await call.authorize(versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', resource);
  if (ifMatch !== undefined && ifMatch !== '*') await call.authorize('s3:GetObject', resource);
}

/**
 * Deletes one object: a version for good; without a version id by a delete marker, one more if the key is deleted already, or,
 * where there are no versions, for good. Conditions always ask about the current object. To be called in a transaction.
 */
function remove({ versions, now }: S3State, bucket: Bucket, { key, versionId, ifMatch }: Removal): Removed {
  if (ifMatch !== undefined) checkMatch(versions.current(bucket, key), key, ifMatch);
  if (versionId !== undefined) {
    const version = versions.find(bucket, key, versionId);
    if (version) versions.remove(bucket, version);
    return { versionId, isMarker: version?.isMarker ?? false };
  }
  if (bucket.versioning === '') {
    versions.removeNull(bucket, key);
    return { isMarker: false };
  }
  return { versionId: versions.addMarker(bucket, key, now()), isMarker: true };
}

/** Each key succeeds or fails for itself; the answer is a 200 all the same. */
async function deleteObjects(state: S3State, call: S3Call): Promise<S3Answer> {
  const bucket = state.buckets.get(call.input.Bucket);
  const { Delete } = await readDocument(call, deleteDocument);
  if (Delete.Object.length === 0 || Delete.Object.length > MAX_KEYS) throw malformedXml();
  const removals = Delete.Object.map(({ Key, VersionId, ETag }) => ({ key: Key, versionId: VersionId, ifMatch: ETag }));
  const refused = await Promise.all(removals.map((removal) => failureOf(() => authorizeRemoval(call, removal))));
  const isQuiet = Delete.Quiet === 'true';
  const entries = state.database.transaction(() =>
    removals.map((removal, index) => {
      const denied = refused[index];
      if (denied) return errorEntry(removal, denied);
      try {
        const removed = remove(state, bucket, removal);
        return isQuiet ? '' : deletedEntry(removal, removed);
      } catch (error) {
        return errorEntry(removal, error);
      }
    }),
  );
  return xmlAnswer('DeleteResult', entries.join(''));
}

async function failureOf(work: () => Promise<void>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function deletedEntry({ key, versionId }: Removal, removed: Removed): string {
  return element('Deleted', {
    Key: key,
    VersionId: versionId,
    DeleteMarker: removed.isMarker || undefined,
    DeleteMarkerVersionId: removed.isMarker ? removed.versionId : undefined,
  });
}

/** Of many keys, one with a malformed version id is one whose version doesn't exist: https://github.com/versity/versitygw/issues/2119 */
function errorEntry({ key, versionId }: Removal, error: unknown): string {
  if (!(error instanceof AwsError)) throw error;
  const isBadId = error instanceof S3Error && error.code === 'InvalidArgument';
  const { code, message } = isBadId ? noSuchVersion(key, versionId ?? '') : asS3Error(error);
  return element('Error', { Key: key, VersionId: versionId, Code: code, Message: message });
}
