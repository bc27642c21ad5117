/** Files of the service in its own bucket (`SERVICE_BUCKET`): manifests, plans and what was done. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { config } from '../../config.ts';
import { client, patiently, within } from './client.ts';
import { answerOf } from './faults.ts';

const FILE_MS = 30_000;

export type StoredFile = { readonly text: string; readonly etag: string };

/** null: there is no such file. */
export async function readFile(key: string): Promise<StoredFile | null> {
  try {
    return await patiently(async () => {
      const request = new GetObjectCommand({ Bucket: config.serviceBucket, Key: key });
      const { Body, ETag = '' } = await client.send(request, within(FILE_MS));
      return { text: (await Body?.transformToString()) ?? '', etag: ETag };
    });
  } catch (error) {
    if (answerOf(error).name === 'NoSuchKey') return null;
    throw error;
  }
}

export async function writeFile(key: string, text: string): Promise<void> {
  await patiently(() => put(key, text));
}

/** False: it is there already, perhaps by an attempt of one's own whose answer was lost. */
export async function createFile(key: string, text: string): Promise<boolean> {
  return unlessOther(() => put(key, text, { IfNoneMatch: '*' }));
}

/** False: it is no longer the one with this ETag, perhaps by an attempt of one's own whose answer was lost. */
export async function replaceFile(key: string, text: string, etag: string): Promise<boolean> {
  return unlessOther(() => put(key, text, { IfMatch: etag }));
}

async function put(key: string, text: string, condition: { IfMatch?: string; IfNoneMatch?: string } = {}): Promise<void> {
  const file = { Bucket: config.serviceBucket, Key: key, Body: text, ContentType: contentTypeOf(key) };
  await client.send(new PutObjectCommand({ ...file, ...condition }), within(FILE_MS));
}

async function unlessOther(write: () => Promise<void>): Promise<boolean> {
  try {
    await patiently(write);
    return true;
  } catch (error) {
    if (answerOf(error).name === 'PreconditionFailed') return false;
    throw error;
  }
}

function contentTypeOf(key: string): string {
  return key.endsWith('.jsonl') ? 'application/x-ndjson' : 'application/json';
}
