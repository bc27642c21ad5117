import { broken, DONE, elsewhere, gone, type Move, type MoveFacts, renamed, taken, WAIT } from './move.ts';
import { type DatabaseState, hasFailed, isSettled, ROLE_TAG, ROLLBACK_TAG } from './state.ts';

/**
 * Towards the old instance under its own name, from any point of a cut-over: a rename that is under way is waited for, whichever it
 * is. The restored instance goes back to its own name, if it has the other; one that failed or is gone is left where it is.
 */
export function undone(facts: MoveFacts): Move {
  const { source, target, cutover } = facts;
  const { identifier: name, resourceId } = target.source;
  if (source === null) return gone(`The old instance ${name} (${resourceId})`);
  if (source.identifier === name) return returned(facts, source);
  if (cutover === 'environment' || source.identifier !== target.keptName) return elsewhere(source, name, facts);
  return nameGivenBack(facts) ?? nameTakenBack(facts, source);
}

/** What stands between the old instance and its name; null: nothing any more. */
function nameGivenBack(facts: MoveFacts): Move | null {
  const { restored, strangers, target } = facts;
  const { identifier: name } = target.source;
  const stranger = strangers.find(({ identifier }) => identifier === name);
  if (stranger) return taken(stranger, name);
  if (restored === null) return null;
  if (restored.identifier === name) {
    const isFree = isSettled(restored) || hasFailed(restored);
    return isFree ? renamed(facts, 'restored', restored, target.restoredName) : WAIT;
  }
  return isBeingRenamed(restored) ? WAIT : null;
}

function nameTakenBack(facts: MoveFacts, source: DatabaseState): Move {
  if (hasFailed(source)) return broken(source);
  return isSettled(source) ? renamed(facts, 'source', source, facts.target.source.identifier) : WAIT;
}

function isBeingRenamed(restored: DatabaseState): boolean {
  return !hasFailed(restored) && (restored.renamingTo !== null || restored.status === 'renaming');
}

/** It stays protected against deletion: whether it was before is not known here. */
function returned({ rollbackId }: MoveFacts, source: DatabaseState): Move {
  if (hasFailed(source)) return broken(source);
  if (!isSettled(source)) return WAIT;
  const isMarked = source.tags[ROLLBACK_TAG] === rollbackId && source.tags[ROLE_TAG] === 'kept';
  return isMarked ? { move: 'protect', instance: source, protect: false, tags: { [ROLE_TAG]: 'returned' } } : DONE;
}
