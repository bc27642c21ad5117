import { invalidArgument } from './errors.ts';
import { type ListedVersion, NEWEST, OLDEST, type Position } from './versions.ts';

const MAX_KEYS = 1000;
/** Above every byte of UTF-8. */
const ABOVE = Buffer.from([0xff]);

/** What a listing lists: a version or object, or a common prefix in place of all keys that begin so. */
export type Entry = ListedVersion | { readonly commonPrefix: string };

export interface Selection {
  readonly prefix: string;
  readonly delimiter: string;
  /** The listing goes on right behind it. */
  readonly start: Position;
  readonly maxKeys: number;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly isTruncated: boolean;
}

/** Reads rows behind a position whose keys come before `end`. */
export type Scan = (start: Position, end: Buffer) => Iterable<ListedVersion>;

/** One page of a listing. A common prefix counts as one entry, and its keys are skipped, not read. */
export function listPage(scan: Scan, selection: Selection): Page {
  const entries: Entry[] = [];
  if (selection.maxKeys === 0) return { entries, isTruncated: false };
  for (const entry of walk(scan, selection)) {
    if (entries.length === selection.maxKeys) return { entries, isTruncated: true };
    entries.push(entry);
  }
  return { entries, isTruncated: false };
}

function* walk(scan: Scan, { prefix, delimiter, start }: Selection): Generator<Entry> {
  const end = Buffer.concat([Buffer.from(prefix), ABOVE]);
  for (let position: Position | undefined = later(start, at(prefix)); position; ) {
    let rolledUp: string | undefined;
    for (const listed of scan(position, end)) {
      rolledUp = commonPrefixOf(listed.key, prefix, delimiter);
      if (rolledUp !== undefined) break;
      yield listed;
    }
    if (rolledUp !== undefined) yield { commonPrefix: rolledUp };
    position = rolledUp === undefined ? undefined : behindPrefix(rolledUp);
  }
}

function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const found = key.indexOf(delimiter, prefix.length);
  return found === -1 ? undefined : key.slice(0, found + delimiter.length);
}

/** Where the listing of a key, or of all keys from it on, begins. */
const at = (key: string): Position => ({ key: Buffer.from(key), place: NEWEST });

/** Behind all versions of a key. */
export const behindKey = (key: string): Position => ({ key: Buffer.from(key), place: OLDEST });

/** Behind all keys that begin so. */
export const behindPrefix = (prefix: string): Position => ({ key: Buffer.concat([Buffer.from(prefix), ABOVE]), place: NEWEST });

/** Where a page begins whose marker is the last key, or the last common prefix, of the one before. */
export function behindMarker(marker: string, prefix: string, delimiter: string): Position {
  const isPrefix = marker.startsWith(prefix) && commonPrefixOf(marker, prefix, delimiter) === marker;
  return isPrefix ? behindPrefix(marker) : behindKey(marker);
}

function later(left: Position, right: Position): Position {
  const order = left.key.compare(right.key);
  return order > 0 || (order === 0 && left.place > right.place) ? left : right;
}

/** The page size a request asks for: 1,000 at most. Throws `InvalidArgument`. */
export function maxKeysOf(text: string | undefined, name = 'max-keys'): number {
  if (text === undefined || text === '') return MAX_KEYS;
  if (!/^\d{1,10}$/.test(text)) throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  return Math.min(Number(text), MAX_KEYS);
}

/** Spells keys and prefixes as a request with `encoding-type=url` wants them, else as they are. */
export function speller(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined || encodingType === '') return (text) => text;
  if (encodingType !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encodingType);
  return urlEncode;
}

/** As a form is encoded, but for the slash: a blank is a plus sign. */
function urlEncode(text: string): string {
  const encoded = encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
  return encoded.replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
