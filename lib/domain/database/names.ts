import { createHash } from 'node:crypto';

/** RDS's limit for identifiers. */
const LONGEST = 63;
/** What these functions have added to a name before: a name does not grow with each rollback. */
const ADDED = /-(?:rb|before)-[0-9a-f]{8}$/;

export type DatabaseNames = {
  /** Of the restored instance, until a cut-over by rename. */
  readonly restoredName: string;
  /** Of the old instance, after it. */
  readonly keptName: string;
};

/**
 * The names that a rollback gives to instances: always the same for one rollback, so that a step which runs again finds what it made,
 * and others for every other. They begin as `instance` does (cut if need be), so that a role for `shop*` covers them.
 */
export function databaseNames(instance: string, rollbackId: string): DatabaseNames {
  const digest = createHash('sha256')
    .update(JSON.stringify([instance, rollbackId]))
    .digest('hex')
    .slice(0, 8);
  return { restoredName: named(instance, `-rb-${digest}`), keptName: named(instance, `-before-${digest}`) };
}

/** Hyphens are single and inside: RDS takes no others. */
function named(instance: string, addition: string): string {
  const base = instance.replace(ADDED, '').slice(0, LONGEST - addition.length);
  return `${base.replace(/-$/, '')}${addition}`;
}
