/** Looks at an application from outside: its alarms and its user flows. Changes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { observeAlarms } from '../aws/cloudwatch.ts';
import { observeFlow } from '../aws/http.ts';
import type { AlarmObservation, FlowObservation, Manifest, RollbackTrigger } from '../contracts.ts';

/** The alarms that say whether the application is well: those that are monitored and the one that fired. */
export const observeApplicationAlarms = (manifest: Manifest, trigger: RollbackTrigger): Promise<AlarmObservation[]> =>
  observeAlarms([...new Set([...manifest.monitor.alarms, ...(trigger.type === 'alarm' ? [trigger.alarmName] : [])])]);

/** One bad answer may be a hiccup of the network, and a verdict of `worse` undoes a rollback: a bad flow is tried once more. */
const RETRY_FLOW_MS = 1000;

/** Every user flow of the manifest, each tried twice before it counts as bad. */
export const observeFlows = (manifest: Manifest): Promise<FlowObservation[]> =>
  Promise.all(
    manifest.health.flows.map(async (flow) => {
      const first = await observeFlow(flow);
      if (first.good) return first;
      await sleep(RETRY_FLOW_MS);
      return observeFlow(flow);
    }),
  );
