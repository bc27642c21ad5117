/**
 * The documents in which S3 lists. The SDK takes longer to make objects of a page than S3 takes to list it, needs ten times its memory,
 * and hands versions and delete markers out apart, without the order between them: so they are read here.
 */
import type { Listed } from '../../domain/frontend/history.ts';
import { compareKeys, decodeKey } from '../../domain/frontend/keys.ts';

const SECOND_MS = 1000;
const ARCHIVES: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** An object of a listing without versions. */
export type ListedObject = { readonly key: string; readonly etag: string; readonly size: number; readonly archived: boolean };

/** One page; `next` null: it is the last one. */
export type VersionsPage = {
  readonly entries: Listed[];
  readonly next: { readonly key: string; readonly versionId?: string } | null;
};
export type ObjectsPage = { readonly objects: ListedObject[]; readonly next: string | null };

/** Reads the answer of ListObjectVersions; null: it is something else. */
export function readVersions(document: string): VersionsPage | null {
  if (!document.includes('<ListVersionsResult')) return null;
  const spell = spellerOf(document);
  const entries: Listed[] = [];
  for (const { name, text } of elements(document, ['Version', 'DeleteMarker'])) {
    entries.push({
      key: spell(member(text, 'Key')),
      isLatest: member(text, 'IsLatest') === 'true',
      at: Math.floor(Date.parse(member(text, 'LastModified')) / SECOND_MS) * SECOND_MS,
      version: name === 'Version' ? { versionId: member(text, 'VersionId'), ...contentOf(text) } : null,
    });
  }
  return { entries: inOrder(entries), next: nextOf(document, spell) };
}

/** S3 lists in order. Servers that list versions and delete markers apart leave it to the reader, within a page. */
function inOrder(entries: Listed[]): Listed[] {
  const isOrdered = entries.every(({ key }, index) => compareKeys(entries[index - 1]?.key ?? '', key) <= 0);
  return isOrdered
    ? entries
    : entries.sort((a, b) => compareKeys(a.key, b.key) || Number(b.isLatest) - Number(a.isLatest) || b.at - a.at);
}

function nextOf(document: string, spell: (text: string) => string): VersionsPage['next'] {
  if (member(document, 'IsTruncated') !== 'true') return null;
  const [key, versionId] = [spell(member(document, 'NextKeyMarker')), member(document, 'NextVersionIdMarker')];
  return versionId === '' ? { key } : { key, versionId };
}

/** Reads the answer of ListObjectsV2; null: it is something else. */
export function readObjects(document: string): ObjectsPage | null {
  if (!document.includes('<ListBucketResult')) return null;
  const spell = spellerOf(document);
  const objects: ListedObject[] = [];
  for (const { text } of elements(document, ['Contents'])) objects.push({ key: spell(member(text, 'Key')), ...contentOf(text) });
  const isTruncated = member(document, 'IsTruncated') === 'true';
  return { objects, next: isTruncated ? member(document, 'NextContinuationToken') : null };
}

/** The elements of these names, in the order of the document. */
function* elements(document: string, names: readonly string[]): Generator<{ name: string; text: string }> {
  const opening = new RegExp(`<(${names.join('|')})>`, 'g');
  for (let match = opening.exec(document); match !== null; match = opening.exec(document)) {
    const [, name = ''] = match;
    const end = document.indexOf(`</${name}>`, opening.lastIndex);
    yield { name, text: document.slice(opening.lastIndex, end) };
    opening.lastIndex = end;
  }
}

/** How keys are to be read: encoded, if the server did as it was asked. */
function spellerOf(document: string): (text: string) => string {
  return member(document, 'EncodingType') === 'url' ? decodeKey : (text) => text;
}

/** A version in an archive of which a copy was restored for some days can be read. */
function contentOf(text: string): Omit<ListedObject, 'key'> {
  const archived = ARCHIVES.includes(member(text, 'StorageClass')) && member(text, 'RestoreExpiryDate') === '';
  return { etag: member(text, 'ETag').replaceAll('"', ''), size: Number(member(text, 'Size')), archived };
}

/** The text of the first element of this name; empty when there is none. */
function member(text: string, name: string): string {
  const start = text.indexOf(`<${name}>`);
  if (start === -1) return '';
  const begin = start + name.length + 2;
  return unescaped(text.slice(begin, text.indexOf('</', begin)));
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (entity, hexadecimal, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? entity;
    return String.fromCodePoint(hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16));
  });
}
