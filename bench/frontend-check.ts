/** Whether a bucket holds the good release again, and what a tool missed. */
import { hash } from 'node:crypto';
import { type _Object, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { eachOf } from '../lib/at-once.ts';
import { changedKeys, goodWrites, type SiteFile, type SiteSize } from './frontend-site.ts';
import type { Store } from './frontend-store.ts';

const AT_ONCE = 32;
/** A request each on a server that can't be looked into. */
const MOST_HEADS = 2000;

/** Numbers of objects. */
export interface Check {
  readonly missing: number;
  readonly tooMany: number;
  /** Other bytes than the good release's. */
  readonly otherContent: number;
  /** The good bytes with another content type or cache control. */
  readonly otherHeaders: number;
  /** Written again though the bad release had not touched them. */
  readonly rewritten: number;
}

/** What is wrong with a check, in words; empty: nothing. */
export const faultsOf = (check: Check): string[] => {
  const words = { missing: 'missing', tooMany: 'too many', otherContent: 'other content', otherHeaders: 'other headers' };
  const all = { ...words, rewritten: 'rewritten for nothing' };
  return Object.entries(all).flatMap(([name, word]) =>
    check[name as keyof Check] > 0 ? `${check[name as keyof Check]} ${word}` : [],
  );
};

/** Compares a bucket with the good release. `since`: when the contestant began. */
export const checkSite = async (store: Store, bucket: string, size: SiteSize, since: Date): Promise<Check> => {
  const there = await currentObjects(store, bucket);
  const changed = changedKeys(size);
  const found = { missing: 0, otherContent: 0, rewritten: 0 };
  const good: SiteFile[] = [];
  for (const file of goodWrites(size)) {
    const object = there.get(file.key);
    there.delete(file.key);
    if (!object) found.missing += 1;
    else if (object.ETag?.replaceAll('"', '') !== hash('md5', file.body)) found.otherContent += 1;
    else good.push(file);
    if (object && !changed.has(file.key) && isNewer(object, since)) found.rewritten += 1;
  }
  const otherHeaders = await countOtherHeaders(
    store,
    bucket,
    evenly(
      good.filter(({ key }) => changed.has(key)),
      MOST_HEADS,
    ),
  );
  return { ...found, tooMany: there.size, otherHeaders };
};

const currentObjects = async ({ s3 }: Store, Bucket: string): Promise<Map<string, _Object>> => {
  const objects = new Map<string, _Object>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket }))
    for (const object of Contents) objects.set(object.Key ?? '', object);
  return objects;
};

const isNewer = ({ LastModified }: _Object, since: Date): boolean =>
  Math.floor(since.getTime() / 1000) * 1000 <= (LastModified?.getTime() ?? 0);

const countOtherHeaders = async (store: Store, bucket: string, files: readonly SiteFile[]): Promise<number> => {
  const others = await eachOf(files, AT_ONCE, async ({ key, contentType, cacheControl }) => {
    const headers = await store.headersOf(bucket, key);
    return headers.contentType !== contentType || headers.cacheControl !== cacheControl;
  });
  return others.filter(Boolean).length;
};

const evenly = <T>(items: readonly T[], most: number): readonly T[] => {
  const distance = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % distance === 0);
};
