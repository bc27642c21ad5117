import { eachOf } from '../at-once.ts';
import { headObject } from '../aws/s3/heads.ts';
import type { ManifestEntry } from '../contracts.ts';
import type { Listed, ListedVersion } from '../domain/frontend/history.ts';
import { entriesOf, readIndex } from './manifests.ts';
import { Upcoming } from './pages.ts';

const HEADS_AT_ONCE = 64;

type Present = { readonly key: string; readonly at: number; readonly version: ListedVersion };
type Former = { readonly entries: Upcoming<ManifestEntry>; readonly takenAt: number };

/** Describes the current objects of a bucket, in the order of their keys. What a former manifest says of a version still holds. */
export class Descriptions {
  readonly #bucket: string;
  readonly #former: Former | null;

  private constructor(bucket: string, former: Former | null) {
    this.#bucket = bucket;
    this.#former = former;
  }

  static async open({ bucket, prefix, previous, after }: Scope): Promise<Descriptions> {
    const index = previous === undefined ? null : await readIndex(previous);
    if (previous === undefined || index === null || index.bucket !== bucket || index.prefix !== prefix) {
      return new Descriptions(bucket, null);
    }
    const entries = new Upcoming(entriesOf(previous, index, after));
    return new Descriptions(bucket, { entries, takenAt: Date.parse(index.takenAt) });
  }

  /** Describes those of one page of the listing, after the pages before. Throws `ObjectUnreadable`, `StorageUnavailable`. */
  async of(page: readonly Listed[]): Promise<ManifestEntry[]> {
    const known: { object: Present; entry: ManifestEntry | null }[] = [];
    for (const { key, at, isLatest, version } of page) {
      if (!isLatest || version === null) continue;
      const object = { key, at, version };
      known.push({ object, entry: await this.#formerEntry(object) });
    }
    const entries = await eachOf(known, HEADS_AT_ONCE, async ({ object, entry }) => entry ?? this.#ask(object));
    return entries.filter((entry) => entry !== null);
  }

  /** Versions don't change, but for the null version, which a suspended versioning lets be overwritten. */
  async #formerEntry({ key, at, version }: Present): Promise<ManifestEntry | null> {
    const former = this.#former;
    const entry = (await former?.entries.at(key)) ?? null;
    if (former === null || entry?.versionId !== version.versionId) return null;
    return version.versionId === 'null' && at >= former.takenAt ? null : entry;
  }

  /** null: it was deleted for good meanwhile. */
  async #ask({ key, version: { versionId } }: Present): Promise<ManifestEntry | null> {
    const head = await headObject({ bucket: this.#bucket, key, versionId });
    if (head === null) return null;
    const { size, etag, checksum, contentType, lost } = head;
    return { key, versionId, size, etag, checksum, contentType, ...(Object.keys(lost).length > 0 && { lost }) };
  }
}

type Scope = { bucket: string; prefix: string; previous?: string | undefined; after?: string | undefined };
