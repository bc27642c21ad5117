import { hash } from 'node:crypto';
import { ACCOUNT_ID } from '../service.ts';
import type { Bucket } from './buckets.ts';
import { bucketArn, type Conditions, type S3Answer, type S3Call, type S3Operations, type S3State, xmlAnswer } from './call.ts';
import { S3Error } from './errors.ts';
import { behindKey, behindMarker, behindPrefix, type Entry, listPage, maxKeysOf, type Page, speller } from './listing.ts';
import type { S3Input } from './request.ts';
import { NULL_VERSION, versionIdOf } from './version-ids.ts';
import { type ListedVersion, OLDEST, type Position, type Versions } from './versions.ts';
import { element, type XmlValue } from './xml.ts';

/** The account's canonical user id. S3 shows no display name any more. */
export const OWNER = { ID: hash('sha256', ACCOUNT_ID) };

type Spell = (text: string) => string;

/** ListObjects, ListObjectsV2, ListObjectVersions. */
export function listOperations({ buckets, versions }: S3State): S3Operations {
  const authorized = async (call: S3Call, action: string): Promise<Bucket> => {
    const bucket = buckets.get(call.input.Bucket);
    await call.authorize(action, bucketArn(bucket.name), conditionsOf(call.input));
    return bucket;
  };
  return {
    ListObjects: async (call) => listObjects(versions, call, await authorized(call, 's3:ListBucket')),
    ListObjectsV2: async (call) => listObjectsV2(versions, call, await authorized(call, 's3:ListBucket')),
    ListObjectVersions: async (call) => listVersions(versions, call, await authorized(call, 's3:ListBucketVersions')),
  };
}

function conditionsOf({ Prefix, Delimiter, MaxKeys }: S3Input): Conditions {
  return {
    's3:prefix': Prefix ?? '',
    ...(Delimiter !== undefined && { 's3:delimiter': Delimiter }),
    ...(MaxKeys !== undefined && { 's3:max-keys': MaxKeys }),
  };
}

function listObjects(versions: Versions, { input }: S3Call, bucket: Bucket): S3Answer {
  const { Prefix: prefix = '', Delimiter: delimiter = '', Marker: marker = '' } = input;
  const { page, spell, maxKeys } = listCurrent(versions, bucket, input, behindMarker(marker, prefix, delimiter));
  const last = page.entries.at(-1);
  // Without a delimiter, clients are to go on with the last key.
  const next = page.isTruncated && delimiter !== '' && last ? spell(nameOf(last)) : undefined;
  return listAnswer('ListBucketResult', input, { page, spell, maxKeys }, [
    ['Marker', spell(marker)],
    ['NextMarker', next],
    ['Contents', objectsOf(page).map((listed) => contentsElement(listed, spell, true))],
  ]);
}

function listObjectsV2(versions: Versions, { input }: S3Call, bucket: Bucket): S3Answer {
  const { ContinuationToken: token, StartAfter: startAfter, FetchOwner: fetchOwner } = input;
  const start = token === undefined ? behindKey(startAfter ?? '') : readToken(token);
  const { page, spell, maxKeys } = listCurrent(versions, bucket, input, start);
  const last = page.entries.at(-1);
  return listAnswer('ListBucketResult', input, { page, spell, maxKeys }, [
    ['KeyCount', page.entries.length],
    ['ContinuationToken', token],
    ['NextContinuationToken', page.isTruncated && last ? tokenOf(last) : undefined],
    ['StartAfter', startAfter === undefined ? undefined : spell(startAfter)],
    ['Contents', objectsOf(page).map((listed) => contentsElement(listed, spell, fetchOwner === 'true'))],
  ]);
}

function listCurrent(versions: Versions, bucket: Bucket, input: S3Input, start: Position) {
  const { Prefix: prefix = '', Delimiter: delimiter = '' } = input;
  const spell = speller(input.EncodingType);
  const maxKeys = maxKeysOf(input.MaxKeys);
  const page = listPage((from, end) => versions.listCurrent(bucket, from, end), { prefix, delimiter, start, maxKeys });
  return { page, spell, maxKeys };
}

function listVersions(versions: Versions, { input }: S3Call, bucket: Bucket): S3Answer {
  const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker: keyMarker = '', VersionIdMarker: versionMarker } = input;
  const spell = speller(input.EncodingType);
  const maxKeys = maxKeysOf(input.MaxKeys);
  const start = versionMarker
    ? behindVersion(versions, bucket, keyMarker, versionMarker)
    : behindMarker(keyMarker, prefix, delimiter);
  const page = listPage((from, end) => versions.list(bucket, from, end), { prefix, delimiter, start, maxKeys });
  const last = page.isTruncated ? page.entries.at(-1) : undefined;
  const continued = versionMarker ? keyMarker : undefined;
  let before: string | undefined;
  const elements = objectsOf(page).map((listed) => {
    const isFirst = listed.key !== before;
    before = listed.key;
    const isLatest = isFirst && (listed.key !== continued || versions.newest(bucket, listed.key)?.place === listed.place);
    return versionElement(listed, spell, isLatest);
  });
  return listAnswer(
    'ListVersionsResult',
    input,
    { page, spell, maxKeys },
    [
      ['KeyMarker', spell(keyMarker)],
      ['VersionIdMarker', versionMarker ?? ''],
      ['NextKeyMarker', last && spell(nameOf(last))],
      ['NextVersionIdMarker', last && 'key' in last ? versionIdOfListed(last) : undefined],
    ],
    elements.join(''),
  );
}

/** Where a page begins whose predecessor ended within the versions of a key. Throws `InvalidArgument`. */
function behindVersion(versions: Versions, bucket: Bucket, key: string, versionId: string): Position {
  if (key === '') throw new S3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  const place = versions.placeOf(bucket, key, versionId);
  return { key: Buffer.from(key), place: place ?? OLDEST };
}

interface Listing {
  readonly page: Page;
  readonly spell: Spell;
  readonly maxKeys: number;
}

/** `members` and then `versions`, which are written already, between what all listings have in common. */
function listAnswer(
  root: string,
  { Bucket, Prefix = '', Delimiter, EncodingType }: S3Input,
  { page, spell, maxKeys }: Listing,
  members: readonly (readonly [string, XmlValue])[],
  versions = '',
): S3Answer {
  const prefixes = page.entries.flatMap((entry) => ('commonPrefix' in entry ? [{ Prefix: spell(entry.commonPrefix) }] : []));
  const head: (readonly [string, XmlValue])[] = [
    ['Name', Bucket],
    ['Prefix', spell(Prefix)],
    ['MaxKeys', maxKeys],
    ['Delimiter', Delimiter === undefined || Delimiter === '' ? undefined : spell(Delimiter)],
    ['EncodingType', EncodingType],
    ['IsTruncated', page.isTruncated],
  ];
  const written = (pairs: typeof members) => pairs.map(([name, value]) => element(name, value)).join('');
  return xmlAnswer(root, `${written(head)}${written(members)}${versions}${element('CommonPrefixes', prefixes)}`);
}

function objectsOf({ entries }: Page): readonly ListedVersion[] {
  return entries.filter((entry) => 'key' in entry);
}

const nameOf = (entry: Entry) => ('key' in entry ? entry.key : entry.commonPrefix);

const versionIdOfListed = ({ isNull, place }: ListedVersion) => (isNull ? NULL_VERSION : versionIdOf(-place));

function contentsElement({ key, modified, object }: ListedVersion, spell: Spell, withOwner: boolean): XmlValue {
  return { Key: spell(key), LastModified: new Date(modified), ...factsOf(object), Owner: withOwner ? OWNER : undefined };
}

/** A delete marker has none. */
function factsOf(object: ListedVersion['object']) {
  if (!object) return {};
  const { etag, checksum, size, storageClass } = object;
  return {
    ETag: `"${etag}"`,
    ChecksumAlgorithm: checksum?.algorithm,
    ChecksumType: checksum?.type,
    Size: size,
    StorageClass: storageClass,
  };
}

function versionElement(listed: ListedVersion, spell: Spell, isLatest: boolean): string {
  return element(listed.object ? 'Version' : 'DeleteMarker', {
    Key: spell(listed.key),
    VersionId: versionIdOfListed(listed),
    IsLatest: isLatest,
    LastModified: new Date(listed.modified),
    ...factsOf(listed.object),
    Owner: OWNER,
  });
}

/** Opaque to clients: what the page ended with. */
function tokenOf(last: Entry): string {
  return Buffer.from('key' in last ? `key ${last.key}` : `prefix ${last.commonPrefix}`).toString('base64');
}

function readToken(token: string): Position {
  const [, kind, name = ''] = /^(key|prefix) (.+)$/s.exec(Buffer.from(token, 'base64').toString('utf8')) ?? [];
  if (kind === undefined) throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  return kind === 'key' ? behindKey(name) : behindPrefix(name);
}
