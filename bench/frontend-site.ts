/** The made-up site that is measured with: what a good release put into a bucket, and what the bad one after it did to it. */

export interface SiteFile {
  readonly key: string;
  readonly body: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** A write to a bucket; `body` null: the key is removed. */
export type Write = SiteFile | { readonly key: string; readonly body: null };

export interface SiteSize {
  /** Objects of the good release. */
  readonly objects: number;
  /** Those that the bad release replaced, removed, or changed in their metadata alone, and those that it added. */
  readonly changed: number;
}

/** How many objects of each fate there are. `replacedAlike`: by others of the same size, as pages that name assets by their hash are. */
export interface Fates {
  readonly replacedAlike: number;
  readonly replaced: number;
  readonly metadata: number;
  readonly removed: number;
  readonly added: number;
}

type Fate = keyof Fates;

const FOR_EVER = 'public, max-age=31536000, immutable';
const KINDS = [
  ['js', 'text/javascript'],
  ['css', 'text/css'],
  ['svg', 'image/svg+xml'],
  ['html', 'text/html; charset=utf-8'],
] as const;

/** Of 1,000 changed objects 20 differ in their metadata alone, 100 are gone and 150 are new. */
export const fatesOf = ({ changed }: SiteSize): Fates => {
  const [metadata, removed, added] = [0.02, 0.1, 0.15].map((share) => Math.round(share * changed)) as [number, number, number];
  const replaced = changed - metadata - removed - added;
  return { replacedAlike: Math.ceil(replaced / 2), replaced: Math.floor(replaced / 2), metadata, removed, added };
};

/** What the good release put there; the entry point is last, as deployments put it. */
export function* goodWrites({ objects }: SiteSize): Generator<SiteFile> {
  for (let index = objects - 1; index >= 0; index -= 1) yield file(index, 'good');
}

/** What the bad release did. */
export function* badWrites(size: SiteSize): Generator<Write> {
  for (let number = 0; number < fatesOf(size).added; number += 1) yield file(size.objects + number, 'evil');
  for (const [index, fate] of changedFiles(size)) yield changedFile(index, fate);
}

/** The keys of the good release that the bad one changed. */
export const changedKeys = (size: SiteSize): Map<string, Fate> =>
  new Map(changedFiles(size).map(([index, fate]) => [keyOf(index), fate]));

/** Spread evenly over the site; the first is its entry point. */
const changedFiles = (size: SiteSize): [index: number, fate: Fate][] => {
  const { replacedAlike, replaced, metadata, removed } = fatesOf(size);
  const fates = Object.entries({ replacedAlike, replaced, metadata, removed }) as [Fate, number][];
  const all = fates.flatMap(([fate, count]) => new Array<Fate>(count).fill(fate));
  const distance = Math.floor(size.objects / all.length);
  if (distance === 0) throw new RangeError(`${size.objects} objects are too few for ${size.changed} changed ones`);
  return all.map((fate, number) => [number * distance, fate]);
};

const changedFile = (index: number, fate: Fate): Write => {
  if (fate === 'removed') return { key: keyOf(index), body: null };
  if (fate === 'metadata') return { ...file(index, 'good'), cacheControl: 'no-store' };
  const bad = file(index, 'evil');
  return fate === 'replaced' ? { ...bad, body: `${bad.body}/* longer */\n` } : bad;
};

/** Some keys have what has to be encoded in a listing or an address. */
const keyOf = (index: number): string => {
  if (index === 0) return 'index.html';
  const name = index % 50 === 1 ? `größe 1+${index}` : `part-${index}`;
  return `assets/${(index % 256).toString(16).padStart(2, '0')}/${name}.${KINDS[index % KINDS.length]?.[0]}`;
};

/** `release`: of one length, so that the same file of two releases is of one size. */
const file = (index: number, release: 'good' | 'evil'): SiteFile => ({
  key: keyOf(index),
  body: `/* ${release} ${index} */\n`.padEnd(200 + ((index * 37) % 1000), 'x'),
  contentType: KINDS[index === 0 ? 3 : index % KINDS.length]?.[1] ?? '',
  cacheControl: index === 0 ? 'max-age=60' : FOR_EVER,
});
