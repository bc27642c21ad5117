/** Brings a database rollback on: looks at its instances, decides on the next move, carries that out, and looks again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findInstances } from '../aws/rds/describe.ts';
import { DatabaseChangeRefused, DatabaseChangeStuck } from '../aws/rds/errors.ts';
import type { DatabaseWork } from '../contracts.ts';
import { addressText } from '../domain/database/address.ts';
import { type Move, type MoveFacts, whoIsWho } from '../domain/database/move.ts';
import { type DatabaseAction, nextMove } from '../domain/database/moves.ts';
import { withPatience } from '../domain/database/patience.ts';
import { databaseWorkOf } from '../log/database-work.ts';
import { appendEvent } from '../log/events.ts';
import type { Database } from './database.ts';
import { carryOut } from './database-moves.ts';
import { notice, recordCutOverAsked, recordEnd } from './database-record.ts';

/** `restoredAddress`: `host:port` of the restored instance while it had its own name; '' while it has none. */
export interface Advanced {
  readonly state: 'READY' | 'PENDING' | 'FAILED';
  readonly cause: string;
  readonly restoredAddress: string;
}

/**
 * Between two looks: what is quick is not waited for long, and what takes minutes is not asked for all the time. While instances
 * change names the application is down, and every moment counts.
 */
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS: Readonly<Record<DatabaseAction, number>> = { prepare: 3000, apply: 500, undo: 500 };

/**
 * Looks and acts for about `lookMs` milliseconds. PENDING: to be called again; nothing is lost when a call ends half-way, since the
 * next one decides by what it sees.
 * @throws LockLost; AWS's own errors, after which it may be called again
 */
export const advanceDatabase = async (database: Database, action: DatabaseAction, lookMs: number): Promise<Advanced> => {
  const end = Date.now() + lookMs;
  if (action === 'apply') await recordCutOverAsked(database.plan.rollbackId, new Date());
  let former = '';
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS[action])) {
    const facts = await look(database);
    const move = withPatience(nextMove({ ...facts, action }), facts, action, new Date());
    const isLast = Date.now() + pauseMs > end;
    if (move.move === 'done') return answer('READY', await recordEnd(facts, action));
    if (move.move === 'failed') return fail(facts, action, move.cause);
    const name = moveName(move);
    // What was just asked for may take a moment to be seen.
    const problem = name === former ? null : await carryOutOrTell(database, facts, move, action);
    if (problem !== null) return fail(facts, action, problem);
    if (isLast) return answer('PENDING', facts.work);
    former = name;
    await sleep(pauseMs);
  }
};

const look = async ({ plan: { rollbackId }, target, cutover }: Database): Promise<MoveFacts> => {
  const { source, restoredName, keptName } = target;
  const work = await databaseWorkOf(rollbackId);
  const instances = await findInstances({
    identifiers: [source.identifier, restoredName, keptName],
    resourceIds: [source.resourceId, ...(work.restored ? [work.restored.resourceId] : [])],
  });
  const observed = whoIsWho(instances, { rollbackId, target, work });
  return { ...observed, rollbackId, target, cutover, work: await notice(rollbackId, work, observed) };
};

const moveName = (move: Move): string => ('instance' in move ? `${move.move} ${move.instance.identifier}` : move.move);

/** null: it was carried out, or is to be decided on anew. */
const carryOutOrTell = async (
  database: Database,
  facts: MoveFacts,
  move: Move,
  action: DatabaseAction,
): Promise<string | null> => {
  try {
    await carryOut(database, facts, move, action);
    return null;
  } catch (error) {
    if (error instanceof DatabaseChangeRefused || error instanceof DatabaseChangeStuck) return error.message;
    throw error;
  }
};

const fail = async ({ rollbackId, work }: MoveFacts, action: DatabaseAction, cause: string): Promise<Advanced> => {
  const detail = { cause, seen: work.seen ?? [] };
  await appendEvent({
    rollbackId,
    phase: action,
    type: 'database-failed',
    key: `database-${action}-failed`,
    detail,
    now: new Date(),
  });
  return answer('FAILED', work, cause);
};

const answer = (state: Advanced['state'], { restored }: DatabaseWork, cause = ''): Advanced => ({
  state,
  cause,
  restoredAddress: addressText(restored?.address),
});
