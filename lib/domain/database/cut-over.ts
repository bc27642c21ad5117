import { broken, DONE, elsewhere, failed, gone, type Move, type MoveFacts, renamed, WAIT } from './move.ts';
import { type DatabaseState, hasFailed, isReady, isSettled } from './state.ts';
import { keptTags } from './tags.ts';

/**
 * Towards the restored instance in the place of the old one, and both protected against deletion. By rename: the old one gives its
 * name away first, and the restored one gets it when the old one is through. By environment the names stay: hosts are told another.
 */
export function applied(facts: MoveFacts): Move {
  const { source, restored, target, work } = facts;
  if (work.undoBegunAt) return failed('The cut-over is being undone: nothing more of it is done.');
  if (source === null) return gone(`The old instance ${target.source.identifier} (${target.source.resourceId})`);
  if (restored === null) return gone(`The restored instance ${target.restoredName}`);
  if (!work.preparedAt) return failed(`${target.restoredName} was not prepared to its end, so nothing is cut over to it.`);
  if (hasFailed(restored)) return broken(restored);
  return facts.cutover === 'rename' ? swapped(facts, source, restored) : pointedAt(facts, source, restored);
}

function swapped(facts: MoveFacts, source: DatabaseState, restored: DatabaseState): Move {
  const { keptName, restoredName, source: was } = facts.target;
  if (source.identifier === was.identifier) return nameGivenUp(facts, source, restored);
  if (source.identifier !== keptName) return elsewhere(source, was.identifier, facts);
  if (restored.identifier === was.identifier)
    return isReady(restored) ? protection(facts, source, restored) : meanwhile(facts, source);
  if (restored.identifier !== restoredName) return elsewhere(restored, restoredName, facts);
  // An old instance that did not survive its own rename keeps nobody from having a database again.
  const isThrough = isSettled(source) || hasFailed(source);
  if (!isThrough) return WAIT;
  return isSettled(restored) ? renamed(facts, 'restored', restored, was.identifier) : meanwhile(facts, source);
}

/** The old one is marked while the restored one gets its name: the application, which is down, waits for nothing but the renames. */
function meanwhile(facts: MoveFacts, source: DatabaseState): Move {
  const mark = marking(facts, source);
  return mark === DONE ? WAIT : mark;
}

function nameGivenUp(facts: MoveFacts, source: DatabaseState, restored: DatabaseState): Move {
  const { keptName, restoredName } = facts.target;
  if (hasFailed(source)) return broken(source);
  if (restored.identifier !== restoredName) return elsewhere(restored, restoredName, facts);
  return isSettled(source) && isReady(restored) ? renamed(facts, 'source', source, keptName) : WAIT;
}

function pointedAt(facts: MoveFacts, source: DatabaseState, restored: DatabaseState): Move {
  const { restoredName, source: was } = facts.target;
  if (source.identifier !== was.identifier) return elsewhere(source, was.identifier, facts);
  if (restored.identifier !== restoredName) return elsewhere(restored, restoredName, facts);
  return isReady(restored) ? protection(facts, source, restored) : WAIT;
}

/** The renames protect too; this is for where they did not, and marks the old instance. */
function protection(facts: MoveFacts, source: DatabaseState, restored: DatabaseState): Move {
  if (!restored.settings.deletionProtection) return { move: 'protect', instance: restored, protect: true, tags: {} };
  return marking(facts, source);
}

/** Tags on the old instance, and its protection; DONE where it has both. */
function marking({ rollbackId }: MoveFacts, source: DatabaseState): Move {
  const isUnprotected = !source.settings.deletionProtection && !hasFailed(source);
  const tags = keptTags(source.tags, rollbackId);
  const isTagged = Object.entries(tags).every(([key, value]) => source.tags[key] === value);
  if (isTagged && !isUnprotected) return DONE;
  if (isUnprotected && !isSettled(source)) return WAIT;
  return { move: 'protect', instance: source, protect: isUnprotected, tags };
}
