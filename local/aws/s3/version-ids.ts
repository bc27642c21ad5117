import { S3Error } from './errors.ts';

/** The id of the one version of a key that was written while its bucket was not versioned. */
export const NULL_VERSION = 'null';

const FORM = /^[A-Za-z0-9._]{32}$/;
const WORDS = 6;
const ROUNDS = 6;
const TWO_TO_32 = 2 ** 32;

/** The id of the version with this sequence number: 32 characters which look as random as S3's, always the same ones. */
export function versionIdOf(sequence: number): string {
  let [left, right] = [Math.floor(sequence / TWO_TO_32), sequence >>> 0];
  for (let round = 0; round < ROUNDS; round += 1) [left, right] = [right, (left ^ mix(right + round)) >>> 0];
  const bytes = Buffer.alloc(4 * WORDS);
  bytes.writeUInt32BE(left, 0);
  bytes.writeUInt32BE(right, 4);
  for (let word = 2; word < WORDS; word += 1) bytes.writeUInt32BE(mix(left + mix(right + word)), 4 * word);
  return bytes.toString('base64').replaceAll('+', '.').replaceAll('/', '_');
}

/**
 * The sequence number in an id; `undefined` for one that was never given out. Throws `InvalidArgument` for what has not even the
 * form of an id.
 */
export function sequenceOf(versionId: string): number | undefined {
  if (versionId === '') throw new S3Error('InvalidArgument', 'Version id cannot be the empty string');
  if (!FORM.test(versionId)) throw new S3Error('InvalidArgument', 'Invalid version id specified');
  const bytes = Buffer.from(versionId.replaceAll('.', '+').replaceAll('_', '/'), 'base64');
  let [left, right] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  for (let round = ROUNDS - 1; round >= 0; round -= 1) [left, right] = [(right ^ mix(left + round)) >>> 0, left];
  const sequence = left * TWO_TO_32 + right;
  return Number.isSafeInteger(sequence) && versionIdOf(sequence) === versionId ? sequence : undefined;
}

/** Spreads a change of one bit over all 32: the finalizer of MurmurHash3. */
function mix(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
