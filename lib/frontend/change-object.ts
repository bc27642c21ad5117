import { type Copy, type Created, copyObject, removeObject } from '../aws/s3/changes.ts';
import { copyInParts } from '../aws/s3/copy-in-parts.ts';
import { type Address, headObject, tagsOf } from '../aws/s3/heads.ts';
import type { LostByCopy, PlannedObject } from '../contracts.ts';
import type { ObjectHead } from '../domain/frontend/likeness.ts';
import { ONCE } from '../domain/frontend/patience.ts';
import { VersionGone } from '../errors.ts';

export type CopyLimits = {
  /** Larger objects are copied in parts: CopyObject takes no more than 5 GiB. */
  readonly largestCopy: number;
  readonly partBytes: number;
};

/** Classes in which an object can't be served; a version may have come into one since it was the current one. */
const ARCHIVES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/**
 * Makes one planned object what it is to be, if it is what it was when the plan was made. Sends the change once. Throws S3's error,
 * or `VersionGone`.
 */
export async function changeObject(bucket: string, { key, before, after }: PlannedObject, limits: CopyLimits): Promise<Created> {
  if (after === null) return removeObject(bucket, key, before ?? { etag: '' });
  const source = { ...sourceOf(bucket, key, after), etag: after.etag, size: after.size };
  const copy = { source, to: { bucket, key }, before };
  if (after.size > limits.largestCopy) return copyLarge({ ...copy, lost: after.lost }, limits);
  return copyObject({ ...copy, lost: after.lost ?? lostOf(await headOf(source)) });
}

/** Where a version to bring back lies. */
export function sourceOf(bucket: string, key: string, after: NonNullable<PlannedObject['after']>): Address {
  return { bucket: after.bucket ?? bucket, key: after.key ?? key, versionId: after.versionId };
}

type Large = Omit<Copy, 'lost'> & { readonly lost: LostByCopy | undefined };

async function copyLarge({ lost, ...copy }: Large, { partBytes }: CopyLimits): Promise<Created> {
  const head = await headOf(copy.source);
  const tags = await tagsOf(copy.source, ONCE);
  return copyInParts({ ...copy, lost: lost ?? lostOf(head), head, tags, partBytes });
}

async function headOf(source: Address): Promise<ObjectHead> {
  const head = await headObject(source, ONCE);
  if (head === null) throw new VersionGone(`s3://${source.bucket}/${source.key}`);
  return head;
}

function lostOf({ lost: { storageClass, ...lost } }: ObjectHead): LostByCopy {
  return storageClass === undefined || ARCHIVES.includes(storageClass) ? lost : { ...lost, storageClass };
}
