/** What a database rollback can do next, what that is decided by, and the reasons to do nothing more. */
import type { DatabaseTarget, DatabaseWork, Manifest } from '../../contracts.ts';
import type { DatabaseChanges } from './settings.ts';
import { type DatabaseState, describeInstance, hasFailed, isGetting, ROLLBACK_TAG } from './state.ts';

export type Cutover = NonNullable<Manifest['database']>['cutover'];

export type Observed = {
  /** The instance that was the production one when the plan was made. */
  readonly source: DatabaseState | null;
  /** The one that this rollback made. */
  readonly restored: DatabaseState | null;
  /** Others that have one of the names that the rollback deals with. */
  readonly strangers: readonly DatabaseState[];
};

export type MoveFacts = Observed & {
  readonly rollbackId: string;
  readonly target: DatabaseTarget;
  readonly cutover: Cutover;
  readonly work: DatabaseWork;
};

export type Move =
  | { readonly move: 'restore'; readonly source: DatabaseState }
  | { readonly move: 'modify'; readonly instance: DatabaseState; readonly changes: DatabaseChanges }
  | { readonly move: 'rename'; readonly who: 'source' | 'restored'; readonly instance: DatabaseState; readonly to: string }
  | {
      readonly move: 'protect';
      readonly instance: DatabaseState;
      /** Whether protection against deletion is to be turned on; if not, the instance is only tagged. */
      readonly protect: boolean;
      readonly tags: Readonly<Record<string, string>>;
    }
  | { readonly move: 'wait' }
  | { readonly move: 'done' }
  /** `doubtful`: an instance was not found, which RDS may say for a while of one that is being renamed: see patience.ts. */
  | { readonly move: 'failed'; readonly cause: string; readonly doubtful: boolean };

export const WAIT: Move = { move: 'wait' };
export const DONE: Move = { move: 'done' };

/** Who is who among the instances that have one of the names or resource ids of a rollback. */
export function whoIsWho(
  instances: readonly DatabaseState[],
  { rollbackId, target, work }: Pick<MoveFacts, 'rollbackId' | 'target' | 'work'>,
): Observed {
  const source = instances.find(({ resourceId }) => resourceId === target.source.resourceId) ?? null;
  const isRestored = ({ resourceId, tags }: DatabaseState) =>
    work.restored ? resourceId === work.restored.resourceId : tags[ROLLBACK_TAG] === rollbackId;
  const restored = instances.find((instance) => instance !== source && isRestored(instance)) ?? null;
  return { source, restored, strangers: instances.filter((instance) => instance !== source && instance !== restored) };
}

export function failed(cause: string): Move {
  return { move: 'failed', cause, doubtful: false };
}

export function gone(what: string): Move {
  return { move: 'failed', cause: `${what} is not there any more: somebody removed it.`, doubtful: true };
}

export function broken(instance: DatabaseState): Move {
  const events = `aws rds describe-events --source-type db-instance --source-identifier ${instance.identifier}`;
  return failed(`${describeInstance(instance)} does not get out of this state by itself. Look at what happened to it: ${events}`);
}

/** An instance has a name that this rollback did not give it. */
export function elsewhere(instance: DatabaseState, expected: string, { source, restored }: Observed): Move {
  const other = instance === source ? restored : source;
  const where = other === null ? '' : ` The other instance is ${describeInstance(other)}.`;
  return failed(`Somebody else renamed ${expected}: it is ${describeInstance(instance)} now.${where}`);
}

/** Gives an instance a name, unless it is broken or a stranger has the name, or is getting it. */
export function renamed(facts: Observed, who: 'source' | 'restored', instance: DatabaseState, to: string): Move {
  const stranger = facts.strangers.find((other) => other.identifier === to || isGetting(other, to));
  if (stranger) return taken(stranger, to);
  return hasFailed(instance) ? broken(instance) : { move: 'rename', who, instance, to };
}

/** Whether this is the last rename, which leads the name of the database to the instance that is to have it. */
export function givesName(move: Move, { target }: Pick<MoveFacts, 'target'>): boolean {
  return move.move === 'rename' && move.to === target.source.identifier;
}

export function taken(stranger: DatabaseState, name: string): Move {
  return failed(`The name ${name} belongs to an instance of somebody else: ${describeInstance(stranger)}.`);
}
