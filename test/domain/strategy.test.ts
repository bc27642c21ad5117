import { describe, expect, it } from 'vitest';
import { Issue, Strategy } from '../../lib/contracts.ts';
import { AVAILABLE, componentsOf, RUNBOOK_MINUTES, strategyFor, strategyProblem } from '../../lib/domain/strategy.ts';
import { manifest } from './builders.ts';

const withFrontend = manifest({ frontend: { bucket: 'shop-frontend' } });

describe('the decision matrix', () => {
  it("follows the runbook's", () => {
    expect(Issue.options.map(strategyFor)).toEqual(['code', 'frontend', 'database', 'configuration', 'full']);
  });

  it.each(Strategy.options)('has an estimate for %s', (strategy) => {
    const { low, high } = RUNBOOK_MINUTES[strategy];
    expect(low).toBeLessThanOrEqual(high);
  });
});

describe('the components of a strategy', () => {
  it('are all that the manifest has for full', () => {
    expect(componentsOf('full', manifest())).toEqual(['code']);
    expect(componentsOf('full', withFrontend)).toEqual(['code', 'frontend']);
  });

  it('are the one it is named after else', () => expect(componentsOf('database', manifest())).toEqual(['database']));
});

describe('a strategy', () => {
  it('is possible when all of its components are there and carried out', () => {
    expect(AVAILABLE).toEqual(['code']);
    expect(strategyProblem('code', manifest())).toBeNull();
    expect(strategyProblem('full', manifest())).toBeNull();
  });

  it('is refused when the manifest lacks its component, naming the section to add', () => {
    expect(strategyProblem('database', manifest())).toMatchObject({
      code: 'component-missing',
      message: expect.stringMatching(/'database' section.*PUT/),
    });
  });

  it('is refused when the manifest has no component at all', () => {
    expect(strategyProblem('full', manifest({ code: undefined }))?.code).toBe('component-missing');
  });

  it('is refused rather than done by half, saying which half can be done', () => {
    const refusal = strategyProblem('full', withFrontend);
    expect(refusal?.code).toBe('strategy-unavailable');
    expect(refusal?.message).toMatch(/strategy code here and roll back frontend by hand/);
  });

  it('tells to do it by hand when nothing of it can be done', () => {
    expect(strategyProblem('frontend', withFrontend)?.message).toMatch(/Please roll back frontend by hand/);
  });
});
