import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Bucket } from './buckets.ts';
import type { S3State } from './call.ts';
import type { Checksum } from './checksums.ts';
import type { Segment } from './contents.ts';
import { md5Of } from './digests.ts';
import type { StoredObject } from './versions.ts';

/** Rows a transaction. */
const BATCH = 250_000;
/** Different objects and bodies that are remembered. */
const REMEMBERED = 10_000;

/** One object, or delete marker, that is put into a bucket past the API. */
export interface SeedEntry {
  readonly key: string;
  /** A body, or the number of zero bytes that it is to have, which take no room. */
  readonly body?: string | Uint8Array | number;
  readonly isMarker?: boolean;
  /** The present unless told. */
  readonly lastModified?: Date;
  /** By their header, such as `content-type`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly storageClass?: string;
}

/** Inserts objects in the order given, so the versions of a key from old to new; answers how many. */
export function seedBucket(state: S3State, bucket: Bucket, entries: Iterable<SeedEntry>): number {
  const iterator = entries[Symbol.iterator]();
  const idOf = objectKeeper(state, bucket);
  let count = 0;
  for (let isDone = false; !isDone; ) {
    const before = count;
    state.database.transaction(() => {
      // Those that are left over are never given out.
      const first = state.versions.reserve(BATCH);
      for (let next = iterator.next(); ; next = iterator.next()) {
        if (next.done) {
          isDone = true;
          return;
        }
        insert(state, bucket, next.value, { sequence: first + count - before, object: idOf(next.value) });
        count += 1;
        if (count - before === BATCH) return;
      }
    });
  }
  return count;
}

function insert(
  { versions, now }: S3State,
  bucket: Bucket,
  { key, lastModified, tags }: SeedEntry,
  row: { readonly sequence: number; readonly object: number | undefined },
): void {
  versions.insert(bucket, { ...row, key: Buffer.from(key), modified: lastModified?.getTime() ?? now(), ...(tags && { tags }) });
}

/** Keeps the object of an entry and answers its id; equal ones are the same. None for a delete marker. */
function objectKeeper(state: S3State, bucket: Bucket): (entry: SeedEntry) => number | undefined {
  const contents = remembering((body: NonNullable<SeedEntry['body']>) => contentOf(state, body));
  const ids = new Map<string, number>();
  return ({ body = '', isMarker, headers, metadata = {}, storageClass = 'STANDARD' }) => {
    if (isMarker) return undefined;
    const content = contents(body);
    const name = JSON.stringify([content.segments, headers, metadata, storageClass]);
    const known = ids.get(name);
    if (known !== undefined) return known;
    const attributes = {
      headers: { 'content-type': 'binary/octet-stream', ...headers },
      metadata,
      encryption: bucket.encryption,
    };
    const id = state.versions.keep({ ...content, storageClass, attributes });
    if (ids.size < REMEMBERED) ids.set(name, id);
    return id;
  };
}

type Content = Pick<StoredObject, 'size' | 'etag' | 'checksum' | 'segments'>;

function remembering<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    if (known.size < REMEMBERED) known.set(key, value);
    return value;
  };
}

function contentOf({ contents }: S3State, body: NonNullable<SeedEntry['body']>): Content {
  if (typeof body === 'number') {
    const segments: readonly Segment[] = [[null, 0, body]];
    return { size: body, etag: md5Of(contents, segments), segments };
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { size: bytes.length, etag: hash('md5', bytes), checksum: crc32Checksum(bytes), segments: contents.add(bytes) };
}

/** What the SDKs send with their uploads. */
function crc32Checksum(bytes: Uint8Array): Checksum {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes));
  return { algorithm: 'CRC32', type: 'FULL_OBJECT', value: value.toString('base64') };
}
