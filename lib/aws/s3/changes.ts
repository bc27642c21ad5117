/** What changes an object of a site's bucket. Nothing here is ever sent twice: the caller has to look first. */
import { CopyObjectCommand, type CopyObjectCommandInput, DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { LostByCopy } from '../../contracts.ts';
import { encodeKey } from '../../domain/frontend/keys.ts';
import { AnswerIncomplete } from '../../errors.ts';
import { client, within } from './client.ts';
import type { Address } from './heads.ts';

const CHANGE_MS = 20_000;
/** S3 copies faster than this (bytes a millisecond), and a step has to end. */
const COPY_SPEED = 32 * 1024;
const LONGEST_COPY_MS = 240_000;

/** The object that has to be there for a change to happen, by its ETag; null: none may be. */
export type Condition = { readonly etag: string } | null;

/** `etag` empty: a delete marker. */
export type Created = { readonly versionId: string; readonly etag: string };

export type Copy = {
  /** `etag`: what it has to have when it is copied. */
  readonly source: Address & { readonly etag: string; readonly size: number };
  readonly to: { readonly bucket: string; readonly key: string };
  readonly before: Condition;
  readonly lost: LostByCopy;
};

/**
 * Copies a version of up to 5 GiB, with its metadata and tags, over what is there. Throws S3's error: one that it puts into an answer
 * of status 200 comes out as a 503.
 */
export async function copyObject({ source, to, before, lost }: Copy): Promise<Created> {
  const request = new CopyObjectCommand({
    Bucket: to.bucket,
    Key: to.key,
    CopySource: copySource(source),
    CopySourceIfMatch: quoted(source.etag),
    MetadataDirective: 'COPY',
    ...conditionOf(before),
    ...givenAgain(lost),
  });
  const time = Math.min(LONGEST_COPY_MS, CHANGE_MS + source.size / COPY_SPEED);
  const { VersionId, CopyObjectResult } = await client.send(request, within(time));
  return createdBy(VersionId, CopyObjectResult?.ETag);
}

/** Removes an object by a delete marker in front of it. Throws S3's error. */
export async function removeObject(bucket: string, key: string, before: { readonly etag: string }): Promise<Created> {
  const request = new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: quoted(before.etag) });
  const { VersionId } = await client.send(request, within(CHANGE_MS));
  return { versionId: VersionId ?? 'null', etag: '' };
}

export function copySource({ bucket, key, versionId }: Address): string {
  const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
  return `${bucket}/${encodeKey(key)}${version}`;
}

export function conditionOf(before: Condition): { IfMatch: string } | { IfNoneMatch: string } {
  return before === null ? { IfNoneMatch: '*' } : { IfMatch: quoted(before.etag) };
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

type GivenAgain = Pick<
  CopyObjectCommandInput,
  'StorageClass' | 'WebsiteRedirectLocation' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'
>;

/** What a copy loses, as members of a request. */
export function givenAgain({ storageClass, websiteRedirect, encryption }: LostByCopy): GivenAgain {
  return {
    StorageClass: storageClass as GivenAgain['StorageClass'],
    WebsiteRedirectLocation: websiteRedirect,
    ServerSideEncryption: encryption?.algorithm as GivenAgain['ServerSideEncryption'],
    SSEKMSKeyId: encryption?.keyId,
    BucketKeyEnabled: encryption?.bucketKey,
  };
}

/** An answer without its result is the head of one that was cut off: whether the object was made is not known. */
export function createdBy(versionId: string | undefined, etag: string | undefined): Created {
  if (etag === undefined) throw new AnswerIncomplete('A change of an object', 'its result');
  return { versionId: versionId ?? 'null', etag: etag.replaceAll('"', '') };
}
