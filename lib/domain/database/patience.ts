/** How long is waited for what RDS does by itself, and when that is given up. */
import type { DatabaseWork } from '../../contracts.ts';
import { failed, type Move, type MoveFacts, WAIT } from './move.ts';
import type { DatabaseAction } from './moves.ts';
import { describeInstance } from './state.ts';

const MINUTE_MS = 60_000;
/** RDS's answers are eventually consistent: an instance that is missing for less than this may be there all the same. */
const LONGEST_ABSENCE_MS = MINUTE_MS;
/**
 * Services are down during a cut-over. Before the first rename nothing is lost by giving up: a backup or maintenance may keep an
 * instance for hours. A rename takes some minutes, and there are two. An undo is never given up for the time that it takes.
 */
const LONGEST_START_MS = 15 * MINUTE_MS;
const LONGEST_CUT_OVER_MS = 60 * MINUTE_MS;

/** RDS may refuse what it is doing already, and what it is through with is seen a moment later: longer than this is something else. */
const LONGEST_SILENCE_MS = 5000;

/** Whether people are to hear of a move that RDS refuses, by how long it has done so. */
export function isWorthTelling(refusedMs: number): boolean {
  return refusedMs >= LONGEST_SILENCE_MS;
}

/** The move that was decided on, or the end of all patience with it. */
export function withPatience(move: Move, facts: MoveFacts, action: DatabaseAction, now: Date): Move {
  const { work } = facts;
  if (move.move === 'failed' && move.doubtful) return isGone(work, now) ? move : WAIT;
  if (move.move !== 'wait' || action !== 'apply' || work.cutOverAskedAt === undefined) return move;
  const limit = work.cutOverBegunAt === undefined ? LONGEST_START_MS : LONGEST_CUT_OVER_MS;
  return now.getTime() - Date.parse(work.cutOverAskedAt) < limit ? move : failed(overdue(facts, limit));
}

function isGone({ seenSince }: DatabaseWork, now: Date): boolean {
  return seenSince !== undefined && now.getTime() - Date.parse(seenSince) >= LONGEST_ABSENCE_MS;
}

function overdue({ source, restored }: MoveFacts, limit: number): string {
  const instances = [source, restored].filter((state) => state !== null).map(describeInstance);
  return `The cut-over waited ${limit / MINUTE_MS} minutes, with services stopped, for ${instances.join(' and ')}. Ask again when both are available and no backup or maintenance is due.`;
}
