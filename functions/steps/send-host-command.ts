import { allEnded } from '../../lib/all-ended.ts';
import { type HostAction, HostCommandInput } from '../../lib/contracts.ts';
import { changedMeanwhile } from '../../lib/domain/baseline.ts';
import { ChangedMeanwhile, RollbackCancelled } from '../../lib/errors.ts';
import { commandsOf } from '../../lib/log/commands.ts';
import { databaseWorkOf } from '../../lib/log/database-work.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { getRollback, requireRollback } from '../../lib/log/rollbacks.ts';
import { step, warmUp } from '../../lib/middleware.ts';
import { capturesOf } from '../../lib/rollback/evidence.ts';
import { beginInTime } from '../../lib/rollback/expiry.ts';
import { followHostCommand } from '../../lib/rollback/follow-host-command.ts';
import { keepLock } from '../../lib/rollback/lease.ts';
import { PHASES } from '../../lib/rollback/phases.ts';
import { intend, sendOnce } from '../../lib/rollback/send-host-command.ts';
import { moveTo } from '../../lib/rollback/status.ts';

/** What a cancellation, or one host that is gone, can still hold back; an undo and a look at the hosts always go on. */
const STOPPABLE = new Set<HostAction>([
  'capture',
  'prepare',
  'prepare-configuration',
  'probe-database',
  'check-database',
  'stop',
  'find-database',
  'apply',
]);

/** What a rollback begins with on hosts, all at once. */
const BEGINNING = new Set<HostAction>(['capture', 'prepare', 'prepare-configuration', 'probe-database']);

/** What a host is changed by first. */
const CHANGING = new Set<HostAction>(['stop', 'apply']);

/** Many commands end within this: then no other step has to start for them. */
const LOOK_MS = 3000;

export const handler = step(HostCommandInput, async (input) => {
  const now = new Date();
  const { rollbackId, fence, action, wave } = input;
  const [plan, rollback, commands] = await Promise.all([
    requirePlan(rollbackId),
    requireRollback(rollbackId),
    commandsOf(rollbackId),
  ]);
  if (STOPPABLE.has(action) && rollback.cancelRequestedBy)
    throw new RollbackCancelled(`${rollback.cancelRequestedBy} cancelled the rollback.`);
  if (BEGINNING.has(action) && wave.index === 0) await beginInTime(plan, now);
  const changed = CHANGING.has(action) && changedMeanwhile(plan, capturesOf(commands));
  if (changed) throw new ChangedMeanwhile(changed);
  // The intent comes first: whoever takes the lock away then finds every command that may still be sent.
  const database = plan.database && (await databaseWorkOf(rollbackId));
  const intended = await intend(input, { plan, rollback, commands, database }, now);
  await keepLock(plan, fence, now);
  const detail = { action, wave: wave.index, hosts: wave.hosts, commit: wave.commit };
  // The intent is on record, so the event need not be waited for.
  const [{ unreachable, ...sent }] = await allEnded([
    sendOnce(intended, STOPPABLE.has(action)),
    appendEvent({
      rollbackId,
      phase: PHASES[action],
      type: 'host-command-started',
      key: `${action}-${wave.index}-started`,
      detail,
      now,
    }),
    action === 'capture' && rollback.status !== 'in-progress' ? moveTo(rollbackId, 'in-progress') : undefined,
  ]);
  const followed = await followHostCommand({ input, document: intended.command.document, unreachable, ...sent }, plan, LOOK_MS);
  return { ...sent, ...followed };
}).use(warmUp(getRollback));
