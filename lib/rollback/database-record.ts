/** What a database rollback puts on record beside its events: how far it came, and where its instances were last seen. */
import { isDeepStrictEqual } from 'node:util';
import type { DatabaseInstance, DatabaseTarget, DatabaseWork } from '../contracts.ts';
import { writesEndedAt } from '../domain/database/loss.ts';
import type { MoveFacts, Observed } from '../domain/database/move.ts';
import type { DatabaseAction } from '../domain/database/moves.ts';
import { type DatabaseState, isSettled } from '../domain/database/state.ts';
import { commandsOf } from '../log/commands.ts';
import { databaseWorkOf, recordDatabaseWork } from '../log/database-work.ts';
import { appendEvent } from '../log/events.ts';
import { updateRollback } from '../log/rollbacks.ts';

/** Where both instances are, if that is news, and each as soon as it has an address of its own; answers all that is on record. */
export const notice = async (
  rollbackId: string,
  target: DatabaseTarget,
  work: DatabaseWork,
  { source, restored }: Observed,
): Promise<DatabaseWork> => {
  const seen = [source, restored]
    .filter((state) => state !== null)
    .map(({ identifier, resourceId, status }) => ({ identifier, resourceId, status }));
  const first = work.restored ? undefined : instanceOf(restored);
  const kept = work.kept ? undefined : keptInstance(source, target);
  const isNews = work.seenSince === undefined || !isDeepStrictEqual(seen, work.seen);
  if (!first && !kept && !isNews) return work;
  return recordDatabaseWork(rollbackId, {
    ...(isNews && { seen, seenSince: new Date().toISOString() }),
    restored: first,
    kept,
  });
};

/** The old instance once it is through with its rename, and not while RDS still says the address of before. */
const keptInstance = (source: DatabaseState | null, { keptName, source: was }: DatabaseTarget): DatabaseInstance | undefined =>
  source?.identifier === keptName && isSettled(source) && !isDeepStrictEqual(source.address, was.address)
    ? instanceOf(source)
    : undefined;

/** Says that a cut-over is asked for, once: from here on services wait for it. */
export const recordCutOverAsked = async (rollbackId: string, now: Date): Promise<void> => {
  const { cutOverAskedAt } = await databaseWorkOf(rollbackId);
  if (cutOverAskedAt === undefined) await recordDatabaseWork(rollbackId, { cutOverAskedAt: now.toISOString() });
};

/** Says that the first change of an action is about to be made, and that a rename is. */
export const recordBegin = async (
  { rollbackId, work, target }: MoveFacts,
  action: DatabaseAction,
  now: Date,
  renaming?: DatabaseWork['renaming'],
): Promise<void> => {
  const { member, type } = BEGINS[action];
  const isFirst = work[member] === undefined;
  const isNewName = renaming !== undefined && !isDeepStrictEqual(renaming, work.renaming);
  if (!isFirst && !isNewName) return;
  const { source, restoredName, keptName } = target;
  if (isFirst && type)
    await appendEvent({ rollbackId, phase: action, type, key: type, detail: { source, restoredName, keptName }, now });
  await recordDatabaseWork(rollbackId, { ...(isFirst && { [member]: now.toISOString() }), ...(isNewName && { renaming }) });
};

/** The begin of a preparation is the restore, which has an event of its own. */
const BEGINS = {
  prepare: { member: 'restoreBegunAt', type: null },
  apply: { member: 'cutOverBegunAt', type: 'cut-over-begun' },
  undo: { member: 'undoBegunAt', type: 'database-undo-begun' },
} as const;

/** Says that an action is done, once; answers all that is on record. */
export const recordEnd = async (facts: MoveFacts, action: DatabaseAction): Promise<DatabaseWork> => {
  const { rollbackId, source, restored, work } = facts;
  const { member, type } = ENDS[action];
  if (work[member] !== undefined) return work;
  const now = new Date();
  const lost = action === 'apply' ? await lossOf(facts, now) : undefined;
  const detail = {
    source: instanceOf(source),
    restored: instanceOf(restored),
    ...(lost && { lostFrom: lost.from, lostUntil: lost.until }),
  };
  await recordBegin(facts, action, now);
  await appendEvent({ rollbackId, phase: action, type, key: type, detail, now });
  await updateRollback(rollbackId, { dataLost: lost });
  return recordDatabaseWork(rollbackId, { [member]: now.toISOString() });
};

/** The writes that the cut-over took away. */
const lossOf = async ({ rollbackId, target, work }: MoveFacts, now: Date) => ({
  from: target.restoreTime,
  until: writesEndedAt(await commandsOf(rollbackId)) ?? work.cutOverBegunAt ?? now.toISOString(),
});

const ENDS = {
  prepare: { member: 'preparedAt', type: 'database-prepared' },
  apply: { member: 'cutOverAt', type: 'database-cut-over' },
  undo: { member: 'undoneAt', type: 'database-undone' },
} as const;

/** undefined: it has no address, or there is none. */
const instanceOf = (state: DatabaseState | null): DatabaseInstance | undefined =>
  state?.address ? { identifier: state.identifier, resourceId: state.resourceId, address: state.address } : undefined;
