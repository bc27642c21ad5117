/** The words that contracts are made of: names, paths, times, each with its rule in plain words. */
import * as z from 'zod/mini';
import { ABSOLUTE_PATH, HTTP_URL, RELATIVE_PATH, UNIT } from '../patterns.ts';

/** One character at least. */
export const text = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest));
/** What people write: blanks around it are left out and do not count. */
export const words = (longest: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(longest));
/** A text that has a form; `rule` is the form in plain words. */
export const formed = (longest: number, form: RegExp, rule: string) =>
  z.string().check(z.maxLength(longest), z.regex(form, rule));

export const name = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be 2-40 characters of a-z, 0-9 and -, starting with a letter'));
export const duration = z.string().check(z.regex(/^[1-9][0-9]{0,4}[smhd]$/, 'must be a number and a unit: 30s, 15m, 4h, 2d'));
const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
export const absolutePath = formed(
  255,
  whole(ABSOLUTE_PATH),
  'must be an absolute path without blanks, .. or parts that begin with -',
);
export const relativePath = formed(
  200,
  whole(RELATIVE_PATH),
  'must be a path inside the repository without blanks, .. or parts that begin with -',
);
export const folderInRepository = formed(200, whole(`(\\.|${RELATIVE_PATH})`), 'must be . or a path inside the repository');
export const unit = formed(80, whole(UNIT), 'must be the name of a systemd unit');
export const commit = z.string().check(z.regex(/^[0-9a-f]{40}$/, 'must be a full commit id of 40 hexadecimal digits'));
export const version = formed(64, /^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'must be up to 64 characters of letters, digits, . _ + -');
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .check(z.maxLength(500), z.regex(/^[^\s'"\\`$<>]+$/, 'must not contain blanks, quotes or $'));
/** Asked on the host itself, by curl. */
export const hostUrl = formed(500, whole(HTTP_URL), 'must be an http or https address without blanks, quotes or fragment');
export const time = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-22T03:00:00Z' }),
  z.transform((t) => new Date(t).toISOString()),
);
/** A share of something, from 1% to 100%. */
export const share = z.string().check(z.regex(/^([1-9][0-9]?|100)%$/, 'must be a share such as 25%'));
export const alarmName = text(255);
