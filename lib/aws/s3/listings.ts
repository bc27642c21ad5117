import {
  type _Object,
  type DeleteMarkerEntry,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { interleaved, type Listed } from '../../domain/frontend/history.ts';
import { decodeKey } from '../../domain/frontend/keys.ts';
import { BucketUnusable } from '../../errors.ts';
import { client, patiently, within } from './client.ts';
import { answerOf, faultOf } from './faults.ts';

const SECOND_MS = 1000;
const PAGE_MS = 30_000;
const ARCHIVES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

export type Place = {
  readonly bucket: string;
  readonly prefix: string;
  /** The listing goes on behind this key; absent: from the beginning. */
  readonly after?: string | undefined;
  /** Entries a page; 1,000 unless told, which is the most. */
  readonly pageSize?: number | undefined;
};

/** An object of a listing without versions. */
export type ListedObject = { readonly key: string; readonly etag: string; readonly size: number; readonly archived: boolean };

/**
 * All versions and delete markers, page by page: by key in the order of UTF-8, newest first within a key, whose entries may straddle
 * pages. Throws `BucketUnusable`, `StorageUnavailable`.
 */
export async function* listVersions({ bucket, prefix, after, pageSize }: Place): AsyncGenerator<Listed[]> {
  let [key, version]: [string | undefined, string | undefined] = [after, undefined];
  for (;;) {
    const request = new ListObjectVersionsCommand({
      ...common({ bucket, prefix, pageSize }),
      KeyMarker: key,
      VersionIdMarker: version,
    });
    const page: ListObjectVersionsCommandOutput = await ask(bucket, () => client.send(request, within(PAGE_MS)));
    // Servers differ in whether a marker without a version excludes its own key.
    yield entriesOf(page).filter((entry) => entry.key !== after);
    if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
    [key, version] = [decodeKey(page.NextKeyMarker), page.NextVersionIdMarker];
  }
}

/** The current objects, page by page, in the same order. Throws as `listVersions`. */
export async function* listObjects({ bucket, prefix, after, pageSize }: Place): AsyncGenerator<ListedObject[]> {
  let token: string | undefined;
  for (;;) {
    const request = new ListObjectsV2Command({
      ...common({ bucket, prefix, pageSize }),
      StartAfter: after,
      ContinuationToken: token,
    });
    const page: ListObjectsV2CommandOutput = await ask(bucket, () => client.send(request, within(PAGE_MS)));
    yield (page.Contents ?? []).map(({ Key = '', ...object }) => ({ key: decodeKey(Key), ...contentOf(object) }));
    if (!page.IsTruncated || page.NextContinuationToken === undefined) return;
    token = page.NextContinuationToken;
  }
}

function common({ bucket, prefix, pageSize }: Place) {
  return {
    Bucket: bucket,
    Prefix: prefix,
    EncodingType: 'url' as const,
    MaxKeys: pageSize,
    // Tells a version that lies in an archive from one of which a copy was restored for some days.
    OptionalObjectAttributes: ['RestoreStatus' as const],
  };
}

/** What is refused here is refused of the whole bucket. */
async function ask<T>(bucket: string, send: () => Promise<T>): Promise<T> {
  try {
    return await patiently(send);
  } catch (error) {
    throw ['refused', 'condition'].includes(faultOf(error)) ? new BucketUnusable(bucket, answerOf(error), error) : error;
  }
}

function entriesOf({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput): Listed[] {
  const versions = Versions.map((listed) => ({
    ...entryOf(listed),
    version: { versionId: listed.VersionId ?? 'null', ...contentOf(listed) },
  }));
  return interleaved(
    versions,
    DeleteMarkers.map((marker) => ({ ...entryOf(marker), version: null })),
  );
}

function entryOf({ Key = '', IsLatest = false, LastModified }: DeleteMarkerEntry) {
  return {
    key: decodeKey(Key),
    isLatest: IsLatest,
    at: Math.floor((LastModified?.getTime() ?? 0) / SECOND_MS) * SECOND_MS,
  };
}

function contentOf({
  ETag = '',
  Size = 0,
  StorageClass = 'STANDARD',
  RestoreStatus,
}: Pick<_Object, 'ETag' | 'Size' | 'RestoreStatus'> & { StorageClass?: string | undefined }) {
  const archived = ARCHIVES.includes(StorageClass) && RestoreStatus?.RestoreExpiryDate === undefined;
  return { etag: ETag.replaceAll('"', ''), size: Size, archived };
}
