import { expect, it } from 'vitest';
import type { RollbackEvent } from '../../lib/contracts.ts';
import { createLineProgress, describeEvent, phaseTimes } from '../../local/progress.ts';

const event = (seq: number, atSecond: number, phase: RollbackEvent['phase'], type: string, detail = {}): RollbackEvent => {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, atSecond)).toISOString();
  return { rollbackId: 'sample', seq, at, phase, type, key: `${seq}`, detail, previousHash: '', hash: '' };
};

const EVENTS = [
  event(1, 0, 'trigger', 'requested'),
  event(2, 2, 'plan', 'planned', { hosts: 2 }),
  event(3, 3, 'apply', 'host-command-started', { wave: 0 }),
  event(4, 8, 'apply', 'host-command-succeeded', { wave: 0 }),
  event(5, 9, 'close', 'succeeded'),
];

it('counts the time before an event for its phase', () => {
  expect([...phaseTimes(EVENTS)]).toEqual([
    ['trigger', 0],
    ['plan', 2000],
    ['apply', 6000],
    ['close', 1000],
  ]);
});

it('tells an event by its type and its short details', () => {
  expect(describeEvent(event(1, 0, 'plan', 'planned', { hosts: 2, waves: [['a'], ['b']] }))).toBe('planned (hosts 2)');
  expect(describeEvent(event(1, 0, 'close', 'failed', { message: 'x'.repeat(500) }))).toHaveLength(100);
});

it('prints one plain line an event and the times at the end', async () => {
  const lines: string[] = [];
  const progress = createLineProgress((line) => lines.push(line));
  for (const each of EVENTS) progress.add(each);
  await progress.end();
  expect(lines).toHaveLength(EVENTS.length + 1);
  expect(lines[1]).toMatch(/^ +\+2\.0 s {2}plan {5}planned \(hosts 2\)$/);
  expect(lines.at(-1)).toContain('plan 2.0 s, apply 6.0 s');
});
