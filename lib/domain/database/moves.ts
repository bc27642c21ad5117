/**
 * The next move of a database rollback, decided anew from what is seen: from whatever state a step finds, after a crash, a lost
 * answer or the work of others, the moves lead to the end or to a failure that says what is where. No move removes anything.
 */
import type { DatabaseInput } from '../../contracts.ts';
import { applied } from './cut-over.ts';
import type { Move, MoveFacts } from './move.ts';
import { prepared } from './preparation.ts';
import { undone } from './way-back.ts';

export type DatabaseAction = DatabaseInput['action'];

export function nextMove({ action, ...facts }: MoveFacts & { readonly action: DatabaseAction }): Move {
  if (action === 'prepare') return prepared(facts);
  return action === 'apply' ? applied(facts) : undone(facts);
}
