/** Manifests of releases: where their files lie, and how they are read. */
import { readFile } from '../aws/s3/files.ts';
import { ManifestEntry, ManifestIndex } from '../contracts.ts';
import { padded } from '../domain/frontend/chunks.ts';
import { compareKeys } from '../domain/frontend/keys.ts';
import { ManifestUnreadable } from '../errors.ts';
import { readLines } from './json-lines.ts';

export const indexName = (location: string): string => `${location}/index.json`;
export const entriesName = (location: string, number: number): string => `${location}/${padded(number)}.jsonl`;

/** null: there is none, or its recording never came to an end. */
export async function readIndex(location: string): Promise<ManifestIndex | null> {
  const file = await readFile(indexName(location));
  return file === null ? null : ManifestIndex.parse(JSON.parse(file.text));
}

/** The entries behind a key, or all of them, chunk by chunk. Throws `ManifestUnreadable`. */
export async function* entriesOf(location: string, { chunks }: ManifestIndex, after?: string): AsyncGenerator<ManifestEntry[]> {
  const first = after === undefined ? 0 : chunks.findIndex(({ lastKey }) => compareKeys(lastKey, after) > 0);
  for (let number = first; number >= 0 && number < chunks.length; number += 1) {
    const entries = await readEntries(entriesName(location, number));
    yield after === undefined || number > first ? entries : entries.filter(({ key }) => compareKeys(key, after) > 0);
  }
}

async function readEntries(name: string): Promise<ManifestEntry[]> {
  const file = await readFile(name);
  if (file === null) throw new ManifestUnreadable(`${name} is not there`);
  try {
    return readLines(file.text, ManifestEntry);
  } catch (error) {
    throw new ManifestUnreadable(`${name} is damaged`, error);
  }
}
