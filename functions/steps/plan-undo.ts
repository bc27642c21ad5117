import * as z from 'zod/mini';
import { ExecutionInput } from '../../lib/contracts.ts';
import { describeFailure } from '../../lib/domain/failure.ts';
import { groupByCommit, undoWaves } from '../../lib/domain/waves.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { databaseWorkOf } from '../../lib/log/database-work.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { frontendWorkOf } from '../../lib/log/frontend-work.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { step } from '../../lib/middleware.ts';
import { capturesOf, servingHosts, touchedHosts } from '../../lib/rollback/evidence.ts';
import { cancelUnfinished } from '../../lib/rollback/host-commands.ts';
import { keepLock } from '../../lib/rollback/lease.ts';
import { moveTo } from '../../lib/rollback/status.ts';

const Failure = z.object({ Error: z.string(), Cause: z.string() });
const Input = z.extend(ExecutionInput, { lock: z.object({ fence: z.int() }), failure: z.optional(Failure) });

/** The host commands' own events say all of it. */
const BECAUSE_LENGTH = 1000;

/** What has to go back: each host that a change was begun on, to the commit that it was captured with, and in what order. */
export const handler = step(Input, async ({ rollbackId, lock, failure }) => {
  const now = new Date();
  // What runs in this rollback's name is ended also when somebody else holds the lock by now.
  await cancelUnfinished(rollbackId);
  const plan = await requirePlan(rollbackId);
  await keepLock(plan, lock.fence, now);
  const [commands, { applyBegunAt }, data] = await Promise.all([
    commandsOf(rollbackId),
    frontendWorkOf(rollbackId),
    databaseWorkOf(rollbackId),
  ]);
  const touched = touchedHosts(commands);
  const frontend = applyBegunAt !== undefined;
  const database = data.cutOverBegunAt !== undefined;
  if (touched.length === 0 && !frontend && !database) return { needed: false, frontend, database, waves: [], batches: [] };
  const captures = capturesOf(commands);
  const waves = undoWaves({
    captures,
    touched,
    // Behind a database that is taken back, nothing serves: services stop first.
    serving: database ? [] : servingHosts(commands),
    concurrency: plan.manifest.hosts.concurrency,
  });
  await appendEvent({
    rollbackId,
    phase: 'undo',
    type: 'undo-planned',
    key: 'undo-planned',
    detail: {
      waves,
      frontend,
      database,
      because: failure ? describeFailure(failure).slice(0, BECAUSE_LENGTH) : 'the verdict was worse',
    },
    now,
  });
  await moveTo(rollbackId, 'undoing');
  return { needed: true, frontend, database, waves, batches: groupByCommit(captures) };
});
