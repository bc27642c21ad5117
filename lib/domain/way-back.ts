import type { Observation } from '../contracts.ts';
import { hostChecks } from './checks.ts';

export type WayBack = {
  baseline: Observation;
  after: Observation;
  /** The commit that each host was captured with, by host id. */
  captured: ReadonlyMap<string, string>;
};

/**
 * The hosts that an undo did not bring back: they give no answer, run another commit than they were captured with, or have a service
 * or a health check bad that was good before. What was bad before may be as bad again, and what logs say meanwhile proves nothing.
 */
export function astray({ baseline, after, captured }: WayBack): string[] {
  const before = new Map(baseline.hosts.map(({ id, truth }) => [id, truth]));
  return after.hosts
    .filter(({ id, truth }) => {
      const checks = hostChecks(id, before.get(id) ?? null, truth, captured.get(id) ?? '', Number.MAX_SAFE_INTEGER);
      return truth === null || checks.some((check) => check.after === false && (check.mandatory || check.before === true));
    })
    .map(({ id }) => id);
}
