import {
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../local/aws/iam.ts';
import type { SeedEntry } from '../../local/aws/s3/seed.ts';
import { type S3World, startS3World } from './s3-world.ts';

let world: S3World;
beforeAll(async () => {
  world = await startS3World();
});
afterAll(() => world.close());

/** Asks for a listing past the SDK, which parts versions from markers: answers the document. */
async function ask(bucket: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const caller = world.iam.find(world.credentials.accessKeyId) as Identity;
  const request = { method: 'GET', path: `/${bucket}`, query: pairs.join('&'), headers: {}, body: Buffer.alloc(0) };
  return String((await world.s3.handle(request, caller)).body);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
const unescapeXml = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|(\w+));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : (NAMED[name] ?? ''),
  );
const decode = (text: string, isEncoded: boolean) =>
  isEncoded ? decodeURIComponent(unescapeXml(text).replaceAll('+', ' ')) : unescapeXml(text);

/** The texts of all elements of that name, in order. */
const textsOf = (xml: string, name: string) =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text = '']) => text);

/** What a listing says: entries (`+key` an object, `*+key` the latest, `-key` a marker) and common prefixes. */
interface Listed {
  readonly entries: readonly string[];
  readonly prefixes: readonly string[];
}

interface Kind {
  readonly parameters: Readonly<Record<string, string>>;
  entriesOf(xml: string, isEncoded: boolean): readonly string[];
  /** Parameters of the next page. */
  next(xml: string, isEncoded: boolean): Record<string, string>;
}

const contents = (xml: string, isEncoded: boolean) =>
  textsOf(xml, 'Contents').map((text) => `*+${decode(textsOf(text, 'Key')[0] ?? '', isEncoded)}`);

const KINDS: Readonly<Record<'versions' | 'v1' | 'v2', Kind>> = {
  versions: {
    parameters: { versions: '' },
    entriesOf: (xml, isEncoded) =>
      [...xml.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, kind, text = '']) => {
        const star = textsOf(text, 'IsLatest')[0] === 'true' ? '*' : '';
        return `${star}${kind === 'Version' ? '+' : '-'}${decode(textsOf(text, 'Key')[0] ?? '', isEncoded)}`;
      }),
    next: (xml, isEncoded) => ({
      'key-marker': decode(textsOf(xml, 'NextKeyMarker')[0] ?? '', isEncoded),
      'version-id-marker': textsOf(xml, 'NextVersionIdMarker')[0] ?? '',
    }),
  },
  v1: {
    parameters: {},
    entriesOf: contents,
    next: (xml, isEncoded) => {
      const marker = textsOf(xml, 'NextMarker')[0];
      return { marker: marker === undefined ? String(contents(xml, isEncoded).at(-1)).slice(2) : decode(marker, isEncoded) };
    },
  },
  v2: {
    parameters: { 'list-type': '2' },
    entriesOf: contents,
    next: (xml) => ({ 'continuation-token': textsOf(xml, 'NextContinuationToken')[0] ?? '' }),
  },
};

interface Question {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly isEncoded: boolean;
}

async function listAll(bucket: string, kind: Kind, { prefix, delimiter, maxKeys, isEncoded }: Question): Promise<Listed> {
  const listed = { entries: [] as string[], prefixes: [] as string[] };
  const encoding = isEncoded ? { 'encoding-type': 'url' } : {};
  for (let next: Record<string, string> | undefined = {}; next; ) {
    const parameters: Record<string, string> = {
      ...kind.parameters,
      prefix,
      delimiter,
      'max-keys': String(maxKeys),
      ...encoding,
      ...next,
    };
    const xml = await ask(bucket, parameters);
    const entries = kind.entriesOf(xml, isEncoded);
    const prefixes = textsOf(xml, 'CommonPrefixes').map((text) => decode(textsOf(text, 'Prefix')[0] ?? '', isEncoded));
    listed.entries.push(...entries);
    listed.prefixes.push(...prefixes);
    const isTruncated = textsOf(xml, 'IsTruncated')[0] === 'true';
    if (isTruncated) expect(entries.length + prefixes.length).toBe(maxKeys);
    else expect(entries.length + prefixes.length).toBeLessThanOrEqual(maxKeys);
    next = isTruncated ? kind.next(xml, isEncoded) : undefined;
  }
  return listed;
}

/** What S3 should say of objects and markers that were written in this order. */
function model(written: readonly SeedEntry[], { prefix, delimiter }: Question, withVersions: boolean): Listed {
  const keys = [...new Set(written.map(({ key }) => key))].filter((key) => key.startsWith(prefix));
  keys.sort((left, right) => Buffer.from(left).compare(Buffer.from(right)));
  const entries: string[] = [];
  const prefixes = new Set<string>();
  for (const key of keys) {
    const history = written.filter((entry) => entry.key === key).reverse();
    if (!withVersions && history[0]?.isMarker) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const shown = withVersions ? history : history.slice(0, 1);
    if (end !== -1) prefixes.add(key.slice(0, end + delimiter.length));
    else entries.push(...shown.map(({ isMarker }, index) => `${index === 0 ? '*' : ''}${isMarker ? '-' : '+'}${key}`));
  }
  return { entries, prefixes: [...prefixes] };
}

const letter = fc.constantFrom('a', 'b', '/', '/', '+', '%', ' ', '..', 'ü', '😀', '\uffee', '&', '~', '\n', '\u0001', '*');
const word = fc.array(letter, { minLength: 1, maxLength: 5 }).map((letters) => letters.join(''));
const entry = fc.record({
  key: fc.oneof({ weight: 4, arbitrary: word }, fc.string({ unit: 'binary', minLength: 1, maxLength: 5 })),
  isMarker: fc.boolean(),
});
const question = fc.record({
  prefix: fc.oneof(fc.constant(''), letter, word),
  delimiter: fc.constantFrom('', '/', '/', 'ü', '..'),
  maxKeys: fc.integer({ min: 1, max: 7 }),
  isEncoded: fc.boolean(),
});

describe('any listing', () => {
  let bucketNumber = 0;

  it.each(['versions', 'v1', 'v2'] as const)('(%s) is the model’s, page by page', async (kind) => {
    const property = fc.asyncProperty(fc.array(entry, { maxLength: 25 }), question, async (written, asked) => {
      bucketNumber += 1;
      const bucket = `property-${bucketNumber}`;
      world.s3.createBucket(bucket, { versioning: 'Enabled' });
      world.s3.seed(bucket, written);
      expect(await listAll(bucket, KINDS[kind], asked)).toEqual(model(written, asked, kind === 'versions'));
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

describe('a long listing', () => {
  const total = 2500;
  beforeAll(() => {
    const body = 'x';
    world.s3.seed(
      'versioned',
      Array.from({ length: total }, (_, version) => ({ key: 'deep', body, isMarker: version % 10 === 9 })),
    );
    world.s3.seed(
      'versioned',
      Array.from({ length: total }, (_, key) => ({ key: `wide/${key}`, body })),
    );
  });

  it('has 1,000 entries a page, the versions of one key on many', async () => {
    const sizes: number[] = [];
    const seen = new Set<string | undefined>();
    for (let marker: ListObjectVersionsCommandInput | undefined = { Bucket: 'versioned', Prefix: 'deep' }; marker; ) {
      const page: ListObjectVersionsCommandOutput = await world.client().send(new ListObjectVersionsCommand(marker));
      const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      sizes.push(entries.length);
      for (const { VersionId } of entries) seen.add(VersionId);
      expect(entries.filter(({ IsLatest }) => IsLatest)).toHaveLength(sizes.length === 1 ? 1 : 0);
      const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
      marker = page.IsTruncated ? { ...marker, KeyMarker, VersionIdMarker } : undefined;
    }
    expect([sizes, seen.size]).toEqual([[1000, 1000, 500], total]);
  });

  it('caps max-keys, and knows none', async () => {
    const client = world.client();
    const list = (MaxKeys: number) => client.send(new ListObjectsV2Command({ Bucket: 'versioned', MaxKeys }));
    expect(await list(5000)).toMatchObject({ MaxKeys: 1000, KeyCount: 1000, IsTruncated: true });
    expect(await list(0)).toMatchObject({ MaxKeys: 0, KeyCount: 0, IsTruncated: false });
    await expect(list(-1)).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('goes on although what it ended with is gone', async () => {
    world.s3.createBucket('moving', { versioning: 'Enabled' });
    world.s3.seed(
      'moving',
      Array.from({ length: 6 }, () => ({ key: 'k', body: 'x' })),
    );
    const client = world.client();
    const first = await client.send(new ListObjectVersionsCommand({ Bucket: 'moving', MaxKeys: 3 }));
    const all = first.Versions ?? [];
    for (const { VersionId = '' } of all) world.s3.expireVersion('moving', 'k', VersionId);
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = first;
    const rest = await client.send(new ListObjectVersionsCommand({ Bucket: 'moving', KeyMarker, VersionIdMarker }));
    expect(rest.Versions?.map(({ IsLatest }) => IsLatest)).toEqual([true, false, false]);
  });

  it('by key markers begins behind the key, and by version markers needs one', async () => {
    const client = world.client();
    const behind = await client.send(new ListObjectVersionsCommand({ Bucket: 'versioned', KeyMarker: 'deep', MaxKeys: 1 }));
    expect(behind.Versions?.[0]?.Key).toBe('wide/0');
    const alone = client.send(new ListObjectVersionsCommand({ Bucket: 'versioned', VersionIdMarker: 'null' }));
    await expect(alone).rejects.toMatchObject({ name: 'InvalidArgument' });
    const bad = client.send(new ListObjectVersionsCommand({ Bucket: 'versioned', KeyMarker: 'deep', VersionIdMarker: 'bad' }));
    await expect(bad).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('begins behind any name, and tells owners when asked', async () => {
    const client = world.client();
    const from = { Bucket: 'versioned', StartAfter: 'wide/998', MaxKeys: 1 };
    const [plain, owned] = [
      await client.send(new ListObjectsV2Command(from)),
      await client.send(new ListObjectsV2Command({ ...from, FetchOwner: true })),
    ];
    expect(plain.Contents?.[0]).toMatchObject({
      Key: 'wide/999',
      Size: 1,
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: ['CRC32'],
    });
    expect([plain.Contents?.[0]?.Owner, owned.Contents?.[0]?.Owner]).toEqual([
      undefined,
      { ID: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const { Contents } = await client.send(new ListObjectsCommand({ Bucket: 'versioned', Prefix: 'wide/1', MaxKeys: 2 }));
    expect(Contents?.map(({ Key, Owner }) => [Key, Owner?.ID?.length])).toEqual([
      ['wide/1', 64],
      ['wide/10', 64],
    ]);
  });

  it('is walked by the SDK’s own paginator', async () => {
    const keys: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client: world.client() }, { Bucket: 'versioned', Prefix: 'wide/' })) {
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
    }
    expect(keys).toEqual(Array.from({ length: total }, (_, key) => `wide/${key}`).sort());
  });
});

it('refuses a token that it never gave and an encoding that it doesn’t know', async () => {
  const list = (more: object) => world.client().send(new ListObjectsV2Command({ Bucket: 'versioned', ...more }));
  await expect(list({ ContinuationToken: 'bad' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  await expect(list({ EncodingType: 'rot13' })).rejects.toMatchObject({ name: 'InvalidArgument' });
});
