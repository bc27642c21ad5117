/** An S3 server to measure against, and the laptop AWS as one. */
import { setTimeout as pause } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { UserKeys } from '../local/api-client.ts';
import type { LaptopAws } from '../local/aws/laptop.ts';
import { REGION } from '../local/aws/service.ts';
import type { Write } from './frontend-site.ts';

/** Requests by operation. */
export type Requests = Readonly<Record<string, number>>;

export interface Store {
  readonly endpoint: string;
  readonly region: string;
  readonly keys: UserKeys;
  readonly s3: S3Client;
  /** Makes an empty bucket that keeps versions, and answers its name; `purpose` is a part of it. */
  createBucket(purpose: string): Promise<string>;
  /**
   * Writes to a bucket and answers a moment by which just this had been written. Where the server can be told, the writes are so many
   * `days` old; elsewhere they are of now.
   */
  fill(bucket: string, writes: Iterable<Write>, days: number): Promise<Date>;
  headersOf(bucket: string, key: string): Promise<{ readonly contentType?: string; readonly cacheControl?: string }>;
  /** What was asked since this was called last; undefined: the server doesn't tell. */
  takeRequests(): Requests | undefined;
  /** Makes every answer wait so many milliseconds, as over a network; only where the server can be told. */
  delay(milliseconds: number): void;
  /** Removes the buckets that were made, as far as they don't go with the server. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** What every process that works on a store needs of it, as the SDKs read it. */
export const environmentOf = ({ endpoint, region, keys }: Store): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** The laptop AWS: buckets are filled past the API, and it counts what it is asked. */
export const openLocalStore = ({ endpoint, s3: service, credentials, faults }: LaptopAws): Store => {
  const keys = credentials('admin');
  let buckets = 0;
  return {
    endpoint,
    region: REGION,
    keys,
    s3: new S3Client({ endpoint, region: REGION, credentials: keys, forcePathStyle: true }),
    createBucket: async (purpose) => {
      buckets += 1;
      const name = `bench-${buckets}-${purpose}`;
      service.createBucket(name, { versioning: 'Enabled' });
      return name;
    },
    fill: async (bucket, writes, days) => {
      const lastModified = new Date(Math.floor((Date.now() - days * DAY_MS) / SECOND_MS) * SECOND_MS);
      service.seed(bucket, seedEntries(writes, lastModified));
      return lastModified;
    },
    headersOf: async (bucket, key) => {
      const headers = service.currentObject(bucket, key)?.attributes.headers ?? {};
      return {
        ...(headers['content-type'] && { contentType: headers['content-type'] }),
        ...(headers['cache-control'] && { cacheControl: headers['cache-control'] }),
      };
    },
    takeRequests: () => {
      const requests = service.requests();
      service.resetRequests();
      return requests;
    },
    delay: delayer(faults),
    close: async () => undefined,
  };
};

const OPERATIONS = [
  'CopyObject',
  'DeleteObject',
  'GetObject',
  'HeadObject',
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'PutObject',
];

/** Every call is struck by a delay from now on, of no time at first. */
const delayer = (faults: LaptopAws['faults']): Store['delay'] => {
  let delayMs = 0;
  for (const operation of OPERATIONS)
    faults.inject({
      service: 's3',
      operation,
      kind: 'late',
      times: Number.POSITIVE_INFINITY,
      when: () => delayMs > 0,
      get until() {
        return pause(delayMs);
      },
    });
  return (milliseconds) => {
    delayMs = milliseconds;
  };
};

function* seedEntries(writes: Iterable<Write>, lastModified: Date) {
  for (const write of writes) {
    if (write.body === null) yield { key: write.key, isMarker: true, lastModified };
    else {
      const headers = { 'content-type': write.contentType, 'cache-control': write.cacheControl };
      yield { key: write.key, body: write.body, headers, lastModified };
    }
  }
}
