import { S3Error } from './errors.ts';
import type { Tags } from './versions.ts';

const MAX_TAGS = 10;
const MAX_NAME = 128;
const MAX_VALUE = 256;

/** The tags in an `x-amz-tagging` header: `a=1&b=2`. Throws as `checkTags`. */
export function parseTagging(header = ''): Tags {
  return checkTags([...new URLSearchParams(header)]);
}

/** Throws `InvalidTag`, or `BadRequest` for too many. */
export function checkTags(pairs: readonly (readonly [name: string, value: string])[]): Tags {
  const tags = Object.fromEntries(pairs);
  if (pairs.length > MAX_TAGS) throw new S3Error('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`);
  if (Object.keys(tags).length < pairs.length) {
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const [name, value] of pairs) {
    if (name.length === 0 || name.length > MAX_NAME) throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > MAX_VALUE) throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid');
  }
  return tags;
}
