/** Any other S3 server with versioning as a store: buckets with a random name, filled through the API and removed at the end. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { eachOf } from '../lib/at-once.ts';
import type { Write } from './frontend-site.ts';
import type { Store } from './frontend-store.ts';

const AT_ONCE = 32;
const BATCH = 1000;
/** Times of S3 are whole seconds: what is written after this pause is of a later one. */
const NEXT_SECOND_MS = 2100;

/** The environment lacks what is needed to sign. */
export class KeysMissing extends Error {
  override readonly name = 'KeysMissing';
}

/** Every bucket begins with this: what a killed run leaves behind can be told by it. */
const PREFIX = 'rollback-bench';

/** Keys and region come from the environment. Throws `KeysMissing`. */
export const openForeignStore = (endpoint: string, signal: AbortSignal): Store => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region = 'us-east-1',
  } = process.env;
  if (!accessKeyId || !secretAccessKey) throw new KeysMissing('--endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  const keys = { accessKeyId, secretAccessKey };
  const s3 = new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true });
  const run = randomBytes(4).toString('hex');
  const made: string[] = [];
  return {
    endpoint,
    region,
    keys,
    s3,
    createBucket: async (purpose) => {
      const name = `${PREFIX}-${run}-${made.length + 1}-${purpose}`;
      made.push(name);
      await createVersioned(s3, name, region);
      return name;
    },
    fill: async (bucket, writes) => {
      await eachOf([...writes], AT_ONCE, async (write) => {
        signal.throwIfAborted();
        await put(s3, bucket, write);
      });
      const written = await newest(s3, bucket);
      await pause(NEXT_SECOND_MS, undefined, { signal });
      return written;
    },
    headersOf: async (Bucket, Key) => {
      const { ContentType, CacheControl } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      return { ...(ContentType && { contentType: ContentType }), ...(CacheControl && { cacheControl: CacheControl }) };
    },
    takeRequests: () => undefined,
    delay: () => undefined,
    close: async () => {
      for (const bucket of made) await removeBucket(s3, bucket);
    },
  };
};

const createVersioned = async (s3: S3Client, Bucket: string, region: string): Promise<void> => {
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } };
  await s3.send(new CreateBucketCommand({ Bucket, ...place }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
};

const put = async (s3: S3Client, Bucket: string, write: Write): Promise<void> => {
  if (write.body === null) {
    await s3.send(new DeleteObjectCommand({ Bucket, Key: write.key }));
    return;
  }
  const { key, body, contentType, cacheControl } = write;
  await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: contentType, CacheControl: cacheControl }));
};

/** The server's own clock: a marker that is put and taken away again for good. */
const newest = async (s3: S3Client, Bucket: string): Promise<Date> => {
  const Key = 'zz-clock';
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: '.' }));
  const { LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  if (!LastModified) throw new Error(`${Bucket}: the server doesn't say when an object was written`);
  return LastModified;
};

/** Removes every version, and the bucket; one that is not there is removed already. */
const removeBucket = async (s3: S3Client, Bucket: string): Promise<void> => {
  try {
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: BATCH }));
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
      if (Objects.length === 0) break;
      const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      if (Errors.length > 0) throw new Error(`${Bucket} can't be emptied: ${Errors[0]?.Code} ${Errors[0]?.Message}`);
    }
    await s3.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NoSuchBucket')) throw error;
  }
};
