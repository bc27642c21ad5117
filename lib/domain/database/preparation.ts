import { broken, DONE, elsewhere, gone, type Move, type MoveFacts, taken, WAIT } from './move.ts';
import { differences } from './settings.ts';
import { type DatabaseState, hasFailed, isReady } from './state.ts';

/** Towards a restored instance, under its own name, that is as its source in everything but the data. */
export function prepared(facts: MoveFacts): Move {
  const { source, restored, target } = facts;
  if (source === null) return gone(`${target.source.identifier} (${target.source.resourceId})`);
  if (restored === null) return begun(facts, source);
  if (hasFailed(restored)) return broken(restored);
  if (!isReady(restored)) return WAIT;
  if (restored.identifier !== target.restoredName) return elsewhere(restored, target.restoredName, facts);
  const changes = differences(source, restored);
  if (Object.keys(changes).length > 0) return { move: 'modify', instance: restored, changes };
  return restored.address === null ? WAIT : DONE;
}

/** An instance that once was there is not made again: nobody knows why it was removed. */
function begun(facts: MoveFacts, source: DatabaseState): Move {
  const { target, work, strangers } = facts;
  const stranger = strangers.find(({ identifier }) => identifier === target.restoredName);
  if (work.restored) return gone(`The restored instance ${target.restoredName}`);
  if (stranger) return taken(stranger, target.restoredName);
  if (source.identifier !== target.source.identifier) return elsewhere(source, target.source.identifier, facts);
  return { move: 'restore', source };
}
