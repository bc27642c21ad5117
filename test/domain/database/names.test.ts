import fc from 'fast-check';
import { expect, it } from 'vitest';
import { databaseNames } from '../../../lib/domain/database/names.ts';

const IDENTIFIER = /^[a-z](-?[a-z0-9])*$/;
const anyInstance = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,61}$/).filter((name) => name.length <= 63);

it('gives the same names to the same rollback, and others to every other', () => {
  const names = databaseNames('shop', 'shop-1');
  expect(names).toEqual(databaseNames('shop', 'shop-1'));
  expect(names.restoredName).toMatch(/^shop-rb-[0-9a-f]{8}$/);
  expect(names.keptName).toMatch(/^shop-before-[0-9a-f]{8}$/);
  expect(databaseNames('shop', 'shop-2').restoredName).not.toBe(names.restoredName);
  expect(databaseNames('shop2', 'shop-1').restoredName.slice(-8)).not.toBe(names.restoredName.slice(-8));
});

it('names that RDS takes, whatever the instance is called', () => {
  fc.assert(
    fc.property(anyInstance, fc.string(), (instance, rollbackId) => {
      for (const name of Object.values(databaseNames(instance, rollbackId))) {
        expect(name).toMatch(IDENTIFIER);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(name.startsWith(instance.slice(0, 40).replace(/-.*$/, ''))).toBe(true);
      }
    }),
  );
});

it('do not grow when what was restored once is restored again', () => {
  const { restoredName } = databaseNames('shop', 'shop-1');
  expect(databaseNames(restoredName, 'shop-2').restoredName).toMatch(/^shop-rb-[0-9a-f]{8}$/);
});
