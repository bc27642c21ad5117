/**
 * Orders keys as S3 lists them: by their UTF-8 bytes. `<` compares UTF-16 units, which puts characters above U+FFFF (in surrogates)
 * before U+E000 … U+FFFF.
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = left.charCodeAt(index) - right.charCodeAt(index);
    if (difference !== 0) return rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
  }
  return left.length - right.length;
}

/** Surrogates behind all other units, as the bytes of what they stand for are. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A key as it stands in a listing with `encoding-type=url`: a blank is a plus sign. */
export function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

/** A key as a path of an address or of a copy's source: slashes stay. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}
