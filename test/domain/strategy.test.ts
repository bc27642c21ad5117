import { describe, expect, it } from 'vitest';
import { Issue, Strategy } from '../../lib/contracts.ts';
import { componentsOf, RUNBOOK_MINUTES, requestProblem, strategyFor, strategyProblem } from '../../lib/domain/strategy.ts';
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

const configuration = { file: '/var/www/shop/.env', owner: 'ubuntu:ubuntu', mode: '600' };

describe('a strategy', () => {
  it('is possible when the manifest has all of its components', () => {
    expect(strategyProblem('code', manifest())).toBeNull();
    expect(strategyProblem('full', manifest())).toBeNull();
    expect(strategyProblem('frontend', withFrontend)).toBeNull();
    expect(strategyProblem('full', withFrontend)).toBeNull();
    expect(strategyProblem('database', withDatabase)).toBeNull();
    expect(strategyProblem('configuration', manifest({ configuration }))).toBeNull();
  });

  it.each(['code', 'database', 'configuration'] as const)(
    'is refused when the manifest lacks its component, naming the section to add: %s',
    (strategy) =>
      expect(strategyProblem(strategy, manifest({ code: undefined }))).toMatchObject({
        code: 'component-missing',
        message: expect.stringMatching(new RegExp(`'${strategy}' section.*PUT`)),
      }),
  );

  it('is refused when the manifest has no component at all', () => {
    expect(strategyProblem('full', manifest({ code: undefined }))?.code).toBe('component-missing');
  });

  it('that works on hosts needs to know where their code is', () => {
    const problem = strategyProblem('configuration', manifest({ code: undefined, configuration }));
    expect(problem).toMatchObject({ code: 'component-missing', message: expect.stringMatching(/'code' section.*PUT/) });
  });

  it.each([
    ['a question', { check: { sql: 'SELECT 1', atLeast: 1 } }],
    ['another address', { cutover: 'environment' }],
  ])('for a database with %s needs the file that holds its address', (_what, changes) => {
    const database = { instance: 'shop-db', ...changes };
    expect(strategyProblem('database', manifest({ database }))?.message).toMatch(/'configuration' section.*DATABASE_URL/);
    expect(strategyProblem('database', manifest({ database, configuration }))).toBeNull();
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
