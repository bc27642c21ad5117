import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTheatre, type Theatre } from './harness.ts';

describe('a code rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it.concurrent('brings every host back to the last verified release', async () => {
    const stage = await theatre.stage();
    await stage.deploy('1.3.0');
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'succeeded', from: { version: '1.3.0' }, to: { version: '1.2.0' } });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await stage.expectOrder(rollback.rollbackId);
  });
});
