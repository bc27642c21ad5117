import { authorizeKey, refuseArchived } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import { objectArn, type S3Call, type S3State } from './call.ts';
import { judgeRead } from './conditions.ts';
import { invalidArgument, preconditionFailed, S3Error } from './errors.ts';
import { findObject } from './find.ts';
import { decode } from './request.ts';
import type { ObjectVersion } from './versions.ts';

/** What an `x-amz-copy-source` header names. */
interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** The object that a copy is made from, with the ids that the answer repeats. */
export interface FoundSource extends CopySource {
  readonly bucketRecord: Bucket;
  readonly version: ObjectVersion;
}

/**
 * Reads `bucket/key?versionId=…`, which the caller has percent-encoded, its slash too or not; a plus sign that is not encoded
 * stands for a blank.
 */
function parseCopySource(header: string): CopySource {
  const [path = '', query] = header.split(/\?(.*)/s);
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decode(path.replaceAll('+', ' '))) ?? [];
  const versionId = /^versionId=(.*)$/s.exec(query ?? '')?.[1];
  if (bucket === undefined || key === undefined || (query !== undefined && versionId === undefined)) {
    const message = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    throw invalidArgument(message, 'x-amz-copy-source', header);
  }
  return { bucket, key, ...(versionId !== undefined && { versionId: decode(versionId) }) };
}

/**
 * Finds the source of a copy that the caller may read. Throws as `findObject`, and `InvalidRequest` for a delete marker,
 * `PreconditionFailed` or, for what lies in an archive, `InvalidObjectState`.
 */
export async function findSource(state: S3State, call: S3Call): Promise<FoundSource> {
  const source = parseCopySource(call.input.CopySource ?? '');
  const { bucket: name, key, versionId } = source;
  const bucketRecord = state.buckets.get(name);
  await call.authorize(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', objectArn(name, key));
  const version = await findObject(state, call, bucketRecord, { key, versionId }).catch(refuseMarker);
  await authorizeKey(call, 'kms:Decrypt', version.attributes.encryption);
  checkSource(version, call);
  refuseArchived(version);
  return { ...source, bucketRecord, version };
}

function refuseMarker(error: unknown): never {
  if (!(error instanceof S3Error) || error.code !== 'MethodNotAllowed') throw error;
  const message = 'The source of a copy request may not specifically refer to a delete marker by version id.';
  throw Object.assign(new S3Error('InvalidRequest', message), { cause: error });
}

function checkSource(version: ObjectVersion, { input }: S3Call): void {
  const judgement = judgeRead(version, {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  });
  if (judgement !== 'met') throw preconditionFailed('x-amz-copy-source-if');
}
