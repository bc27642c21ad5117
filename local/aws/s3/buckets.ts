import type { StatementSync } from 'node:sqlite';
import type { Database } from './database.ts';
import { noSuchBucket } from './errors.ts';

/** Empty: never enabled. */
export type Versioning = '' | 'Enabled' | 'Suspended';

/** Server-side encryption of a bucket's new objects, or of one object. */
export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  /** ARN of the KMS key. */
  readonly keyArn?: string;
  readonly bucketKey?: boolean;
}

/** What is kept of a bucket beside its objects. */
export interface BucketConfiguration {
  readonly versioning: Versioning;
  readonly encryption: Encryption;
  /** Documents that are only stored, by the subresource they were put to: `lifecycle`, `policy`, … */
  readonly documents: Readonly<Record<string, string>>;
}

export interface Bucket extends BucketConfiguration {
  readonly id: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

const NEW_BUCKET: BucketConfiguration = { versioning: '', encryption: { algorithm: 'AES256' }, documents: {} };

/** The buckets of the account. */
export class Buckets {
  readonly #byName = new Map<string, Bucket>();
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO bucket (name, created, configuration) VALUES (?, ?, ?) RETURNING id');
    this.#update = database.prepare('UPDATE bucket SET configuration = ? WHERE id = ?');
    this.#remove = database.prepare('DELETE FROM bucket WHERE id = ?');
    for (const row of database.prepare('SELECT * FROM bucket').iterate()) {
      const { id, name, created } = row as unknown as Bucket;
      this.#byName.set(name, { ...(JSON.parse(String(row.configuration)) as BucketConfiguration), id, name, created });
    }
  }

  find(name: string): Bucket | undefined {
    return this.#byName.get(name);
  }

  /** Throws `NoSuchBucket`. */
  get(name: string): Bucket {
    const bucket = this.find(name);
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  }

  /** By name. */
  all(): readonly Bucket[] {
    return [...this.#byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  create(name: string, created: number): Bucket {
    const row = this.#insert.get(name, created, JSON.stringify(NEW_BUCKET));
    const bucket = { ...NEW_BUCKET, id: Number(row?.id), name, created };
    this.#byName.set(name, bucket);
    return bucket;
  }

  configure(bucket: Bucket, change: Partial<BucketConfiguration>): void {
    const { id, name, created, ...configuration } = { ...bucket, ...change };
    this.#update.run(JSON.stringify(configuration), id);
    this.#byName.set(name, { ...configuration, id, name, created });
  }

  remove(bucket: Bucket): void {
    this.#remove.run(bucket.id);
    this.#byName.delete(bucket.name);
  }
}
