/** Seconds for which CloudFront keeps what says nothing about it. */
const DEFAULT_TTL = 24 * 60 * 60;
/** Seconds, unless a distribution tells another number, for which it keeps an error. */
export const ERROR_TTL = 10;

/** What an edge has of one path. */
export interface CachedAnswer<Content> {
  readonly content: Content;
  /** Milliseconds since the epoch. */
  readonly cachedAt: number;
  readonly ttlMs: number;
}

/** The cache of a distribution, by path without the query. */
export class EdgeCache<Content> {
  readonly #answers = new Map<string, CachedAnswer<Content>>();

  /** Also answers what is out of date, for it to be asked for anew. */
  get(path: string): CachedAnswer<Content> | undefined {
    return this.#answers.get(path);
  }

  put(path: string, answer: CachedAnswer<Content>): void {
    if (answer.ttlMs > 0) this.#answers.set(path, answer);
    else this.#answers.delete(path);
  }

  /** Forgets the paths that an invalidation names; a trailing `*` stands for everything that begins so. */
  invalidate(patterns: readonly string[]): void {
    const wanted = patterns.map(decodePath);
    const isWanted = (path: string) =>
      wanted.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
    for (const path of this.#answers.keys()) if (isWanted(path)) this.#answers.delete(path);
  }
}

/** A path with its percent-encoding undone; as it is where that makes no text. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Seconds for which an object may be kept by its headers. */
export function ttlOf(headers: Readonly<Record<string, string>>, now: number): number {
  const directives = (headers['cache-control'] ?? '').toLowerCase().split(',');
  const [names, seconds] = [directives.map((directive) => directive.trim()), (name: string) => secondsOf(directives, name)];
  if (names.some((name) => ['no-store', 'no-cache', 'private'].includes(name))) return 0;
  const age = seconds('s-maxage') ?? seconds('max-age');
  if (age !== undefined) return age;
  const expires = Date.parse(headers.expires ?? '');
  return Number.isNaN(expires) ? DEFAULT_TTL : Math.max(0, (expires - now) / 1000);
}

function secondsOf(directives: readonly string[], name: string): number | undefined {
  const value = directives.map((directive) => new RegExp(`^\\s*${name}=(\\d+)\\s*$`).exec(directive)?.[1]).find(Boolean);
  return value === undefined ? undefined : Number(value);
}
