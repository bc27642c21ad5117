import { describe, expect, it } from 'vitest';
import { End, type HostState, Outcome, RollbackStatus } from '../../lib/contracts.ts';
import { leftOut } from '../../lib/domain/left-out.ts';
import { closingOutcome, followUps, stoppedOutcome } from '../../lib/domain/outcome.ts';
import { isOver, TERMINAL } from '../../lib/domain/transitions.ts';
import { BAD, GOOD, host, OTHER, observation, plan } from './builders.ts';

const from = { version: '1.3.0', commit: BAD };
const to = { version: '1.2.0', commit: GOOD };
const on = (commit: string | null, id = 'i-1'): HostState => ({ id, commit, version: null, note: '' });

describe('the end of the machine', () => {
  it.each([
    ['refused', 'refused'],
    ['rejected', 'rejected'],
    ['expired', 'expired'],
    ['cancelled', 'cancelled'],
    ['failed-before-change', 'failed'],
    ['succeeded', 'succeeded'],
    ['unresolved', 'unresolved'],
    ['undone', 'undone'],
    ['undo-failed', 'failed'],
  ] as const)('%s means %s', (end, outcome) => expect(closingOutcome({ end, hosts: [] }).outcome).toBe(outcome));

  it('is told for every end there is', () => expect(End.options).toHaveLength(9));

  it('is told with its reason and what all hosts run', () => {
    const hosts = [on(GOOD), on(GOOD, 'i-2')];
    expect(closingOutcome({ end: 'succeeded', hosts, from, to }).message).toBe(
      'Rolled back, and it held. All 2 hosts run 1.2.0 (aaaaaaa).',
    );
    expect(closingOutcome({ end: 'refused', hosts: [], reason: 'shop is frozen' }).message).toBe(
      'Refused: nothing is changed. shop is frozen.',
    );
  });

  it('names which host runs what when they differ', () => {
    const hosts = [on(GOOD), on(BAD, 'i-2'), on(BAD, 'i-3'), on(null, 'i-4'), on(OTHER, 'i-5')];
    expect(closingOutcome({ end: 'undo-failed', hosts, from, to }).message).toMatch(
      /i-1 runs 1\.2\.0 \(aaaaaaa\); i-2, i-3 run 1\.3\.0 \(bbbbbbb\); i-4 gave no answer; i-5 runs ccccccc\.$/,
    );
  });
});

describe('an execution that died', () => {
  it.each([
    ['before there was a plan', [], /^The rollback stopped before its end\. Nothing is changed: there was no plan yet\.$/],
    ['before any change', [on(BAD), on(BAD, 'i-2')], /Nothing is changed\. All 2 hosts run 1\.3\.0 \(bbbbbbb\)\.$/],
    ['after all of the change', [on(GOOD)], /nobody verified it\. i-1 runs 1\.2\.0/],
    ['in between', [on(GOOD), on(BAD, 'i-2')], /put it right\. i-1 runs 1\.2\.0 \(aaaaaaa\); i-2 runs 1\.3\.0/],
    ['and hosts are silent', [on(null), on(null, 'i-2')], /put it right\. i-1, i-2 gave no answer\.$/],
  ])('%s has failed, saying where the hosts stand', (_when, hosts, message) => {
    const stopped = stoppedOutcome({ hosts, from, to, planned: hosts.length > 0, touched: [] });
    expect(stopped).toEqual({ outcome: 'failed', message: expect.stringMatching(message) });
  });
});

describe('an execution that died where not all could be found out', () => {
  const stopped = { from, to, planned: false, touched: [], unknown: ['what hosts run', 'what was planned'] };

  it('does not claim that nothing is changed', () => {
    expect(stoppedOutcome({ ...stopped, hosts: [] }).message).toBe(
      'The rollback stopped before its end. It could not be found out what hosts run, what was planned: somebody has to look, and put right what is not.',
    );
  });

  it('says what is known all the same', () =>
    expect(stoppedOutcome({ ...stopped, hosts: [on(GOOD)], stands: ['The bucket is as the target.'] }).message).toMatch(
      /i-1 runs 1\.2\.0 .*\. The bucket is as the target\. It could not be found out/,
    ));
});

describe('an execution that died while the code stays', () => {
  const stopped = (touched: readonly string[]) => stoppedOutcome({ hosts: [on(BAD)], from, to: from, planned: true, touched });

  it('has changed nothing before a host was touched', () => expect(stopped([]).message).toMatch(/Nothing is changed/));

  it('has left nobody knows what afterwards: equal code says nothing of services, configuration and data', () =>
    expect(stopped(['i-1']).message).toMatch(/changed on i-1, and nobody verified it/));
});

it.each(Outcome.options)('leaves something to do after %s', (outcome) =>
  expect(followUps({ outcome }).length).toBeGreaterThan(0),
);

it.each(['succeeded', 'unresolved', 'undone', 'failed'] as const)('asks for a post-mortem after %s', (outcome) => {
  expect(followUps({ outcome })).toContainEqual(expect.stringMatching(/post-mortem/));
});

describe('what is to do', () => {
  it('is nothing about what hosts run after a failure that changed nothing', () => {
    expect(followUps({ outcome: 'failed', from, to }).join(' ')).toContain('Compare what each host runs');
    const todo = followUps({ outcome: 'failed', changed: false, from, to });
    expect(todo).toEqual([expect.stringMatching(/^If the issue is still there, mend what the resolution names/)]);
  });

  it('is to mark the release bad only where it went', () => {
    expect(followUps({ outcome: 'succeeded', from, to })[0]).toContain('mark it bad');
    const same = followUps({ outcome: 'succeeded', from, to: { ...from, at: '2026-11-22T02:40:00Z' } });
    expect(same.join(' ')).not.toContain('bad');
    expect(same[0]).toBe('Find and fix the cause: the release that runs is the same as before.');
  });
});

describe('a host that was left out', () => {
  const [out] = leftOut(plan({ observation: observation({ hosts: [host(), host('i-2', { online: false, truth: null })] }) }));
  const hosts = [on(GOOD), ...(out ? [out] : [])];

  it('is named at the end, as what it is', () =>
    expect(closingOutcome({ end: 'succeeded', hosts, from, to }).message).toBe(
      'Rolled back, and it held. i-1 runs 1.2.0 (aaaaaaa); i-2 was out of reach and is left out: it still runs the old release when it comes back.',
    ));

  it('has to be brought to what the others run, if they were changed', () => {
    expect(followUps({ outcome: 'succeeded', hosts })[0]).toBe('Bring i-2 to what the other hosts run before it serves again.');
    expect(followUps({ outcome: 'undone', hosts })).toEqual(followUps({ outcome: 'undone' }));
  });

  it('does not make those that were asked run different things', () =>
    expect(stoppedOutcome({ hosts, from, to, planned: true, touched: ['i-1'] }).message).toContain(
      'The change was made on all hosts',
    ));

  it('is none of a rollback that touches no host', () =>
    expect(leftOut({ hosts: [], baseline: observation({ hosts: [host()] }) })).toEqual([]));
});

it('is over with an outcome, and only then', () => {
  expect(RollbackStatus.options.filter(isOver)).toEqual(Outcome.options);
  expect(TERMINAL).toEqual(Outcome.options);
});
