/** All parts of an application in one rollback: code, configuration, data and site come back together. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { breakAll, expectAllBack } from './full.ts';
import { openTheatre, type Theatre } from './harness.ts';

describe('a full rollback', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  it('brings everything back, the database by rename', async () => {
    const all = await breakAll(theatre, { cutover: 'rename' });
    await expectAllBack(all, async () => all.instance);
  });
});
