import type { Estimate, Strategy } from '../contracts.ts';
import { RUNBOOK_MINUTES } from './strategy.ts';

/** With fewer measured rollbacks than this the runbook's figures are the better guess. */
const ENOUGH = 3;

/**
 * How long a rollback will take: the median and 90th percentile of `pastDurationsMs`, the durations of this application's
 * own successful rollbacks with the same strategy, else the runbook's figures. Waiting for an approval is not in it.
 */
export function estimate(strategy: Strategy, pastDurationsMs: readonly number[]): Estimate {
  const rollbacks = pastDurationsMs.length;
  const { low, high } = RUNBOOK_MINUTES[strategy];
  if (rollbacks < ENOUGH) return { medianMinutes: low, p90Minutes: high, source: 'runbook', rollbacks };
  const sorted = pastDurationsMs.toSorted((a, b) => a - b);
  return {
    medianMinutes: inMinutes(percentile(sorted, 50)),
    p90Minutes: inMinutes(percentile(sorted, 90)),
    source: 'log',
    rollbacks,
  };
}

/** `5-10 min (the runbook's figures)`. */
export function describeEstimate({ medianMinutes, p90Minutes, source, rollbacks }: Estimate): string {
  const range = medianMinutes === p90Minutes ? `${medianMinutes}` : `${medianMinutes}-${p90Minutes}`;
  return `${range} min (${source === 'log' ? `median and 90th percentile of ${rollbacks} like it` : "the runbook's figures"})`;
}

/** Nearest rank: always a duration that was measured. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
}

function inMinutes(ms: number): number {
  return Math.max(0.1, Math.round(ms / 6_000) / 10);
}
