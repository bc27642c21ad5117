import { AwsError } from '../service.ts';

interface PageRequest<T> {
  /** Tokens name the last item of a page, so that new items don't shift the next one. */
  readonly keyOf: (item: T) => string;
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
  readonly matches?: (item: T) => boolean;
}

/** One page of `items` and the token of the next. Throws `InvalidToken` and `ValidationException`. */
export function page<T>(items: readonly T[], request: PageRequest<T>): { items: T[]; nextToken?: string } {
  const { keyOf, maxResults, nextToken, matches = () => true } = request;
  const start = nextToken === undefined ? 0 : after(items, keyOf, Buffer.from(nextToken, 'base64url').toString());
  const rest = items.slice(start).filter(matches);
  const found = rest.slice(0, sizeOf(maxResults));
  const last = found.at(-1);
  if (last === undefined || found.length === rest.length) return { items: found };
  return { items: found, nextToken: Buffer.from(keyOf(last)).toString('base64url') };
}

/** The API takes 0 for its default of 100. */
function sizeOf(maxResults: number | undefined): number {
  if (maxResults !== undefined && (maxResults < 0 || maxResults > 1000))
    throw new AwsError(
      'ValidationException',
      `Value '${maxResults}' at 'maxResults' failed to satisfy constraint: between 0 and 1000`,
    );
  return maxResults || 100;
}

function after<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  const index = items.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  return index + 1;
}
