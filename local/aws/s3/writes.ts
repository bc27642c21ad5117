import { hash, randomBytes } from 'node:crypto';
import { authorizeWrite, newObjectOf, writtenHeaders } from './attributes.ts';
import type { Bucket, Encryption } from './buckets.ts';
import type { S3Answer, S3Call, S3Operations, S3State } from './call.ts';
import { checksumHeaders, verifyBody } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import type { ObjectDraft, ObjectVersion } from './versions.ts';

/** PutObject. */
export function writeOperations(state: S3State): S3Operations {
  return { PutObject: (call) => putObject(state, call) };
}

async function putObject(state: S3State, call: S3Call): Promise<S3Answer> {
  const bucket = state.buckets.get(call.input.Bucket);
  const object = newObjectOf(call, bucket);
  await authorizeWrite(call, object);
  const checksum = await verifyBody(call.body, call.input);
  const version = store(state, call, bucket, {
    ...object,
    modified: state.now(),
    size: call.body.length,
    etag: etagOf(() => hash('md5', call.body), object.attributes.encryption),
    checksum,
    segments: state.contents.add(call.body),
  });
  const headers = { etag: `"${version.etag}"`, ...writtenHeaders(bucket, version), ...checksumHeaders(checksum) };
  return { headers };
}

/** Makes an object the current one of the call's key if the call's conditions hold. Throws as `checkWrite`. */
export function store({ database, versions }: S3State, { input }: S3Call, bucket: Bucket, draft: ObjectDraft): ObjectVersion {
  return database.transaction(() => {
    checkWrite(() => versions.current(bucket, input.Key), input);
    return versions.add(bucket, input.Key, draft);
  });
}

/** The MD5 of the bytes is the ETag only of what no KMS key encrypts: with one, each object has its own. */
export function etagOf(md5: () => string, { algorithm }: Encryption): string {
  return algorithm === 'AES256' ? md5() : randomBytes(16).toString('hex');
}
