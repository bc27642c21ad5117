/** What an alarm that went to ALARM means for one application. */
import type { AlarmChange, Rollback } from '../contracts.ts';
import { alarmRollbackId } from '../domain/identity.ts';
import { newestFirst } from '../domain/releases.ts';
import { strategyFor } from '../domain/strategy.ts';
import { appendEvent } from '../log/events.ts';
import { getApplication } from '../registry/applications.ts';
import { listReleases, markAlarmed } from '../registry/releases.ts';
import { startRollback } from './start.ts';

interface FiredAlarm {
  readonly application: string;
  readonly change: AlarmChange;
  readonly now: Date;
}

/**
 * The running release is no longer proven good, and a rollback starts if a trigger says so. EventBridge delivers at least once:
 * the rollback's id is made of alarm and time, so the same event again finds its rollback and is noted there.
 */
export const answerAlarm = async ({ application, change, now }: FiredAlarm): Promise<void> => {
  const { alarmName, state } = change.detail;
  const [alarmArn = alarmName] = change.resources;
  // Alarm timestamps end in +0000, which is no ISO 8601 offset of JavaScript's strict kind.
  const stateTimestamp = new Date(state.timestamp.replace(/\+0000$/, 'Z')).toISOString();
  const [manifest, releases] = await Promise.all([getApplication(application), listReleases(application)]);
  const running = newestFirst(releases).find(({ deployedAt }) => deployedAt <= stateTimestamp);
  if (running) await markAlarmed(application, running.version, stateTimestamp);
  const trigger = manifest?.triggers.find(({ alarm }) => alarm === alarmName);
  if (!trigger) return;

  const asked = {
    rollbackId: alarmRollbackId(application, alarmArn, stateTimestamp),
    application,
    strategy: strategyFor(trigger.issue),
    trigger: { type: 'alarm', alarmName, alarmArn, stateTimestamp, stateReason: state.reason, onlyWithin: trigger.onlyWithin },
    performedBy: `alarm ${alarmName}`,
    reason: `${alarmName} went to ALARM: ${state.reason}`.slice(0, 1000),
  } as const satisfies Partial<Rollback>;
  const { created, rollback } = await startRollback(asked, now);
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
