import { describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { Manifest, ReleaseInput, RollbackNotes, RollbackQuery, RollbackRequest } from '../../lib/contracts.ts';
import { brokenRule, type Problem, problemAnswer } from '../../lib/problems.ts';
import { manifest } from './builders.ts';

/** The rules that a caller is told to have broken, by field. */
const told = (contract: z.ZodMiniType, sent: unknown): Record<string, string> => {
  const { error } = contract.safeParse(sent, { error: brokenRule });
  const problem: Problem = JSON.parse(problemAnswer(error, 'request-1').body ?? '');
  return Object.fromEntries((problem.errors ?? []).map(({ field, rule }) => [field, rule]));
};

describe('a caller is told in plain words', () => {
  it('what is missing', () => {
    expect(told(ReleaseInput, {})).toEqual({ version: 'is required', commit: 'is required' });
    expect(told(RollbackRequest, { strategy: 'code' })).toEqual({ reason: 'is required' });
    expect(told(RollbackRequest, undefined)).toEqual({ '(body)': 'is required' });
  });

  it('what kind of value a field takes', () => {
    expect(told(RollbackRequest, { strategy: 'reboot', reason: 7, dryRun: 'yes' })).toEqual({
      strategy: 'must be one of code, frontend, database, configuration, full',
      reason: 'must be a text',
      dryRun: 'must be true or false',
    });
    expect(told(RollbackRequest, null)).toEqual({ '(body)': 'must be an object' });
    expect(told(RollbackNotes, { followUp: 'call Ada' })).toEqual({ followUp: 'must be a list' });
    expect(told(RollbackQuery, { day: 'today', limit: 'ten' })).toEqual({
      day: 'must be a day such as 2026-11-22',
      limit: 'must be a number',
    });
    expect(told(RollbackQuery, { day: '2026-11-22', limit: '1.5' })).toEqual({ limit: 'must be a whole number' });
  });

  it('how long, many or large it may be', () => {
    const tooMuch = { impact: 'x'.repeat(2001), followUp: Array.from({ length: 21 }, () => 'x') };
    expect(told(RollbackNotes, tooMuch)).toEqual({
      impact: 'must not be longer than 2000 characters',
      followUp: 'must not have more than 20 entries',
    });
    expect(told(RollbackNotes, { followUp: [' '] })).toEqual({ 'followUp.0': 'must not be empty' });
    expect(told(RollbackQuery, { status: 'failed', limit: '101' })).toEqual({ limit: 'must be at most 100' });
    expect(told(RollbackQuery, { status: 'failed', limit: '0' })).toEqual({ limit: 'must be at least 1' });
  });

  it('which fields nobody knows', () => {
    expect(told(Manifest, { ...manifest(), limits: { perHour: 1 }, alarm: 'shop-5xx' })).toEqual({
      'limits.perHour': 'unknown field: leave it out',
      alarm: 'unknown field: leave it out',
    });
  });

  it('what is wrong deep in a manifest, with the words of the contract where it has some', () => {
    const hosts = { tags: { ['x'.repeat(129)]: 'y' }, concurrency: true };
    const code = { directory: 'var/www', user: 'ubuntu', install: { make: 'all' } };
    expect(told(Manifest, { ...manifest(), hosts, code, services: { application: [] }, limits: { perDay: 0 } })).toEqual({
      [`hosts.tags.${'x'.repeat(129)}`]: 'its name must not be longer than 128 characters',
      'hosts.concurrency': 'must be a number of hosts or a share such as 25%',
      'services.application': 'must not be empty',
      'code.directory': 'must be an absolute path without blanks, .. or parts that begin with -',
      'code.install': 'must be one of python {requirements, venv}, npm {directory} or script',
      'limits.perDay': 'must be at least 1',
    });
  });

  it('how to search the log', () => {
    const rule = expect.stringMatching(/^give exactly one of application, status, actor or day, such as /);
    expect(told(RollbackQuery, {})).toEqual({ application: rule });
    expect(told(RollbackQuery, { application: 'shop', status: 'failed' })).toEqual({ application: rule });
  });
});
