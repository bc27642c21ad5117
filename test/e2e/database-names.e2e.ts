/** What becomes of names when a rename does not come to its end: which instance is called what, and what people are told of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectUntouched, openCorrupted } from './corrupted.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a rename', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it('that fails for good, the second one after the first succeeded, is undone: the old instance gets its name back', async () => {
    const data = await openCorrupted(theatre);
    theatre.aws.rds.failNext(data.instance, 'incompatible-parameters');
    const rollback = await data.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', resolution: expect.stringContaining('incompatible-parameters') });
    // The broken one still says which name it was to get, and keeps nobody from having it.
    const [restored = ''] = Object.keys(await data.instances()).filter((name) => name !== data.instance);
    expect(restored).toContain('-rb-');
    expect(await data.instances()).toEqual({ [data.instance]: 'available', [restored]: 'incompatible-parameters' });
    expect(rollback.resolution).toContain(`The database ${data.instance} is the one that it was before`);
    const events = await data.stage.events(rollback.rollbackId);
    const types = events.flatMap(({ type }) => (type.startsWith('database-') && type !== 'database-marked' ? [type] : []));
    expect(types.slice(types.indexOf('database-failed'))).toEqual([
      'database-failed',
      'database-undo-begun',
      'database-renamed',
      'database-undone',
    ]);
    await expectUntouched(data, rollback.rollbackId);
  });
});
