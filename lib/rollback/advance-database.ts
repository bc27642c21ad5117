/** Brings a database rollback on: looks at its instances, decides on the next move, carries that out, and looks again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findInstances } from '../aws/rds/describe.ts';
import { DatabaseChangeRefused, DatabaseChangeStuck } from '../aws/rds/errors.ts';
import type { DatabaseWork } from '../contracts.ts';
import { addressText } from '../domain/database/address.ts';
import { givesName, type Move, type MoveFacts, whoIsWho } from '../domain/database/move.ts';
import { type DatabaseAction, nextMove } from '../domain/database/moves.ts';
import { withPatience } from '../domain/database/patience.ts';
import { databaseWorkOf } from '../log/database-work.ts';
import { appendEvent } from '../log/events.ts';
import { type Pace, pauseAfter } from '../pace.ts';
import type { Database } from './database.ts';
import { carryOut } from './database-moves.ts';
import { notice, recordCutOverAsked, recordEnd } from './database-record.ts';

/**
 * NAMING: RDS took the last rename, so hosts may begin to wait for where the name leads; to be called again.
 * `restoredAddress`: `host:port` of the restored instance while it had its own name; '' while it has none.
 */
export interface Advanced {
  readonly state: 'READY' | 'PENDING' | 'NAMING' | 'FAILED';
  readonly cause: string;
  readonly restoredAddress: string;
}

/**
 * A restore takes minutes and nobody waits for it. While instances change names the application is down and every moment counts;
 * RDS is asked once a second all the same when it takes its time.
 */
const WHILE_DOWN: Pace = { shortestMs: 100, longestMs: 1000 };
const PACES: Readonly<Record<DatabaseAction, Pace>> = {
  prepare: { shortestMs: 300, longestMs: 3000 },
  apply: WHILE_DOWN,
  undo: WHILE_DOWN,
};

/**
 * Looks and acts for about `lookMs` milliseconds. PENDING: to be called again; nothing is lost when a call ends half-way, since the
 * next one decides by what it sees.
 * @throws LockLost; AWS's own errors, after which it may be called again
 */
export const advanceDatabase = async (database: Database, action: DatabaseAction, lookMs: number): Promise<Advanced> => {
  const end = Date.now() + lookMs;
  if (action === 'apply') await recordCutOverAsked(database.plan.rollbackId, new Date());
  let former = '';
  let isRefused = false;
  for (let since = Date.now(); ; ) {
    const facts = await look(database);
    const move = withPatience(nextMove({ ...facts, action }), facts, action, new Date());
    if (move.move === 'done') return answer('READY', await recordEnd(facts, action));
    if (move.move === 'failed') return fail(facts, action, move.cause);
    const name = moveName(move);
    if (name !== former) since = Date.now();
    // What was just asked for may take a moment to be seen; what was refused is asked for again.
    if (name !== former || isRefused) {
      const problem = await carryOutOrTell(database, facts, move, action, since);
      if (typeof problem === 'string') return fail(facts, action, problem);
      isRefused = problem;
      if (!isRefused && givesName(move, facts)) return answer('NAMING', facts.work);
    }
    const pauseMs = pauseAfter(Date.now() - since, PACES[action]);
    if (Date.now() + pauseMs > end) return answer('PENDING', facts.work);
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
  return { ...observed, rollbackId, target, cutover, work: await notice(rollbackId, target, work, observed) };
};

const moveName = (move: Move): string => ('instance' in move ? `${move.move} ${move.instance.identifier}` : move.move);

/** Why it never will be carried out; true: it was refused for now, and is to be decided on anew; false: it was not. */
const carryOutOrTell = async (
  database: Database,
  facts: MoveFacts,
  move: Move,
  action: DatabaseAction,
  since: number,
): Promise<string | boolean> => {
  try {
    return !(await carryOut(database, facts, move, action, since));
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
