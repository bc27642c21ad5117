import type { Rollback, RollbackEvent } from '../contracts.ts';
import { isOver } from './transitions.ts';

type Item = { text: string; done: boolean };

/**
 * The runbook's post-rollback checklist. An item is ticked only by what was observed: `detail.reasons` of the last judgement and
 * `detail.state` of the monitoring. What was not looked at stays open.
 */
export function checklist({ status }: Rollback, events: readonly RollbackEvent[]): string[] {
  const reasons = lastJudgement(events);
  const held = events.find(({ phase, detail }) => phase === 'monitor' && detail.state === 'READY');
  const watched = Array.isArray(held?.detail.reasons) ? ` (${held.detail.reasons.at(-1)})` : '';
  const items: Item[] = [
    { text: 'Verify application functionality', done: reasons.length > 0 && reasons.every(isGood) },
    { text: 'Check health endpoint', done: allGood(reasons, / health: /) },
    { text: 'Review logs for errors', done: allGood(reasons, / errors in the logs: /) },
    { text: 'Test critical user flows', done: allGood(reasons, /^flow /) },
    { text: `Monitor for 15-30 minutes${watched}`, done: held !== undefined },
    { text: 'Document rollback in incident log', done: isOver(status) },
    { text: 'Schedule post-mortem meeting', done: false },
    { text: 'Update deployment procedures if needed', done: false },
  ];
  return items.map(({ text, done }) => `- [${done ? 'x' : ' '}] ${text}`);
}

/** What was judged before an undo says nothing about what runs after it. */
function lastJudgement(events: readonly RollbackEvent[]): string[] {
  const last = events.findLast(({ phase, detail }) => phase === 'undo' || (phase === 'verify' && Array.isArray(detail.reasons)));
  return Array.isArray(last?.detail.reasons) ? last.detail.reasons.map(String) : [];
}

function allGood(reasons: readonly string[], about: RegExp): boolean {
  const found = reasons.filter((reason) => about.test(reason));
  return found.length > 0 && found.every(isGood);
}

/** Reasons end as the verdict writes them: `(good)`, or `(good, was bad)`. */
function isGood(reason: string): boolean {
  return /\(good(, was bad)?\)$/.test(reason);
}
