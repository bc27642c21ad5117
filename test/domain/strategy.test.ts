import { describe, expect, it } from 'vitest';
import { Component, Issue, Strategy } from '../../lib/contracts.ts';
import {
  AVAILABLE,
  componentsOf,
  RUNBOOK_MINUTES,
  requestProblem,
  strategyFor,
  strategyProblem,
} from '../../lib/domain/strategy.ts';
import { manifest } from './builders.ts';

const withFrontend = manifest({ frontend: { bucket: 'shop-frontend' } });
const withDatabase = manifest({ database: { instance: 'shop-db' } });

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
    expect(AVAILABLE).toEqual(['code', 'frontend']);
    expect(strategyProblem('code', manifest())).toBeNull();
    expect(strategyProblem('full', manifest())).toBeNull();
    expect(strategyProblem('frontend', withFrontend)).toBeNull();
    expect(strategyProblem('full', withFrontend)).toBeNull();
  });

  it('is refused when the manifest lacks its component, naming the section to add', () => {
    expect(strategyProblem('code', manifest({ code: undefined }))).toMatchObject({
      code: 'component-missing',
      message: expect.stringMatching(/'code' section.*PUT/),
    });
  });

  it.each(Component.options.filter((component) => !AVAILABLE.includes(component)))(
    'is refused as not available, before anybody adds a section for it: %s',
    (component) => expect(strategyProblem(component, manifest())?.code).toBe('strategy-unavailable'),
  );

  it('is refused when the manifest has no component at all', () => {
    expect(strategyProblem('full', manifest({ code: undefined }))?.code).toBe('component-missing');
  });

  it('is refused rather than done by half, saying which half can be done', () => {
    const refusal = strategyProblem('full', withDatabase);
    expect(refusal?.code).toBe('strategy-unavailable');
    expect(refusal?.message).toMatch(/strategy code here and roll back database by hand/);
  });

  it('tells to do it by hand when nothing of it can be done', () => {
    expect(strategyProblem('database', withDatabase)?.message).toMatch(/Please roll back database by hand/);
  });
});

describe('a request', () => {
  it('asks for a time only where one can be gone back to', () => {
    const target = { time: '2026-11-22T03:00:00.000Z' };
    expect(requestProblem('frontend', { target })).toBeNull();
    expect(requestProblem('code', { target })?.message).toMatch(/give target.version/);
  });

  it('says something of the frontend only where it is touched', () => {
    const frontend = { maxShrink: '80%' };
    expect(requestProblem('full', { frontend })).toBeNull();
    expect(requestProblem('code', { frontend })?.message).toMatch(/does not touch the frontend/);
  });
});
