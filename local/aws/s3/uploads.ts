import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import type { NewObject } from './attributes.ts';
import type { Bucket } from './buckets.ts';
import type { Checksum, ChecksumAlgorithm } from './checksums.ts';
import type { Segment } from './contents.ts';
import type { Database } from './database.ts';
import { S3Error } from './errors.ts';

/** What CreateMultipartUpload laid down. */
export interface UploadPlan extends NewObject {
  /** What is computed of each part; none was asked for when it is absent. */
  readonly algorithm?: ChecksumAlgorithm;
  readonly checksumType: Checksum['type'];
}

export interface Upload extends UploadPlan {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since the epoch; also when the finished object was modified. */
  readonly initiated: number;
}

export interface Part {
  /** 1 to 10,000. */
  readonly number: number;
  readonly modified: number;
  readonly size: number;
  readonly etag: string;
  /** Base64. */
  readonly checksum?: string;
  readonly segments: readonly Segment[];
}

type Row = Readonly<Record<string, unknown>>;

function prepareStatements(database: Database) {
  return {
    insert: database.prepare('INSERT INTO upload VALUES (?, ?, ?, ?, ?)'),
    get: database.prepare('SELECT * FROM upload WHERE id = ? AND bucket = ? AND key = ?'),
    list: database.prepare('SELECT * FROM upload WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, initiated, id'),
    remove: database.prepare('DELETE FROM upload WHERE id = ?'),
    putPart: database.prepare('INSERT OR REPLACE INTO part SELECT id, ?, ?, ?, ?, ?, ? FROM upload WHERE id = ?'),
    parts: database.prepare('SELECT * FROM part WHERE upload = ? AND number > ? ORDER BY number'),
  } satisfies Record<string, StatementSync>;
}

/** The uploads of parts in progress. */
export class Uploads {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Database) {
    this.#statements = prepareStatements(database);
  }

  create(bucket: Bucket, key: string, initiated: number, plan: UploadPlan): string {
    const id = randomBytes(48).toString('base64url');
    this.#statements.insert.run(id, bucket.id, Buffer.from(key), initiated, JSON.stringify(plan));
    return id;
  }

  /** Throws `NoSuchUpload`. */
  get(bucket: Bucket, key: string, id: string): Upload {
    const row = this.#statements.get.get(id, bucket.id, Buffer.from(key));
    if (!row) throw noSuchUpload(id);
    return asUpload(row);
  }

  /** By key, then by age. */
  list(bucket: Bucket, prefix: string): readonly Upload[] {
    const from = Buffer.from(prefix);
    return this.#statements.list.all(bucket.id, from, Buffer.concat([from, Buffer.from([0xff])])).map(asUpload);
  }

  /** Also removes its parts. */
  remove({ id }: Upload): void {
    this.#statements.remove.run(id);
  }

  /** Takes the place of a former part of that number. Throws `NoSuchUpload` when the upload has ended meanwhile. */
  putPart({ id }: Upload, { number, modified, size, etag, checksum, segments }: Part): void {
    const values = [number, modified, size, etag, checksum ?? null, JSON.stringify(segments)] as const;
    const { changes } = this.#statements.putPart.run(...values, id);
    if (changes === 0) throw noSuchUpload(id);
  }

  /** In order, those with a number above `after`. */
  parts({ id }: Upload, after = 0): readonly Part[] {
    return this.#statements.parts.all(id, after).map(asPart);
  }
}

function noSuchUpload(id: string): S3Error {
  const message =
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
  return new S3Error('NoSuchUpload', message, 404, { UploadId: id });
}

function asUpload(row: Row): Upload {
  const plan = JSON.parse(String(row.attributes)) as UploadPlan;
  return { ...plan, id: String(row.id), key: Buffer.from(row.key as Uint8Array).toString(), initiated: Number(row.initiated) };
}

function asPart(row: Row): Part {
  const { number, modified, size, etag } = row as unknown as Part;
  return {
    number,
    modified,
    size,
    etag,
    ...(row.checksum !== null && { checksum: String(row.checksum) }),
    segments: JSON.parse(String(row.segments)) as readonly Segment[],
  };
}
