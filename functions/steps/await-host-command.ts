import { AwaitHostCommandInput, type HostResult, type Plan } from '../../lib/contracts.ts';
import { recordResults, requireCommand } from '../../lib/log/commands.ts';
import { appendEvent } from '../../lib/log/events.ts';
import { requirePlan } from '../../lib/log/plans.ts';
import { step } from '../../lib/middleware.ts';
import { cancelAndCollect, collect } from '../../lib/rollback/host-commands.ts';
import { keepLock } from '../../lib/rollback/lease.ts';
import { PHASES } from '../../lib/rollback/phases.ts';

/** One look lasts at most this long, well under the function's time-out; a longer command is looked at again. */
const LOOK_MS = 20_000;

/** A state's Cause holds 32,768 characters, and goes through two executions that each write it as JSON in JSON. */
const CAUSE_LENGTH = 4000;

const sentence = (failed: readonly HostResult[]): string =>
  failed
    .map(({ host, error, message }) => `${host}: ${error} (${message})`)
    .join('; ')
    .slice(0, CAUSE_LENGTH);

/** SSM says only that it was cancelled; people want to know by whom and why. */
const overdue = (result: HostResult, { manifest }: Plan): HostResult =>
  result.error === 'Cancelled'
    ? { ...result, error: 'timed-out', message: `did not end within ${manifest.hosts.commandTimeout} and was cancelled` }
    : result;

/** @returns READY when every host succeeded, FAILED with the hosts that did not, PENDING while some still run */
export const handler = step(AwaitHostCommandInput, async ({ rollbackId, fence, action, wave, command }) => {
  const [{ document }, plan] = await Promise.all([requireCommand(rollbackId, action, wave.index), requirePlan(rollbackId)]);
  await keepLock(plan, fence, new Date());
  const deadline = new Date(command.deadline);
  const until = new Date(Math.min(deadline.getTime(), Date.now() + LOOK_MS));
  const results = await collect(command.commandId, document, wave.hosts, until);
  if (!results && Date.now() < deadline.getTime() - 1000) return { state: 'PENDING', cause: '' };

  const all = results ?? (await cancelAndCollect(command.commandId, document, wave.hosts)).map((late) => overdue(late, plan));
  const failed = all.filter(({ ok }) => !ok);
  await recordResults({ rollbackId, action, wave: wave.index, results: all, endedAt: new Date().toISOString() });
  const detail = {
    action,
    wave: wave.index,
    timedOut: results === null,
    hosts: all.map(({ host, ok, error, message, result }) => ({ host, ok, error, message, result })),
  };
  const type = failed.length === 0 ? 'host-command-succeeded' : 'host-command-failed';
  await appendEvent({ rollbackId, phase: PHASES[action], type, key: `${action}-${wave.index}-ended`, detail, now: new Date() });
  return failed.length === 0 ? { state: 'READY', cause: '' } : { state: 'FAILED', cause: sentence(failed) };
});
