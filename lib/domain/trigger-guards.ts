import type { Refusal, RollbackTrigger } from '../contracts.ts';
import { describeDuration, milliseconds } from './duration.ts';
import type { CheapFacts } from './guard-facts.ts';

/** An alarm event older than this is history: people have long been at work, or it went over by itself. */
export const STALE_EVENT_MS = 5 * 60_000;

type AlarmTrigger = Extract<RollbackTrigger, { type: 'alarm' }>;

export function staleEvent({ rollback, now }: CheapFacts): Refusal | null {
  return ofAlarm(rollback.trigger, ({ alarmName, stateTimestamp }) => {
    const age = now.getTime() - Date.parse(stateTimestamp);
    if (age <= STALE_EVENT_MS) return null;
    const message = `The event of alarm ${alarmName} is ${describeDuration(age)} old; events older than ${describeDuration(STALE_EVENT_MS)} start nothing. If it is still needed, ask for the rollback yourself.`;
    return { code: 'stale-event', message };
  });
}

/** INSUFFICIENT_DATA is not ALARM: no verdict means no action. */
export function alarmNotFiring({ rollback, alarm }: CheapFacts): Refusal | null {
  return ofAlarm(rollback.trigger, ({ alarmName }) => {
    if (alarm?.state === 'ALARM') return null;
    const gone = alarm === null || alarm.state === 'MISSING';
    const since = alarm?.transitionedAt ? ` since ${alarm.transitionedAt}` : '';
    const state = gone ? 'does not exist any more' : `is ${alarm.state}${since}, not ALARM`;
    return { code: 'alarm-not-firing', message: `Alarm ${alarmName} ${state}.` };
  });
}

export function alarmSuppressed({ rollback, alarm }: CheapFacts): Refusal | null {
  return ofAlarm(rollback.trigger, ({ alarmName }) => {
    if (alarm === null || alarm.actionsEnabled) return null;
    const message = `The actions of alarm ${alarmName} are disabled: somebody muted it. Enable them to let it start rollbacks again.`;
    return { code: 'alarm-suppressed', message };
  });
}

/** An alarm long after the last deployment has another cause than that deployment. */
export function deploymentTooOld({ rollback, lastDeployedAt, now }: CheapFacts): Refusal | null {
  return ofAlarm(rollback.trigger, (trigger) => tooOld(trigger, lastDeployedAt, now));
}

/** Applies a guard to alarm triggers alone: a person looked before asking. */
export function ofAlarm(trigger: RollbackTrigger, refuses: (trigger: AlarmTrigger) => Refusal | null): Refusal | null {
  return trigger.type === 'alarm' ? refuses(trigger) : null;
}

/** Refuses a deployment longer ago than the trigger's `onlyWithin`. */
export function tooOld({ alarmName, onlyWithin }: AlarmTrigger, deployedAt: string | null, now: Date): Refusal | null {
  if (deployedAt === null) {
    return { code: 'nothing-recorded', message: `No release is recorded, so alarm ${alarmName} has nothing to roll back.` };
  }
  const age = now.getTime() - Date.parse(deployedAt);
  if (age <= milliseconds(onlyWithin)) return null;
  const message = `What runs was deployed ${describeDuration(age)} ago; alarm ${alarmName} rolls back only within ${onlyWithin} of a deployment.`;
  return { code: 'deployment-too-old', message };
}
