import { AwsError } from '../service.ts';

/** The members that every listing of the API reads. */
export interface PageInput {
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

function offsetOf(token: string): number {
  const offset = Number(Buffer.from(token, 'base64url').toString('utf8'));
  if (!Number.isSafeInteger(offset) || offset <= 0) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  return offset;
}

/**
 * Cuts one page out of a listing. Throws `InvalidNextToken`, and `ValidationException` when `MaxResults` is out of bounds.
 */
export function page<T>(
  all: readonly T[],
  { MaxResults, NextToken }: PageInput,
  bounds: { readonly least: number; readonly most: number },
) {
  const size = MaxResults ?? bounds.most;
  if (!Number.isInteger(size) || size < bounds.least || size > bounds.most) {
    throw new AwsError('ValidationException', `MaxResults must be between ${bounds.least} and ${bounds.most}`);
  }
  const from = NextToken ? offsetOf(NextToken) : 0;
  const items: readonly T[] = all.slice(from, from + size);
  const next = from + size < all.length ? { NextToken: Buffer.from(String(from + size)).toString('base64url') } : {};
  return { items, ...next };
}
