import { listObjects } from '../aws/s3/listings.ts';
import type { FrontendTarget, ManifestEntry } from '../contracts.ts';
import type { Wanted } from '../domain/frontend/decision.ts';
import { ManifestUnreadable } from '../errors.ts';
import { entriesOf, indexName, readIndex } from './manifests.ts';

type Source = { readonly bucket: string; readonly prefix: string };
type Range = { readonly after?: string | undefined; readonly pageSize?: number | undefined };

/**
 * The objects that a target has, page by page in the order of their keys; none for a time, of which only the listing of the bucket
 * tells. Throws `ManifestUnreadable`, and what listing an archive throws.
 */
export async function* wantedObjects(
  target: FrontendTarget,
  source: Source,
  { after, pageSize }: Range,
): AsyncGenerator<Wanted[]> {
  if (target.kind === 'manifest') yield* recorded(target.location, source, after);
  if (target.kind === 'archive') yield* archived(target, source, { after, pageSize });
}

async function* recorded(location: string, { bucket, prefix }: Source, after: string | undefined): AsyncGenerator<Wanted[]> {
  const index = await readIndex(location);
  if (index === null) throw new ManifestUnreadable(`${indexName(location)} is not there`);
  if (index.bucket !== bucket || index.prefix !== prefix) {
    throw new ManifestUnreadable(
      `it is of s3://${index.bucket}/${index.prefix}, and the frontend is at s3://${bucket}/${prefix} now`,
    );
  }
  for await (const entries of entriesOf(location, index, after)) yield entries.map(asWanted);
}

/** What a manifest does not mention is not lost by a copy. */
function asWanted({ key, versionId, etag, size, lost = {} }: ManifestEntry): Wanted {
  return { key, after: { versionId, etag, size, lost } };
}

/** Keys below the archive's prefix are keys below the site's. A folder's own empty object stands for nothing where there is no prefix. */
async function* archived(archive: Source, { prefix }: Source, { after, pageSize }: Range): AsyncGenerator<Wanted[]> {
  const { bucket } = archive;
  const behind = after === undefined ? undefined : archive.prefix + after.slice(prefix.length);
  for await (const page of listObjects({ bucket, prefix: archive.prefix, after: behind, pageSize })) {
    const wanted = page.map(({ key, etag, size, archived }) => ({
      key: prefix + key.slice(archive.prefix.length),
      after: { etag, size, bucket, key },
      archived,
    }));
    yield wanted.filter(({ key }) => key !== '');
  }
}
