/** What an alarm that went to ALARM means for one application. */
import type { AlarmChange, Manifest, Rollback } from '../contracts.ts';
import { alarmRollbackId } from '../domain/identity.ts';
import { strategyFor } from '../domain/strategy.ts';
import { appendEvent } from '../log/events.ts';
import { markAlarmed } from '../registry/releases.ts';
import { releaseOnRecordAt } from './running-release.ts';
import { startRollback } from './start.ts';

interface FiredAlarm {
  readonly manifest: Manifest;
  readonly change: AlarmChange;
  readonly now: Date;
}

/**
 * The running release is no longer proven good, and a rollback starts if a trigger says so. EventBridge delivers at least once:
 * the rollback's id is made of alarm and time, so the same event again finds its rollback and is noted there.
 */
export const answerAlarm = async ({ manifest, change, now }: FiredAlarm): Promise<void> => {
  const { application, triggers } = manifest;
  const { alarmName, state } = change.detail;
  const [alarmArn = alarmName] = change.resources;
  // Alarm timestamps end in +0000, which is no ISO 8601 offset of JavaScript's strict kind.
  const stateTimestamp = new Date(state.timestamp.replace(/\+0000$/, 'Z')).toISOString();
  const running = await releaseOnRecordAt(application, stateTimestamp);
  if (running) await markAlarmed(application, running.version, stateTimestamp);
  const trigger = triggers.find(({ alarm }) => alarm === alarmName);
  if (!trigger) return;

  const asked = {
    rollbackId: alarmRollbackId(application, alarmArn, stateTimestamp),
    application,
    strategy: strategyFor(trigger.issue),
    trigger: { type: 'alarm', alarmName, alarmArn, stateTimestamp, stateReason: state.reason, onlyWithin: trigger.onlyWithin },
    performedBy: `alarm ${alarmName}`,
    reason: `${alarmName} went to ALARM: ${state.reason}`.slice(0, 1000),
  } as const satisfies Partial<Rollback>;
  const { created, rollback } = await startRollback(asked, now, true);
  if (!created) await noteDuplicate(rollback, now);
};

const noteDuplicate = ({ rollbackId }: Rollback, now: Date) =>
  appendEvent({
    rollbackId,
    phase: 'trigger',
    type: 'duplicate',
    key: `duplicate-${now.toISOString()}`,
    detail: { message: 'The same alarm event came again; nothing was started.' },
    now,
  });
