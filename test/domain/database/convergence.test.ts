import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseAction } from '../../../lib/domain/database/moves.ts';
import type { DatabaseState } from '../../../lib/domain/database/state.ts';
import { database, facts, restored, TARGET } from './builders.ts';
import { type Fate, SimulatedRds, SimulatedRollback } from './simulation.ts';

const { restoredName, keptName } = TARGET;
const ticks = fc.nat(4);
/** What a rollback can get over by itself. */
const passing: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('done' as const), ticks }) },
  fc.constant({ kind: 'lost' as const }),
  fc.record({ kind: fc.constant('dropped' as const), ticks }),
);
const anyFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 4, arbitrary: passing },
  fc.record({ kind: fc.constant('final' as const), ticks }),
);
const cutover = fc.constantFrom('rename' as const, 'environment' as const);
const RUNS = { numRuns: 400 };

function places({ rds }: SimulatedRollback): Record<string, string> {
  return Object.fromEntries(rds.instances.map(({ resourceId, identifier }) => [resourceId, identifier]));
}

function cutOver(rollback: SimulatedRollback): void {
  expect(rollback.run('prepare')).toEqual({ move: 'done' });
  expect(rollback.run('apply')).toEqual({ move: 'done' });
}

describe('a rollback on an RDS that is slow, forgetful or drops changes', () => {
  it('comes to its end, and both instances are as its way of cutting over has it', () => {
    fc.assert(
      fc.property(cutover, fc.array(passing, { maxLength: 12 }), (way, fates) => {
        const rollback = new SimulatedRollback(new SimulatedRds([database()], fates), way);
        cutOver(rollback);
        const renamed = { 'db-SHOP': keptName, 'db-RESTORED': 'shop' };
        const stayed = { 'db-SHOP': 'shop', 'db-RESTORED': restoredName };
        expect(places(rollback)).toEqual(way === 'rename' ? renamed : stayed);
        expect(rollback.rds.instances.map(({ settings }) => settings.deletionProtection)).toEqual([true, true]);
        expect(rollback.rds.violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is undone from any point of the cut-over, with renames still under way', () => {
    fc.assert(
      fc.property(cutover, fc.nat(12), fc.array(passing, { maxLength: 20 }), (way, looks, fates) => {
        const rollback = new SimulatedRollback(new SimulatedRds([database()], fates), way);
        expect(rollback.run('prepare')).toEqual({ move: 'done' });
        for (let look = 0; look < looks; look++) {
          rollback.advance('apply');
          rollback.rds.tick();
        }
        expect(rollback.run('undo')).toEqual({ move: 'done' });
        expect(places(rollback)).toEqual({ 'db-SHOP': 'shop', 'db-RESTORED': restoredName });
        expect(rollback.rds.find('shop')?.tags).not.toMatchObject({ RollbackService: 'kept' });
        expect(rollback.rds.violations).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is undone also when the restored instance breaks before it has the name', () => {
    fc.assert(
      fc.property(ticks, fc.array(passing, { maxLength: 6 }), (late, fates) => {
        const rollback = new SimulatedRollback(
          new SimulatedRds([database({ identifier: keptName }), restored()], [{ kind: 'final', ticks: late }, ...fates]),
          'rename',
          facts().work,
        );
        expect(rollback.run('apply')).toMatchObject({ move: 'failed' });
        expect(rollback.run('undo')).toEqual({ move: 'done' });
        expect(places(rollback)).toEqual({ 'db-SHOP': 'shop', 'db-RESTORED': restoredName });
      }),
    );
  });
});

/** Anything that a step may come upon: left by itself, by RDS or by people. */
const status = fc.constantFrom('available', 'available', 'creating', 'modifying', 'renaming', 'backing-up', 'failed', 'stopped');
const name = fc.constantFrom('shop', restoredName, keptName, 'other');
const anyInstances = fc
  .uniqueArray(fc.record({ identifier: name, resourceId: fc.constantFrom('db-SHOP', 'db-RESTORED', 'db-STRANGER'), status }), {
    maxLength: 3,
    selector: ({ resourceId }) => resourceId,
  })
  .filter((instances) => new Set(instances.map(({ identifier }) => identifier)).size === instances.length)
  .map((instances) =>
    instances.map((instance) => (instance.resourceId === 'db-RESTORED' ? restored(instance) : database(instance))),
  );
const anyWork = fc.constantFrom({}, { restoreBegunAt: 'now' }, facts().work, { ...facts().work, cutOverBegunAt: 'now' });
const anyAction = fc.constantFrom<DatabaseAction>('prepare', 'apply', 'undo');

describe('from whatever it comes upon, with whatever goes wrong', () => {
  /** What others do between two looks. */
  const disturb = (rds: SimulatedRds, renames: readonly string[]) => {
    for (const to of renames) {
      const instance = rds.instances.find(({ status: is, renamingTo }) => is === 'available' && renamingTo === null);
      if (instance && !rds.instances.some(({ identifier, renamingTo }) => [identifier, renamingTo].includes(to)))
        instance.identifier = to;
    }
  };

  it('ends, loses no instance, and asks for no name that another has', () => {
    const scenario = fc.record({
      instances: anyInstances,
      work: anyWork,
      way: cutover,
      action: anyAction,
      fates: fc.array(anyFate, { maxLength: 8 }),
      disturbances: fc.array(fc.array(name, { maxLength: 1 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(scenario, ({ instances, work, way, action, fates, disturbances }) => {
        const rds = new SimulatedRds(instances, fates);
        const rollback = new SimulatedRollback(rds, way, work);
        for (const disturbance of disturbances) {
          rollback.advance(action);
          rds.tick();
          disturb(rds, disturbance);
        }
        // Nobody else ever ends a state that is on its way: RDS does.
        for (const instance of rds.instances) if (!rds.isBusyWith(instance) && isPassing(instance)) instance.status = 'available';
        const end = rollback.run(action);
        expect(end?.move).toMatch(/^(done|failed)$/);
        const ids = rds.instances.map(({ resourceId }) => resourceId);
        expect(ids).toEqual(expect.arrayContaining(instances.map(({ resourceId }) => resourceId)));
        expect(new Set(rds.instances.map(({ identifier }) => identifier)).size).toBe(ids.length);
        expect(rds.violations).toEqual([]);
        const isRight = action === 'undo' || way === 'environment' ? 'db-SHOP' : 'db-RESTORED';
        if (end?.move === 'done' && action !== 'prepare') expect(rds.find('shop')?.resourceId).toBe(isRight);
      }),
      { numRuns: 2000 },
    );
  });
});

function isPassing({ status: is }: DatabaseState): boolean {
  return ['creating', 'modifying', 'renaming', 'backing-up'].includes(is);
}
