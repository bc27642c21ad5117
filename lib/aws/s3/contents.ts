import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ObjectUnreadable } from '../../errors.ts';
import { client, patiently, within } from './client.ts';
import { faultOf, said } from './faults.ts';
import { type Address, nameOf } from './heads.ts';

const READ_MS = 60_000;

/** SHA-256 of an object's bytes, which are never held all at once. Throws `ObjectUnreadable`, `StorageUnavailable`. */
export async function digestOfObject({ bucket, key, versionId }: Address): Promise<string> {
  const request = { Bucket: bucket, Key: key, VersionId: versionId };
  try {
    return await patiently(async () => {
      const { Body } = await client.send(new GetObjectCommand(request), within(READ_MS));
      return digestOf(Body as Readable);
    });
  } catch (error) {
    const isUnread = ['refused', 'condition'].includes(faultOf(error));
    throw isUnread ? new ObjectUnreadable(nameOf({ bucket, key, versionId }), said(error), error) : error;
  }
}

/** SHA-256 of what comes, in hexadecimal digits. */
export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}
