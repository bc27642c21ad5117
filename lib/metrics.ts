/** What the service counts, as CloudWatch metrics in the embedded format: written to the log, so that no call can fail or wait. */
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Outcome, Strategy } from './contracts.ts';

const metrics = new Metrics();

/** One rollback that is over; its duration is in milliseconds from the request to the end. */
export const countRollback = (application: string, strategy: Strategy, outcome: Outcome, durationMs: number): void => {
  const one = metrics.singleMetric();
  one.addDimensions({ application, strategy, outcome });
  one.addMetric('RollbackDuration', MetricUnit.Milliseconds, durationMs);
};

/** An alarm that no manifest names: none of ours, yet the number tells whether a manifest misses one. */
export const countIgnoredAlarm = (): void => {
  metrics.singleMetric().addMetric('AlarmIgnored', MetricUnit.Count, 1);
};

/** Something that the bus (a status) or people (a letter) were not told, since EventBridge or SNS did not take it. */
export const countUntold = (audience: 'bus' | 'people'): void => {
  const one = metrics.singleMetric();
  one.addDimensions({ audience });
  one.addMetric('Untold', MetricUnit.Count, 1);
};
