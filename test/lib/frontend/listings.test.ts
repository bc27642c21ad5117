import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readObjects, readVersions } from '../../../lib/aws/s3/listing-document.ts';
import { listObjects, listVersions } from '../../../lib/aws/s3/listings.ts';
import { FrontendWorld } from './world.ts';

describe('the document of a listing', () => {
  const page = (entries: string, more = '') =>
    `<?xml version="1.0"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${more}${entries}</ListVersionsResult>`;
  const version = (members: string) =>
    `<Version><Key>k</Key><VersionId>1</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-01T00:00:07.900Z</LastModified><ETag>&quot;e&#45;1&#x2d;&quot;</ETag><Size>5</Size>${members}</Version>`;

  it('keeps the order of versions and delete markers, and whole seconds', () => {
    const marker =
      '<DeleteMarker><Key>a&amp;b</Key><VersionId>2</VersionId><IsLatest>false</IsLatest><LastModified>2026-01-01T00:00:07Z</LastModified></DeleteMarker>';
    expect(readVersions(page(`${marker}\n  ${version('')}`))).toEqual({
      entries: [
        { key: 'a&b', isLatest: false, at: Date.UTC(2026, 0, 1, 0, 0, 7), version: null },
        {
          key: 'k',
          isLatest: true,
          at: Date.UTC(2026, 0, 1, 0, 0, 7),
          version: { versionId: '1', etag: 'e-1-', size: 5, archived: false },
        },
      ],
      next: null,
    });
  });

  it('is brought into order where a server lists versions and delete markers apart', () => {
    const entry = (element: string, key: string, second: number, isLatest: boolean) =>
      `<${element}><Key>${key}</Key><IsLatest>${isLatest}</IsLatest><LastModified>2026-01-01T00:00:0${second}Z</LastModified></${element}>`;
    const apart = [
      entry('Version', 'a', 5, false),
      entry('Version', 'a', 1, false),
      entry('Version', 'b', 5, true),
      entry('DeleteMarker', 'a', 5, true),
      entry('DeleteMarker', 'a', 3, false),
    ];
    const listed = readVersions(page(apart.join('')))?.entries.map(
      ({ key, at, version }) => `${key}${at % 10_000}${version ? '' : '-'}`,
    );
    expect(listed).toEqual(['a5000-', 'a5000', 'a3000-', 'a1000', 'b5000']);
  });

  it('tells what lies in an archive and what was restored from it', () => {
    const archived = (members: string) => readVersions(page(version(members)))?.entries[0]?.version?.archived;
    const restored =
      '<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-02-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>';
    expect(archived('<StorageClass>STANDARD</StorageClass>')).toBe(false);
    expect(archived('<StorageClass>GLACIER_IR</StorageClass>')).toBe(false);
    expect(archived('<StorageClass>GLACIER</StorageClass>')).toBe(true);
    expect(
      archived(
        '<StorageClass>DEEP_ARCHIVE</StorageClass><RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>',
      ),
    ).toBe(true);
    expect(archived(`<StorageClass>DEEP_ARCHIVE</StorageClass>${restored}`)).toBe(false);
  });

  it('says where to go on', () => {
    const more = '<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextKeyMarker>a+b%2B</NextKeyMarker>';
    expect(readVersions(page('', more))?.next).toEqual({ key: 'a b+' });
    expect(readVersions(page('', `${more}<NextVersionIdMarker>v</NextVersionIdMarker>`))?.next).toEqual({
      key: 'a b+',
      versionId: 'v',
    });
    const objects =
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;</NextContinuationToken></ListBucketResult>';
    expect(readObjects(objects)).toEqual({ objects: [], next: 't&' });
  });

  it('is nothing else', () => {
    expect(readVersions('<Error><Code>SlowDown</Code></Error>')).toBeNull();
    expect(readObjects('')).toBeNull();
  });
});

describe('a listing', () => {
  let world: FrontendWorld;
  beforeAll(async () => {
    world = await FrontendWorld.start();
    for (const key of ['a b', 'a+b', 'ä/ö', '\u{ffff}', '\u{1f600}', `'"&`, 'x\ny']) {
      await world.put(key, 'one');
      await world.put(key, 'two');
    }
    await world.remove('a+b');
  });
  afterAll(() => world.close());

  const all = async <T>(pages: AsyncIterable<T[]>): Promise<T[]> => {
    const items: T[] = [];
    for await (const page of pages) items.push(...page);
    return items;
  };

  it.each([1, 2, 3, 1000])('is the same as the SDK reads it, in pages of %i', async (pageSize) => {
    const listed = await all(listVersions({ bucket: world.site, prefix: '', pageSize }));
    const request = new ListObjectVersionsCommand({ Bucket: world.site, EncodingType: 'url' });
    const { Versions = [], DeleteMarkers = [] } = await world.client.send(request);
    expect(listed.filter(({ version }) => version !== null).map(({ version }) => version?.versionId)).toEqual(
      Versions.map(({ VersionId }) => VersionId),
    );
    expect(listed).toHaveLength(Versions.length + DeleteMarkers.length);
    expect([...new Set(listed.map(({ key }) => key))]).toEqual([`'"&`, 'a b', 'a+b', 'x\ny', 'ä/ö', '\u{ffff}', '\u{1f600}']);
  });

  it('goes on behind any key', async () => {
    const behind = await all(listVersions({ bucket: world.site, prefix: '', after: 'x\ny', pageSize: 2 }));
    expect([...new Set(behind.map(({ key }) => key))]).toEqual(['ä/ö', '\u{ffff}', '\u{1f600}']);
    const objects = await all(listObjects({ bucket: world.site, prefix: '', after: 'a b', pageSize: 2 }));
    expect(objects.map(({ key }) => key)).toEqual(['x\ny', 'ä/ö', '\u{ffff}', '\u{1f600}']);
  });
});
