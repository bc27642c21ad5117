import { expect, it } from 'vitest';
import { changedMeanwhile } from '../../lib/domain/baseline.ts';
import { BAD, GOOD, host, OTHER, observation, truth } from './builders.ts';

const plan = {
  baseline: observation({ hosts: [host('i-1'), host('i-2', { truth: truth({ commit: GOOD }) }), host('i-3', { truth: null })] }),
  from: { version: '1.3.0', commit: BAD },
  to: { version: '1.2.0', commit: GOOD },
};
const captured = (...commits: string[]) => commits.map((commit, index) => ({ host: `i-${index + 1}`, commit }));

it('nothing changed where every host runs what it ran when the plan was made, or nobody saw it then', () => {
  expect(changedMeanwhile(plan, captured(BAD, GOOD, OTHER))).toBeNull();
  expect(changedMeanwhile(plan, [])).toBeNull();
});

it('every host that was deployed to meanwhile is named, with what it ran and what it runs', () => {
  expect(changedMeanwhile(plan, captured(OTHER, BAD))).toBe(
    'i-1 went from 1.3.0 (bbbbbbb) to ccccccc; i-2 went from 1.2.0 (aaaaaaa) to 1.3.0 (bbbbbbb)',
  );
});
