/** RDS in memory: what renames, restores and failures do to names, without time. */
import type { DatabaseWork } from '../../../lib/contracts.ts';
import { type Move, type MoveFacts, whoIsWho } from '../../../lib/domain/database/move.ts';
import { type DatabaseAction, nextMove } from '../../../lib/domain/database/moves.ts';
import { type DatabaseState, isGetting } from '../../../lib/domain/database/state.ts';
import { restoredTags } from '../../../lib/domain/database/tags.ts';
import { database, TARGET } from './builders.ts';

/** What becomes of a change that is asked for. */
export type Fate =
  /** Carried out after a while, or at once. */
  | { readonly kind: 'done'; readonly ticks: number }
  /** Not even taken, as when RDS is throttling. */
  | { readonly kind: 'lost' }
  /** Taken, and then not carried out: the instance is as before. */
  | { readonly kind: 'dropped'; readonly ticks: number }
  /** The instance ends in a state that it does not leave. */
  | { readonly kind: 'final'; readonly ticks: number };

type Mutable = { -readonly [K in keyof DatabaseState]: DatabaseState[K] };
type Job = { readonly instance: Mutable; ticks: number; readonly end: () => void };

export class SimulatedRds {
  readonly instances: Mutable[] = [];
  readonly #jobs: Job[] = [];
  readonly #fates: Fate[];
  /** Requests that RDS would have refused: the decision saw it coming and asked all the same. */
  readonly violations: string[] = [];

  constructor(instances: readonly DatabaseState[], fates: readonly Fate[] = []) {
    this.instances = instances.map((instance) => ({ ...instance }));
    this.#fates = [...fates];
  }

  find(identifier: string): Mutable | undefined {
    return this.instances.find((instance) => instance.identifier === identifier);
  }

  tick(): void {
    for (const job of this.#jobs.splice(0)) {
      job.ticks -= 1;
      if (job.ticks > 0) {
        // For a while RDS says that nothing happens, though something is asked for.
        if (job.instance.renamingTo !== null && job.ticks < 2) job.instance.status = 'renaming';
        this.#jobs.push(job);
      } else job.end();
    }
  }

  /** Whether a change that was asked for is still on its way to this instance. */
  isBusyWith({ resourceId }: DatabaseState): boolean {
    return this.#jobs.some(({ instance }) => instance.resourceId === resourceId);
  }

  rename(resourceId: string, to: string): void {
    const instance = this.#requireAvailable(resourceId);
    if (this.instances.some((other) => other.identifier === to || isGetting(other, to))) this.violations.push(`${to} is taken`);
    const fate = this.#nextFate();
    if (!instance || fate.kind === 'lost') return;
    instance.renamingTo = to;
    this.#begin(instance, fate, () => {
      instance.identifier = to;
      instance.address = { host: `${to}.example`, port: 5432 };
    });
  }

  change(resourceId: string, settings: Partial<DatabaseState['settings']>): void {
    const instance = this.#requireAvailable(resourceId);
    const fate = this.#nextFate();
    if (!instance || fate.kind === 'lost') return;
    instance.pending = Object.keys(settings);
    this.#begin(instance, fate, () => {
      instance.settings = { ...instance.settings, ...settings };
    });
  }

  restore(to: string, tags: Readonly<Record<string, string>>): void {
    if (this.find(to)) this.violations.push(`${to} is taken`);
    const fate = this.#nextFate();
    if (fate.kind === 'lost' || fate.kind === 'dropped') return;
    const made = { ...database({ identifier: to, resourceId: 'db-RESTORED', tags, address: null, status: 'creating' }) };
    made.settings = { ...made.settings, monitoringInterval: 0, backupRetentionDays: 1 };
    this.instances.push(made);
    this.#begin(made, fate, () => {
      made.address = { host: `${to}.example`, port: 5432 };
    });
  }

  tag(resourceId: string, tags: Readonly<Record<string, string>>): void {
    const instance = this.instances.find((other) => other.resourceId === resourceId);
    if (instance && this.#nextFate().kind !== 'lost') instance.tags = { ...instance.tags, ...tags };
  }

  #begin(instance: Mutable, fate: Exclude<Fate, { kind: 'lost' }>, carryOut: () => void): void {
    const end = () => {
      if (fate.kind === 'done') carryOut();
      instance.status = fate.kind === 'final' ? 'incompatible-network' : 'available';
      // A rename that failed for good stays among what RDS says is pending.
      if (fate.kind !== 'final') instance.renamingTo = null;
      instance.pending = [];
    };
    if (fate.ticks === 0) end();
    else this.#jobs.push({ instance, ticks: fate.ticks, end });
  }

  #requireAvailable(resourceId: string): Mutable | undefined {
    const instance = this.instances.find((other) => other.resourceId === resourceId);
    if (instance?.status !== 'available' || instance.renamingTo !== null) this.violations.push(`${resourceId} takes no change`);
    return instance;
  }

  #nextFate(): Fate {
    return this.#fates.shift() ?? { kind: 'done', ticks: 1 };
  }
}

/** A rollback on a simulated RDS, as its step goes about it: every look may be the last one of a process. */
export class SimulatedRollback {
  readonly rds: SimulatedRds;
  readonly cutover: MoveFacts['cutover'];
  work: DatabaseWork;

  constructor(rds: SimulatedRds, cutover: MoveFacts['cutover'] = 'rename', work: DatabaseWork = {}) {
    this.rds = rds;
    this.cutover = cutover;
    this.work = work;
  }

  /** One look and its move. */
  advance(action: DatabaseAction): Move {
    const at = { rollbackId: 'shop-1', target: TARGET, work: this.work };
    const observed = whoIsWho(structuredClone(this.rds.instances), at);
    const { restored } = observed;
    if (!this.work.restored && restored?.address) {
      const { identifier, resourceId, address } = restored;
      this.work = { ...this.work, restored: { identifier, resourceId, address } };
    }
    const move = nextMove({ ...at, ...observed, work: this.work, cutover: this.cutover, action });
    this.#carryOut(move, action);
    return move;
  }

  /** Goes on to the end; null: it came to none. */
  run(action: DatabaseAction): Move | null {
    for (let look = 0; look < 100; look++) {
      const move = this.advance(action);
      if (move.move === 'done' || move.move === 'failed') return move;
      this.rds.tick();
    }
    return null;
  }

  #carryOut(move: Move, action: DatabaseAction): void {
    const { rds } = this;
    if (move.move === 'done' && action === 'prepare') this.work = { ...this.work, preparedAt: 'now' };
    if (move.move === 'wait' || move.move === 'done' || move.move === 'failed') return;
    if (action === 'undo') this.work = { ...this.work, undoBegunAt: 'now' };
    if (move.move === 'restore') rds.restore(TARGET.restoredName, restoredTags(move.source.tags, 'shop-1'));
    else if (move.move === 'modify') rds.change(move.instance.resourceId, move.changes);
    else if (move.move === 'rename') rds.rename(move.instance.resourceId, move.to);
    else {
      if (move.protect) rds.change(move.instance.resourceId, { deletionProtection: true });
      rds.tag(move.instance.resourceId, move.tags);
    }
  }
}
