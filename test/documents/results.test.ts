import { describe, expect, it } from 'vitest';
import { parseResult, UnreadableHostResult } from '../../lib/documents/results.ts';

const prepared = {
  document: 'prepare-code',
  host: 'i-1',
  ok: true,
  commit: 'a'.repeat(40),
  fetched: true,
  environment: 'built',
  freeMegabytes: 900,
};
const failed = { document: 'prepare-code', host: 'i-1', ok: false, error: 'commit-missing', message: 'It is not there.' };

describe('parseResult', () => {
  it('reads a result', () => {
    expect(parseResult('prepare-code', `${JSON.stringify(prepared)}\n`)).toEqual(prepared);
  });

  it('reads a failure with what it adds', () => {
    expect(parseResult('prepare-code', JSON.stringify({ ...failed, detail: 'x', restored: false }))).toEqual({
      ...failed,
      detail: 'x',
      restored: false,
    });
  });

  it('reads what a host without bash answers', () => {
    expect(
      parseResult('prepare-code', '{"document":"prepare-code","ok":false,"error":"bash-missing","message":"No."}'),
    ).toMatchObject({ host: '', error: 'bash-missing' });
  });

  it.each([
    ['nothing', ''],
    ['other output', 'sh: 1: not found'],
    ['a line that was cut off', JSON.stringify(prepared).slice(0, -20)],
    ['two lines', `${JSON.stringify(prepared)}\n${JSON.stringify(prepared)}`],
    ['the result of another document', JSON.stringify({ ...failed, document: 'inspect-host' })],
    ['a result that lacks something', JSON.stringify({ ...prepared, commit: undefined })],
  ])('refuses %s', (_, stdout) => {
    expect(() => parseResult('prepare-code', stdout)).toThrow(UnreadableHostResult);
  });
});
