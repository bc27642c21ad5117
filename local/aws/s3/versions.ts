import type { StatementSync } from 'node:sqlite';
import type { Bucket, Encryption } from './buckets.ts';
import type { Checksum } from './checksums.ts';
import type { Segment } from './contents.ts';
import type { Database } from './database.ts';
import { NULL_VERSION, sequenceOf, versionIdOf } from './version-ids.ts';

/** What an object carries beside its bytes and tags. */
export interface Attributes {
  /** System metadata by its header: `content-type`, `cache-control`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata by its name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly encryption: Encryption;
}

export type Tags = Readonly<Record<string, string>>;

/** What versions can share. */
export interface StoredObject {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly storageClass: string;
  readonly checksum?: Checksum;
  readonly attributes: Attributes;
  readonly segments: readonly Segment[];
}

/** An object that is to become a version. */
export interface ObjectDraft extends StoredObject {
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly tags: Tags;
}

interface Versioned {
  readonly key: string;
  readonly versionId: string;
  readonly place: number;
  readonly modified: number;
}

export interface ObjectVersion extends ObjectDraft, Versioned {
  readonly isMarker: false;
}

export interface DeleteMarker extends Versioned {
  readonly isMarker: true;
}

/** What a listing says of a version. The facts of an object are absent in a delete marker. */
export interface ListedVersion extends Omit<Versioned, 'versionId'> {
  readonly isNull: boolean;
  readonly object?: Pick<StoredObject, 'size' | 'etag' | 'storageClass' | 'checksum'>;
}

/** Right behind this place the listing goes on. */
export interface Position {
  readonly key: Buffer;
  readonly place: number;
}

/** Before the newest, and behind the oldest, version of a key. */
export const NEWEST = -Number.MAX_SAFE_INTEGER;
export const OLDEST = Number.MAX_SAFE_INTEGER;

const ROWS = 'version LEFT JOIN object ON object.id = version.object';
const LISTED = 'key, place, modified, is_null, object, size, etag, storage_class, checksum';
const WHOLE = `SELECT ${LISTED}, attributes, segments, tags FROM ${ROWS} WHERE bucket = ? AND key = ?`;
const BEHIND = `SELECT ${LISTED} FROM ${ROWS} WHERE bucket = ? AND (key, place) > (?, ?) AND key < ? ORDER BY key, place`;

function prepareStatements(database: Database) {
  return {
    newest: database.prepare(`${WHOLE} ORDER BY place LIMIT 1`),
    atPlace: database.prepare(`${WHOLE} AND place = ?`),
    ofNull: database.prepare(`${WHOLE} AND is_null = 1`),
    next: database.prepare(`${BEHIND} LIMIT 1`),
    any: database.prepare('SELECT 1 FROM version WHERE bucket = ? LIMIT 1'),
    removePlace: database.prepare('DELETE FROM version WHERE bucket = ? AND key = ? AND place = ?'),
    removeNull: database.prepare('DELETE FROM version WHERE bucket = ? AND key = ? AND is_null = 1'),
    setTags: database.prepare('UPDATE version SET tags = ? WHERE bucket = ? AND key = ? AND place = ?'),
    insert: database.prepare('INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)'),
    insertObject: database.prepare('INSERT INTO object VALUES (NULL, ?, ?, ?, ?, ?, ?)'),
    count: database.prepare('UPDATE counter SET value = value + ? RETURNING value'),
  } satisfies Record<string, StatementSync>;
}

/** A row of the index: an object's id, or none for a delete marker. */
interface Row {
  readonly key: Buffer;
  readonly sequence: number;
  readonly modified: number;
  readonly object: number | undefined;
  readonly tags?: Tags;
}

/** The versions and delete markers of all buckets. */
export class Versions {
  readonly #database: Database;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  /** The newest version or delete marker of a key. */
  newest(bucket: Bucket, key: string): ObjectVersion | DeleteMarker | undefined {
    return asVersion(this.#statements.newest.get(bucket.id, Buffer.from(key)));
  }

  /** The object that a key has now: none when its newest version is a delete marker. */
  current(bucket: Bucket, key: string): ObjectVersion | undefined {
    const newest = this.newest(bucket, key);
    return newest?.isMarker ? undefined : newest;
  }

  /** Throws `InvalidArgument` for what is no version id. */
  find(bucket: Bucket, key: string, versionId: string): ObjectVersion | DeleteMarker | undefined {
    const bytes = Buffer.from(key);
    if (versionId === NULL_VERSION) return asVersion(this.#statements.ofNull.get(bucket.id, bytes));
    const sequence = sequenceOf(versionId);
    return sequence === undefined ? undefined : asVersion(this.#statements.atPlace.get(bucket.id, bytes, -sequence));
  }

  /**
   * Makes a version the newest of its key. In a bucket whose versioning is not enabled it is the key's null version and takes the
   * place of the former one. To be called in a transaction.
   */
  add(bucket: Bucket, key: string, draft: ObjectDraft): ObjectVersion {
    const { modified, tags } = draft;
    const sequence = this.reserve(1);
    this.insert(bucket, { key: Buffer.from(key), sequence, modified, object: this.keep(draft), tags });
    return { ...draft, key, place: -sequence, versionId: idIn(bucket, sequence), isMarker: false };
  }

  /** Puts a delete marker on a key, as `add` does an object, and answers its id. */
  addMarker(bucket: Bucket, key: string, modified: number): string {
    const sequence = this.reserve(1);
    this.insert(bucket, { key: Buffer.from(key), sequence, modified, object: undefined });
    return idIn(bucket, sequence);
  }

  /** Takes that many sequence numbers and answers the first. */
  reserve(count: number): number {
    return Number(this.#statements.count.get(count)?.value) - count + 1;
  }

  /** Keeps what versions can share and answers its id. */
  keep({ size, etag, storageClass, checksum, attributes, segments }: StoredObject): number {
    const [checksumText, attributesText] = [checksum ? JSON.stringify(checksum) : null, JSON.stringify(attributes)];
    const row = [size, etag, storageClass, checksumText, attributesText, JSON.stringify(segments)] as const;
    return Number(this.#statements.insertObject.run(...row).lastInsertRowid);
  }

  /** Writes one row as the newest of its key. */
  insert(bucket: Bucket, { key, sequence, modified, object, tags = {} }: Row): void {
    const isNull = isNullIn(bucket);
    if (isNull) this.#statements.removeNull.run(bucket.id, key);
    this.#statements.insert.run(bucket.id, key, -sequence, modified, isNull ? 1 : 0, object ?? null, textOfTags(tags));
  }

  removeNull(bucket: Bucket, key: string): void {
    this.#statements.removeNull.run(bucket.id, Buffer.from(key));
  }

  remove(bucket: Bucket, { key, place }: Versioned): void {
    this.#statements.removePlace.run(bucket.id, Buffer.from(key), place);
  }

  setTags(bucket: Bucket, { key, place }: Versioned, tags: Tags): void {
    this.#statements.setTags.run(textOfTags(tags), bucket.id, Buffer.from(key), place);
  }

  /** Where a version stands among those of its key; it need not exist any more. Throws `InvalidArgument` for no version id. */
  placeOf(bucket: Bucket, key: string, versionId: string): number | undefined {
    if (versionId === NULL_VERSION) return this.find(bucket, key, versionId)?.place;
    const sequence = sequenceOf(versionId);
    return sequence === undefined ? undefined : -sequence;
  }

  isEmpty(bucket: Bucket): boolean {
    return this.#statements.any.get(bucket.id) === undefined;
  }

  /** All versions and markers behind a position, their keys before `end`. */
  *list(bucket: Bucket, { key, place }: Position, end: Buffer): Generator<ListedVersion> {
    // A statement of its own: one can't be run anew while its rows are being read.
    const select = this.#database.prepare(BEHIND);
    for (const row of select.iterate(bucket.id, key, place, end)) yield asListed(row);
  }

  /** The current objects behind a position, their keys before `end`. A key costs one seek, however many versions it has. */
  *listCurrent(bucket: Bucket, start: Position, end: Buffer): Generator<ListedVersion> {
    for (let position = start; ; ) {
      const row = this.#statements.next.get(bucket.id, position.key, position.place, end);
      if (!row) return;
      const listed = asListed(row);
      position = { key: Buffer.from(listed.key), place: OLDEST };
      if (listed.object) yield listed;
    }
  }
}

/** Whether what is written to a bucket now becomes the null version of its key. */
const isNullIn = ({ versioning }: Bucket) => versioning !== 'Enabled';

const idIn = (bucket: Bucket, sequence: number) => (isNullIn(bucket) ? NULL_VERSION : versionIdOf(sequence));

type Columns = Readonly<Record<string, unknown>>;

function asListed(row: Columns): ListedVersion {
  const { place, modified } = row as unknown as Versioned;
  const key = textOf(row.key as Uint8Array);
  const isNull = row.is_null === 1;
  return { key, place, modified, isNull, ...(row.object !== null && { object: factsOf(row) }) };
}

function factsOf(row: Columns) {
  const { size, etag } = row as unknown as StoredObject;
  const checksum = row.checksum === null ? undefined : (JSON.parse(row.checksum as string) as Checksum);
  return { size, etag, storageClass: row.storage_class as string, ...(checksum && { checksum }) };
}

function asVersion(row: Columns | undefined): ObjectVersion | DeleteMarker | undefined {
  if (!row) return undefined;
  const { isNull, object, ...listed } = asListed(row);
  const versioned = { ...listed, versionId: isNull ? NULL_VERSION : versionIdOf(-listed.place) };
  if (!object) return { ...versioned, isMarker: true };
  return {
    ...versioned,
    ...object,
    isMarker: false,
    attributes: JSON.parse(row.attributes as string) as Attributes,
    tags: row.tags === null ? {} : (JSON.parse(row.tags as string) as Tags),
    segments: JSON.parse(row.segments as string) as readonly Segment[],
  };
}

const textOfTags = (tags: Tags) => (Object.keys(tags).length > 0 ? JSON.stringify(tags) : null);

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
