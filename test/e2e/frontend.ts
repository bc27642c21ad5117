/** Sites of end-to-end tests: a good release, then a bad one, and all that can be seen of their bucket. */
import { HeadObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { buildSite } from '../../local/sample/site.ts';
import type { Stage } from './harness.ts';

const HOUR_MS = 3_600_000;

export const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();

/** What a request for a frontend rollback says at least. */
export const putBack = { strategy: 'frontend' };

/** The bucket's current objects by key, with a mark of their bytes and with their metadata. */
export const contents = async ({ site: { s3, bucket } }: Stage): Promise<Record<string, unknown>> => {
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  const current = Versions.filter(({ IsLatest }) => IsLatest);
  const seen = current.map(async ({ Key = '', ETag }) => {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    const { ContentType, CacheControl, Metadata, WebsiteRedirectLocation, StorageClass } = head;
    return [Key, { ETag, ContentType, CacheControl, Metadata, WebsiteRedirectLocation, StorageClass }] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
};

/** Deploys 2.0.0, which is verified, then 2.1.0, whose page asks for a script that is not there. Answers the bucket after each. */
export const deployGoodThenBad = async (stage: Stage): Promise<Record<'good' | 'bad', Record<string, unknown>>> => {
  await stage.release('2.0.0', buildSite('2.0.0'), { status: 'verified', deployedAt: hoursAgo(2) });
  const good = await contents(stage);
  await stage.release('2.1.0', buildSite('2.1.0', { broken: true }), { deployedAt: hoursAgo(1) });
  return { good, bad: await contents(stage) };
};
