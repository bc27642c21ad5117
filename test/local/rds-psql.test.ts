import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem, type RdsWorld, startRdsWorld } from './rds-world.ts';

const PROGRAM = join(import.meta.dirname, '../../local/aws/host/psql.ts');

describe.skipIf(problem !== undefined)("the laptop's psql, where a machine has none", () => {
  let world: RdsWorld;
  let environment: Record<string, string>;
  beforeAll(async () => {
    world = await startRdsWorld();
    const { host, port } = await world.create('shop-db');
    environment = {
      PATH: process.env.PATH ?? '',
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: 'shop',
      PGPASSWORD: 'öffne+dich',
      PGDATABASE: 'shop',
      PGCONNECT_TIMEOUT: '5',
      PGOPTIONS: '-c default_transaction_read_only=on -c statement_timeout=500',
    };
  });
  afterAll(() => world?.close());

  const psql = (sql: string, env = {}) =>
    promisify(execFile)(process.execPath, [PROGRAM, '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-c', sql], {
      env: { ...environment, ...env },
    });

  it('prints rows without ornament, columns by bars and nothing for NULL', async () => {
    const { stdout } = await psql("SELECT * FROM (VALUES (1, NULL, true), (22, 'b', false)) AS v ORDER BY 1");
    expect(stdout).toBe('1||t\n22|b|f\n');
  });

  it.each([
    ['what the server refuses', 'SELECT nothing', 1, /^ERROR: {2}column "nothing" does not exist/],
    ['what would write', 'CREATE TABLE a (b int)', 1, /read-only transaction/],
    ['what takes too long', 'SELECT pg_sleep(5)', 1, /statement timeout/],
  ])('fails on %s', async (_what, sql, code, stderr) => {
    await expect(psql(sql)).rejects.toMatchObject({ code, stderr: expect.stringMatching(stderr) });
  });

  it('tells a connection that fails from a question that does', async () => {
    await expect(psql('SELECT 1', { PGPASSWORD: 'wrong' })).rejects.toMatchObject({ code: 2 });
    await expect(psql('SELECT 1', { PGPORT: '1' })).rejects.toMatchObject({ code: 2 });
  });
});
