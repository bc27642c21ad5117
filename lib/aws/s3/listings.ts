import {
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { DeserializeMiddleware } from '@smithy/types';
import type { Listed } from '../../domain/frontend/history.ts';
import { AnswerIncomplete, BucketUnusable } from '../../errors.ts';
import { client, patiently, within } from './client.ts';
import { faultOf, said } from './faults.ts';
import { type ListedObject, type ObjectsPage, readObjects, readVersions, type VersionsPage } from './listing-document.ts';

const PAGE_MS = 30_000;

export type Place = {
  readonly bucket: string;
  readonly prefix: string;
  /** The listing goes on behind this key; absent: from the beginning. */
  readonly after?: string | undefined;
  /** Entries a page; 1,000 unless told, which is the most. */
  readonly pageSize?: number | undefined;
};

/**
 * All versions and delete markers, page by page: by key in the order of UTF-8, newest first within a key, whose entries may straddle
 * pages. Throws `BucketUnusable`, `StorageUnavailable`.
 */
export async function* listVersions(place: Place): AsyncGenerator<Listed[]> {
  const { bucket, after } = place;
  let [KeyMarker, VersionIdMarker]: [string | undefined, string | undefined] = [after, undefined];
  for (;;) {
    const request: ListObjectVersionsCommandInput = { ...common(place), KeyMarker, VersionIdMarker };
    const { entries, next }: VersionsPage = await ask(bucket, () =>
      sendFor(new ListObjectVersionsCommand(request), readVersions),
    );
    // Servers differ in whether a marker without a version excludes its own key.
    yield after === undefined ? entries : entries.filter(({ key }) => key !== after);
    if (next === null) return;
    [KeyMarker, VersionIdMarker] = [next.key, next.versionId];
  }
}

/** The current objects, page by page, in the same order. Throws as `listVersions`. */
export async function* listObjects(place: Place): AsyncGenerator<ListedObject[]> {
  const { bucket, after } = place;
  let token: string | undefined;
  for (;;) {
    const request = { ...common(place), StartAfter: after, ContinuationToken: token };
    const { objects, next }: ObjectsPage = await ask(bucket, () => sendFor(new ListObjectsV2Command(request), readObjects));
    yield objects;
    if (next === null) return;
    token = next;
  }
}

function common({ bucket, prefix, pageSize }: Place) {
  return {
    Bucket: bucket,
    Prefix: prefix,
    EncodingType: 'url' as const,
    MaxKeys: pageSize,
    // Tells a version that lies in an archive from one of which a copy was restored for some days.
    OptionalObjectAttributes: ['RestoreStatus' as const],
  };
}

/** Sends a request and answers what `read` makes of the document it is answered with. */
async function sendFor<Page>(
  command: ListObjectVersionsCommand | ListObjectsV2Command,
  read: (document: string) => Page | null,
): Promise<Page> {
  const pages: Page[] = [];
  const reading: Reading = (next) => async (args) => {
    const result = await next(args);
    const response = result.response as { body: AsyncIterable<Uint8Array> | Uint8Array };
    const document = await textOf(response.body);
    const page = read(document);
    if (page !== null) pages.push(page);
    // What was read needs no second reading; an error does.
    response.body = Buffer.from(page === null ? document : '<Read/>');
    return result;
  };
  // Both kinds of commands are the same to a middleware.
  const listing = command as ListObjectVersionsCommand;
  listing.middlewareStack.addRelativeTo(reading, READING);
  await client.send(listing, within(PAGE_MS));
  const [page] = pages;
  if (page === undefined) throw new AnswerIncomplete('A listing of S3', 'its page');
  return page;
}

type Reading = DeserializeMiddleware<ListObjectVersionsCommandInput, ListObjectVersionsCommandOutput>;

const READING = { relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'readListing' } as const;

async function textOf(body: AsyncIterable<Uint8Array> | Uint8Array): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What is refused here is refused of the whole bucket. */
async function ask<T>(bucket: string, send: () => Promise<T>): Promise<T> {
  try {
    return await patiently(send);
  } catch (error) {
    throw ['refused', 'condition'].includes(faultOf(error)) ? new BucketUnusable(bucket, said(error), error) : error;
  }
}
