/** Looks at an application from outside: its alarms and its user flows. Changes nothing. */
import { observeAlarms } from '../aws/cloudwatch.ts';
import { observeFlow } from '../aws/http.ts';
import type { AlarmObservation, FlowObservation, Manifest, RollbackTrigger } from '../contracts.ts';

/** The alarms that say whether the application is well: those that are monitored and the one that fired. */
export const observeApplicationAlarms = (manifest: Manifest, trigger: RollbackTrigger): Promise<AlarmObservation[]> =>
  observeAlarms([...new Set([...manifest.monitor.alarms, ...(trigger.type === 'alarm' ? [trigger.alarmName] : [])])]);

export const observeFlows = (manifest: Manifest): Promise<FlowObservation[]> =>
  Promise.all(manifest.health.flows.map(observeFlow));
