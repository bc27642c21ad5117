import { describe, expect, it, vi } from 'vitest';
import { config } from '../../lib/config.ts';
import * as errors from '../../lib/errors.ts';

describe('the configuration', () => {
  it('names the variable that is missing', () => {
    vi.stubEnv('LOG_TABLE', '');
    expect(() => config.logTable).toThrow('LOG_TABLE is not set');
    vi.stubEnv('LOG_TABLE', 'log');
    expect(config.logTable).toBe('log');
  });

  it('has a default for the state directory of hosts', () => {
    vi.stubEnv('HOST_STATE_DIRECTORY', undefined);
    expect(config.hostStateDirectory).toBe('/var/lib/rollback-service');
  });
});

describe('every error', () => {
  const classes = Object.entries(errors).filter(([name]) => !['RollbackServiceError', 'RequestError'].includes(name));

  it.each(classes)('%s is named like its class, which state machines match', (name, type) => {
    const error = new (type as new (...words: string[]) => errors.RollbackServiceError)('one', 'two', 'three');
    expect(error).toBeInstanceOf(errors.RollbackServiceError);
    expect(error.name).toBe(name);
  });
});
