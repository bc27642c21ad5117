import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * `place` is the negated sequence number of a version: the primary key then is the order of ListObjectVersions, keys by their
 * UTF-8 bytes and the newest version of a key first. What versions can share stands in `object`, so that these rows, which lie
 * by key, are small. A delete marker has no object.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counter (value INTEGER NOT NULL) STRICT;
  INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
  CREATE TABLE IF NOT EXISTS bucket (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, configuration TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS object (
    id INTEGER PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, storage_class TEXT NOT NULL,
    checksum TEXT, attributes TEXT NOT NULL, segments TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS version (
    bucket INTEGER NOT NULL, key BLOB NOT NULL, place INTEGER NOT NULL,
    modified INTEGER NOT NULL, is_null INTEGER NOT NULL, object INTEGER REFERENCES object (id), tags TEXT,
    PRIMARY KEY (bucket, key, place)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS null_version ON version (bucket, key) WHERE is_null = 1;
  CREATE TABLE IF NOT EXISTS content (hash TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key BLOB NOT NULL, initiated INTEGER NOT NULL, attributes TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS part (
    upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    modified INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, checksum TEXT, segments TEXT NOT NULL,
    PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * The index of all buckets in one SQLite file. What is committed outlives a killed process; since the disk is not waited for, it
 * may not outlive a power cut.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#connection = new DatabaseSync(join(directory, 'index.sqlite'), { timeout: 5000 });
    this.#connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536');
    this.#connection.exec(SCHEMA);
    this.#begin = this.prepare('BEGIN IMMEDIATE');
    this.#commit = this.prepare('COMMIT');
  }

  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql);
  }

  /** Carries `work` out as a whole or not at all. Transactions don't nest. */
  transaction<Result>(work: () => Result): Result {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }
}
