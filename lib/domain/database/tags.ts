import { ROLE_TAG, ROLLBACK_TAG } from './state.ts';

/** RDS takes this many. */
const MOST = 50;
/** AWS's own, which nobody else may give. */
const RESERVED = /^(?:aws|rds):/i;

/** What the old instance is marked with; nothing where RDS has no room for it: who is who is known by resource ids. */
export function keptTags(source: Readonly<Record<string, string>>, rollbackId: string): Record<string, string> {
  const own = { [ROLLBACK_TAG]: rollbackId, [ROLE_TAG]: 'kept' };
  const all = Object.keys({ ...source, ...own }).filter((key) => !RESERVED.test(key));
  return all.length > MOST ? {} : own;
}

/** What a restored instance is tagged with: whose it is, and what the source has, as far as there is room. */
export function restoredTags(source: Readonly<Record<string, string>>, rollbackId: string): Record<string, string> {
  const own = { [ROLLBACK_TAG]: rollbackId, [ROLE_TAG]: 'restored' };
  const copied = Object.entries(source).filter(([key]) => !RESERVED.test(key) && !Object.hasOwn(own, key));
  return { ...own, ...Object.fromEntries(copied.slice(0, MOST - Object.keys(own).length)) };
}
