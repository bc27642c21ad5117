import { describe, expect, it } from 'vitest';
import { estimate } from '../../lib/domain/estimate.ts';
import { renderReport } from '../../lib/domain/report.ts';
import { ago, BAD, events, GOOD, manifest, plan, rollback } from './builders.ts';

const reasons = [
  'i-1 commit: bbbbbbb -> aaaaaaa (good)',
  'i-1 health: 500 -> 200 (good, was bad)',
  'i-1 errors in the logs: 7 before, 0 since the change, at most 0 allowed (good, was bad)',
  'flow https://shop.example/: bad (502) -> good (200) (good, was bad)',
];
const planned = { phase: 'plan', type: 'planned', detail: { hosts: 1, nested: { not: 'shown' } } } as const;
const verified = { phase: 'verify', type: 'better', detail: { verdict: 'better', reasons } } as const;
const monitored = { phase: 'monitor', type: 'better', detail: { state: 'READY' } } as const;
const undone = { phase: 'undo', type: 'undone', detail: {} } as const;
const log = events([planned, verified, monitored]);
const done = rollback({
  status: 'succeeded',
  endedAt: ago(-2),
  durationMs: 125_000,
  from: { version: '1.3.0', commit: BAD },
  to: { version: '1.2.0', commit: GOOD },
  estimate: estimate('code', []),
  impact: 'checkout was down',
  resolution: 'Rolled back,\nand it held.',
  followUp: ['fix it', 'tell support'],
  hosts: [{ id: 'i-1', commit: GOOD, version: '1.2.0', note: 'runs | well' }],
  head: { seq: 3, hash: log[2]?.hash ?? '' },
});
const ticks = (text: string) => text.split('\n').filter((line) => line.startsWith('- ['));

describe('a report', () => {
  it("begins with the runbook's template, line by line", () => {
    const [, template] = renderReport(done, log).split('```');
    expect(template?.trim().split('\n').slice(1)).toEqual([
      `Date: ${done.requestedAt}`,
      'Rolled back from: 1.3.0 (bbbbbbb)',
      'Rolled back to: 1.2.0 (aaaaaaa)',
      'Reason: checkout answers 500',
      `Performed by: ${done.performedBy}`,
      'Duration: 2 min 5 s',
      'Impact: checkout was down',
      'Resolution: Rolled back, and it held.',
      'Follow-up: fix it; tell support',
    ]);
  });

  it('goes on with estimate, hosts, timeline and the state of the log', () => {
    const text = renderReport(done, log);
    expect(text).toContain("- Estimate: 5-10 min (the runbook's figures); took 2 min 5 s");
    expect(text).toContain('- Trigger: alarm shop-5xx at');
    expect(text).toContain('| i-1 | 1.2.0 | aaaaaaa | runs \\| well |');
    expect(text).toContain(`- ${log[0]?.at} plan: planned (hosts 1)`);
    expect(text).toContain('  - i-1 health: 500 -&gt; 200 (good, was bad)');
    expect(text).toContain('The log is intact: 3 events');
  });

  it('says when the log was tampered with', () => {
    expect(renderReport(done, log.slice(0, 2))).toMatch(
      /\*\*The log is not intact\*\* from event 3 on: the log's head is event 3/,
    );
  });

  it('does not take a running rollback for a broken log', () => {
    expect(renderReport({ ...done, status: 'monitoring' }, log.slice(0, 2))).toContain('The log is intact');
  });

  it('says that nothing was rolled back when it was refused, and why', () => {
    const refusal = { code: 'frozen' as const, message: 'shop is frozen.' };
    const text = renderReport(rollback({ status: 'refused', refusal }), []);
    expect(text).toContain('Rolled back from: not determined\nRolled back to: nothing\n');
    expect(text).toContain('- Outcome: refused (frozen: shop is frozen.)');
  });

  it.each(['refused', 'rejected', 'expired', 'cancelled'] as const)(
    'says what to do, not what to check, when it was %s',
    (status) => {
      const text = renderReport(rollback({ status }), []);
      expect(text).not.toContain('checklist');
      expect(text).toContain('\n## What to do\n\n- If the issue is still there, ');
      expect(renderReport(rollback({ status, followUp: ['call *Ada*'] }), [])).toContain('## What to do\n\n- call \\*Ada\\*\n');
    },
  );

  it('says what to do when it failed before it changed anything', () => {
    const { from, to } = done;
    const text = renderReport(rollback({ status: 'failed', changed: false, from, to }), []);
    expect(text).toContain('Rolled back to: nothing (planned: 1.2.0 (aaaaaaa))\n');
    expect(text).toContain('## What to do\n\n- If the issue is still there, mend what the resolution names');
    expect(renderReport(rollback({ status: 'failed', from, to }), [])).toContain('## Post-rollback checklist');
  });

  it('lets no text of others become Markdown or HTML', () => {
    const text = renderReport(
      { ...done, reason: 'x\n```\n# y', hosts: [{ id: 'i-1', commit: null, version: null, note: '<b>|\n| x' }] },
      log,
    );
    expect(text).toContain('Reason: x ``` # y');
    expect(text).toContain('| i-1 |  | unknown | &lt;b&gt;\\| \\| x |');
  });
});

describe('what became of the configuration', () => {
  const file = '/var/www/shop/.env';
  const made = {
    ...plan({ manifest: manifest({ configuration: { file, owner: 'ubuntu:ubuntu', mode: '600' } }) }),
    configuration: { kind: 'backup', id: 'bk-shop-1' } as const,
  };
  const answer = (host: string, result: object = {}) => ({
    host,
    ok: true,
    result: { configuration: { sha256: 'abc' }, stays: null, missingKeys: [], addedKeys: [], ...result },
  });
  const told = (...answered: { action: string; hosts: object[] }[]) =>
    renderReport(done, events(answered.map((detail) => ({ phase: 'apply' as const, detail }))), made);

  it('is told host by host: where it came from and the names of keys that it lacks', () => {
    const hosts = [
      answer('i-1', { missingKeys: ['MAIL_PORT', 'MAIL_SERVER'], addedKeys: ['SMTP'] }),
      answer('i-2'),
      answer('i-3', { stays: 'same' }),
      { host: 'i-4', ok: false, result: null },
    ];
    expect(told({ action: 'apply', hosts })).toContain(
      [
        '## Configuration\n',
        `- i-1: ${file} is restored from its backup bk-shop-1; it lacks MAIL\\_PORT, MAIL\\_SERVER and has SMTP again.`,
        `- i-2: ${file} is restored from its backup bk-shop-1; it lacks no key that was there before.`,
        `- i-3: ${file} stayed: its backup bk-shop-1 holds the same.`,
        '\n## Timeline',
      ].join('\n'),
    );
  });

  it('is that it is back after an undo', () =>
    expect(told({ action: 'apply', hosts: [answer('i-1')] }, { action: 'undo', hosts: [answer('i-1')] })).toContain(
      `- i-1: ${file} is what it was before.`,
    ));

  it('is not told where it was not touched', () => {
    expect(told({ action: 'apply', hosts: [answer('i-1', { configuration: null })] })).not.toContain('## Configuration');
    const hosts = [answer('i-1')];
    const log = events([{ phase: 'apply', detail: { action: 'apply', hosts } }]);
    expect(renderReport(done, log, plan())).not.toContain('## Configuration');
    expect(renderReport(done, log)).not.toContain('## Configuration');
  });
});

describe('the post-rollback checklist', () => {
  it('is ticked by what was observed, the rest is for people', () => {
    expect(ticks(renderReport(done, log))).toEqual([
      '- [x] Verify application functionality',
      '- [x] Check health endpoint',
      '- [x] Review logs for errors',
      '- [x] Test critical user flows',
      '- [x] Monitor for 15-30 minutes',
      '- [x] Document rollback in incident log',
      '- [ ] Schedule post-mortem meeting',
      '- [ ] Update deployment procedures if needed',
    ]);
  });

  it('leaves open what was not looked at or is bad', () => {
    const detail = { reasons: ['i-1 health: 500 -> 500 (bad)', 'i-1 commit: bbbbbbb -> aaaaaaa (good)'] };
    expect(ticks(renderReport(done, events([{ phase: 'verify', detail }]))).filter((line) => line.includes('[x]'))).toHaveLength(
      1,
    );
  });

  it('forgets what was seen before an undo', () => {
    expect(ticks(renderReport(done, events([verified, undone]))).filter((line) => line.includes('[x]'))).toHaveLength(1);
  });
});
