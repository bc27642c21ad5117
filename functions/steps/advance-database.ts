import { DatabaseInput } from '../../lib/contracts.ts';
import { step } from '../../lib/middleware.ts';
import { advanceDatabase } from '../../lib/rollback/advance-database.ts';
import { openDatabase } from '../../lib/rollback/database.ts';

/** One call lasts about this long, and the requests of a last move; after that the machine waits instead of the function. */
const LOOK_MS = 20_000;

/** Brings the database a move or two further. A cancellation stops it until the cut-over is begun, which goes on to its end, or is undone. */
export const handler = step(DatabaseInput, async ({ rollbackId, fence, action }) => {
  const database = await openDatabase(rollbackId, fence, action);
  return advanceDatabase(database, action, LOOK_MS);
});
