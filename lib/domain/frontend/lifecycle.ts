import type { Refusal } from '../../contracts.ts';

/** A rule of a bucket's lifecycle that deletes versions for good, as far as it is decided on. */
export type ExpiryRule = { readonly id: string; readonly prefix: string; readonly noncurrentDays: number };

const DAY_MS = 86_400_000;

/**
 * Whether a rule may have deleted versions that were there at a time: a listing does not show what is gone, so that an object of then
 * would look as if it had never been.
 */
export function expiryRefusal(rules: readonly ExpiryRule[], prefix: string, at: string, now: Date): Refusal | null {
  const days = (now.getTime() - Date.parse(at)) / DAY_MS;
  const rule = rules.find((each) => overlaps(each.prefix, prefix) && days > each.noncurrentDays);
  if (rule === undefined) return null;
  const message = `Lifecycle rule ${rule.id} of the bucket deletes versions ${rule.noncurrentDays} days after they were replaced, and ${at} is longer ago: what the bucket held then cannot be known. Choose a later time, or a release with a manifest or an archived build.`;
  return { code: 'frontend-versions-lost', message };
}

function overlaps(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
