/** Carries out one move of a database rollback: the intent goes on record first, and the lock is asked for last. */
import { createHash } from 'node:crypto';
import { modifyDatabase, type Refusal, renameDatabase, restoreDatabase, tagDatabase } from '../aws/rds/changes.ts';
import { DatabaseChangeStuck } from '../aws/rds/errors.ts';
import type { DatabaseWork } from '../contracts.ts';
import type { Move, MoveFacts } from '../domain/database/move.ts';
import type { DatabaseAction } from '../domain/database/moves.ts';
import { isWorthTelling } from '../domain/database/patience.ts';
import { restoredTags } from '../domain/database/tags.ts';
import { appendEvent, type NewEvent } from '../log/events.ts';
import type { Database } from './database.ts';
import { recordBegin } from './database-record.ts';
import { keepLock } from './lease.ts';

/** A change that RDS took and that is not seen after this long does not come true: a rename that failed keeps the old name. */
const LONGEST_CHANGE_MS = 30 * 60_000;

type Acting = Exclude<Move, { move: 'wait' | 'done' | 'failed' }>;
type Intent = Pick<NewEvent, 'type' | 'key' | 'detail'> & { readonly what: string };

/**
 * Carries a move out; one that waits has nothing to carry out. What RDS refuses because it is under way, or because others were
 * faster, is seen at the next look. false: it was refused. A refusal that repeats is neither, so it goes on record, once.
 * @throws LockLost, DatabaseChangeRefused, DatabaseChangeStuck; AWS's own errors, after which it may be tried again
 */
export const carryOut = async (
  { plan, fence }: Database,
  facts: MoveFacts,
  move: Move,
  action: DatabaseAction,
  since: number,
): Promise<boolean> => {
  if (move.move === 'wait' || move.move === 'done' || move.move === 'failed') return true;
  const now = new Date();
  const { what, ...intent } = intentOf(move, facts, action);
  await recordBegin(facts, action, now, renamingOf(move));
  const { at } = await appendEvent({ rollbackId: facts.rollbackId, phase: action, ...intent, now });
  if (now.getTime() - Date.parse(at) > LONGEST_CHANGE_MS) throw new DatabaseChangeStuck(what, at);
  await keepLock(plan, fence, new Date());
  const refusal = await change(move, facts);
  if (refusal === null) return true;
  const told = new Date();
  if (isWorthTelling(told.getTime() - since)) {
    const detail = { what, refusal, since: new Date(since).toISOString() };
    const key = `${intent.key}-refused`;
    await appendEvent({ rollbackId: facts.rollbackId, phase: action, type: 'database-refused', key, detail, now: told });
  }
  return false;
};

const change = async (move: Acting, { rollbackId, target }: MoveFacts): Promise<Refusal> => {
  if (move.move === 'restore') {
    const { source } = move;
    const { restoredName: to, restoreTime: time } = target;
    return restoreDatabase({ source, to, time, tags: restoredTags(source.tags, rollbackId) });
  }
  if (move.move === 'modify') return modifyDatabase(move.instance, move.changes);
  if (move.move === 'rename') return renameDatabase(move.instance, move.to);
  const unprotected = move.protect ? await modifyDatabase(move.instance, { deletionProtection: true }) : null;
  const untagged = Object.keys(move.tags).length > 0 ? await tagDatabase(move.instance, move.tags) : null;
  return unprotected ?? untagged;
};

const renamingOf = (move: Acting): DatabaseWork['renaming'] =>
  move.move === 'rename' ? { resourceId: move.instance.resourceId, from: move.instance.identifier, to: move.to } : undefined;

/** The same move again has the same key, so that it is on record once, with the time of its first attempt. */
const intentOf = (move: Acting, { target }: MoveFacts, action: DatabaseAction): Intent => {
  if (move.move === 'restore') {
    const { restoreTime, restoredName, source } = target;
    const what = `restore ${source.identifier} to ${restoreTime} as ${restoredName}`;
    return { what, type: 'database-restore-begun', key: 'database-restore-begun', detail: { source, restoredName, restoreTime } };
  }
  const { identifier, resourceId } = move.instance;
  const about = { instance: identifier, resourceId };
  if (move.move === 'modify') {
    const { changes } = move;
    const what = `change ${Object.keys(changes).join(', ')} of ${identifier}`;
    const digest = createHash('sha256').update(JSON.stringify(changes)).digest('hex').slice(0, 8);
    return { what, type: 'database-changed', key: `database-changed-${digest}`, detail: { ...about, changes } };
  }
  if (move.move === 'rename') {
    const [what, key] = [`rename ${identifier} to ${move.to}`, `database-${action}-renamed-${move.who}`];
    return { what, type: 'database-rename-asked', key, detail: { ...about, to: move.to } };
  }
  const { protect, tags } = move;
  const [what, key] = [`protect and tag ${identifier}`, `database-${action}-marked-${resourceId}`];
  return { what, type: 'database-marked', key, detail: { ...about, deletionProtection: protect, tags } };
};
