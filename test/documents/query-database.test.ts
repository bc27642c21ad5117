import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problem, type RdsWorld, sql, startRdsWorld } from '../local/rds-world.ts';
import { type TestHost, testHost } from './host.ts';
import type { DocumentValues } from './parameters.ts';
import { testRepository } from './repository.ts';

type Values = Partial<DocumentValues<'query-database'>>;

const PASSWORD = 'hunter2/of@nobody';
const ENCODED = 'hunter2%2Fof%40nobody';
const QUESTION = 'SELECT COUNT(*) FROM orders';

let host: TestHost;
let directory: string;
let file: string;
beforeEach(async () => {
  host = await testHost();
  const repository = testRepository(host.root);
  repository.deploy(repository.release({ 'a.txt': 'a' }));
  ({ directory } = repository);
  file = join(host.root, 'var/www/.env');
  writeFileSync(file, urlLine(`postgres://app:${ENCODED}@db.example:5432/shop`), { mode: 0o600 });
});
afterEach(() => host.stop());

const urlLine = (url: string) => `DATABASE_URL="${url}"\n`;
/** A program that stands before the host's own of the same name. */
const program = (name: string, script: string) => {
  const path = join(host.root, 'interrupter', name);
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/bash\n${script}\n`);
  chmodSync(path, 0o755);
};
const values = (more: Values): Values => ({ directory, configurationFile: file, ...more });
const ask = (more: Values = {}) => host.result('query-database', values({ sql: QUESTION, ...more }));
const refused = (more: Values = {}) => host.failure('query-database', values({ sql: QUESTION, ...more }));

describe('the name of a database', () => {
  const NAME = 'shop-db.example';
  /** What names lead to, as the resolver of the host says from now on. */
  const resolve = (names: Readonly<Record<string, readonly string[]>>) => {
    const folder = join(host.root, 'names');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, addresses] of Object.entries(names))
      writeFileSync(join(folder, name), addresses.map((address) => `${address}     STREAM ${name}\n`).join(''));
  };
  beforeEach(() => {
    program('getent', `if [[ $1 == ahosts ]]; then exec cat -- "${host.root}/names/$2"; fi\nPATH=\${PATH#*:} exec getent "$@"`);
  });
  const capture = () => host.result('capture-host', { directory, databaseAddress: `${NAME}:5432` });
  const refusedCapture = (databaseUrlNeeded: 'yes' | '' = '') =>
    host.failure('capture-host', { directory, configurationFile: file, databaseAddress: `${NAME}:5432`, databaseUrlNeeded });
  const captureWith = (url: string) => {
    writeFileSync(file, url);
    return host.result('capture-host', { directory, configurationFile: file, databaseAddress: `${NAME}:5432` });
  };

  it('has to be the one that DATABASE_URL leads to', async () => {
    resolve({ [NAME]: ['10.0.0.1'], 'alias.example': ['10.0.0.1'], 'other.example': ['10.0.0.2'], localhost: ['127.0.0.1'] });
    writeFileSync(file, urlLine('postgres://app:x@other.example:5432/shop'));
    expect(await refusedCapture()).toMatchObject({
      error: 'database-elsewhere',
      message: expect.stringContaining('other.example'),
    });
    writeFileSync(file, urlLine('postgres://app:x@alias.example:5433/shop'));
    expect(await refusedCapture()).toMatchObject({ error: 'database-elsewhere' });
    writeFileSync(file, 'PORT=1\n');
    expect(await refusedCapture('yes')).toMatchObject({ error: 'database-url-missing' });
    rmSync(file);
    expect(await refusedCapture('yes')).toMatchObject({ error: 'configuration-missing' });
  });

  it.each([
    ['an alias of it', urlLine('postgres://app:x@alias.example:5432/shop')],
    ['a pooler on the host', urlLine('postgres://app:x@localhost:6432/shop')],
    ['nothing, where nobody asks by it', 'PORT=1\n'],
  ])('may be named by %s', async (_what, text) => {
    resolve({ [NAME]: ['10.0.0.1'], 'alias.example': ['10.0.0.1'], localhost: ['127.0.0.1'] });
    expect(await captureWith(text)).toMatchObject({ ok: true });
  });

  const follow = (leadsTo: 'another' | 'before', more: Values = {}) =>
    host.run(
      'query-database',
      values({ databaseAddress: `${NAME}:5432`, leadsTo, awayFrom: 'other.example:5432', awaySeconds: '0', ...more }),
    );
  const answer = async (...args: Parameters<typeof follow>) => {
    const { stdout } = await follow(...args);
    const { ok, error } = JSON.parse(stdout) as { ok: boolean; error?: string };
    return ok ? 'found' : error;
  };

  it.each<[string, string, 'another' | 'before', Record<string, string[]>]>([
    ['leads to another instance', 'found', 'another', { [NAME]: ['10.0.0.2'], 'other.example': ['10.0.0.1'] }],
    ['leads to the same one', 'name-not-moved', 'another', { [NAME]: ['10.0.0.1'], 'other.example': ['10.0.0.1'] }],
    ['leads to both', 'name-not-moved', 'another', { [NAME]: ['10.0.0.1', '10.0.0.2'], 'other.example': ['10.0.0.1'] }],
    ['leads nowhere', 'name-not-moved', 'another', { [NAME]: [], 'other.example': ['10.0.0.1'] }],
    ['stays while the other name leads nowhere', 'name-not-moved', 'another', { [NAME]: ['10.0.0.1'] }],
    ['moves while the other name leads nowhere', 'found', 'another', { [NAME]: ['10.0.0.2'] }],
    ['is back', 'found', 'before', { [NAME]: ['10.0.0.1'], 'other.example': ['10.0.0.2'] }],
    ['is not back', 'name-not-moved', 'before', { [NAME]: ['10.0.0.2'], 'other.example': ['10.0.0.2'] }],
    ['is back and the other leads nowhere', 'found', 'before', { [NAME]: ['10.0.0.1'] }],
    ['is elsewhere and the other leads nowhere', 'name-not-moved', 'before', { [NAME]: ['10.0.0.2'] }],
  ])('that %s: %s', async (_what, expected, leadsTo, names) => {
    resolve({ [NAME]: ['10.0.0.1'] });
    await capture();
    resolve(names);
    expect(await answer(leadsTo)).toBe(expected);
  });

  it('that was never looked up proves nothing by itself', async () => {
    resolve({ [NAME]: ['10.0.0.2'] });
    expect(await answer('another')).toBe('name-not-moved');
    expect(await answer('another', { awayFrom: '' })).toBe('name-not-moved');
  });

  it('is looked up once: a second capture answers what the first one saw', async () => {
    resolve({ [NAME]: ['10.0.0.1'] });
    await capture();
    resolve({ [NAME]: ['10.0.0.2'] });
    await capture();
    expect(await answer('another', { awayFrom: '' })).toBe('found');
  });

  it('may lead to one address all along where the ports differ', async () => {
    resolve({ [NAME]: ['127.0.0.1'], 'other.example': ['127.0.0.1'] });
    await capture();
    expect(await answer('another', { awayFrom: 'other.example:5433' })).toBe('found');
    expect(await answer('before', { awayFrom: 'other.example:5433' })).toBe('found');
  });

  it('is waited for', async () => {
    resolve({ [NAME]: ['10.0.0.1'], 'other.example': ['10.0.0.1'] });
    const waiting = follow('another', { awaySeconds: '20' });
    setTimeout(() => resolve({ [NAME]: ['10.0.0.2'], 'other.example': ['10.0.0.1'] }), 500);
    expect(JSON.parse((await waiting).stdout)).toMatchObject({ ok: true, value: null });
  });
});

describe('psql', () => {
  it('is told the password by its environment, and nothing of it by an argument', async () => {
    program('psql', `printf '%s\\n' "$@" >${host.root}/arguments; env >${host.root}/environment; echo 12`);
    const run = await host.run('query-database', values({ sql: QUESTION }));
    expect(JSON.parse(run.stdout)).toMatchObject({ value: 12, database: { address: 'db.example:5432', name: 'shop' } });
    const [told, known] = ['arguments', 'environment'].map((name) => readFileSync(join(host.root, name), 'utf8'));
    expect(told?.split('\n')).toEqual([
      '-X',
      '-A',
      '-t',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-v',
      'VERBOSITY=verbose',
      '-c',
      QUESTION,
      '',
    ]);
    for (const line of [`PGPASSWORD=${PASSWORD}`, 'PGHOST=db.example', 'PGPORT=5432', 'PGUSER=app', 'PGDATABASE=shop'])
      expect(known?.split('\n')).toContain(line);
    expect(known).not.toMatch(/SSM_sql|DATABASE_URL/);
    expect(run.stdout + run.stderr).not.toMatch(/hunter2/);
  });

  it('may say the password: it is blotted out, as it is written and as it is meant', async () => {
    program('psql', `echo "no login with ${PASSWORD} or ${ENCODED}" >&2; exit 2`);
    const { stdout, stderr } = await host.run('query-database', values({ sql: QUESTION }));
    expect(JSON.parse(stdout)).toMatchObject({ error: 'query-failed', detail: 'no login with *** or ***' });
    expect(stderr).not.toMatch(/hunter2/);
  });

  it('that gets no connection at first is asked again', async () => {
    const count = `${host.root}/count`;
    program('psql', `echo x >>${count}; if (($(wc -l <${count}) < 3)); then echo refused >&2; exit 2; fi; echo 7`);
    expect(await ask({ atLeast: '1' })).toMatchObject({ value: 7 });
    expect(readFileSync(count, 'utf8')).toBe('x\nx\nx\n');
  });

  it.each([
    ['what the server refuses', 'echo "ERROR: no" >&2; exit 1', 1],
    ['a connection that never comes', 'echo refused >&2; exit 2', 4],
  ])('is asked for %s so often and no more', async (_what, script, times) => {
    program('psql', `echo x >>${host.root}/count; ${script}`);
    expect(await refused()).toMatchObject({ error: 'query-failed' });
    expect(readFileSync(join(host.root, 'count'), 'utf8').split('\n')).toHaveLength(times + 1);
  });

  it.each([
    ['sslmode=no-verify', 'require'],
    ['ssl=true', 'require'],
    ['sslmode=verify-full', 'verify-full'],
  ])('understands %s as drivers do', async (option, mode) => {
    writeFileSync(file, urlLine(`postgres://app:${ENCODED}@db.example:5432/shop?${option}`));
    program('psql', `printf %s "$PGSSLMODE" >${host.root}/mode; echo 1`);
    await ask();
    expect(readFileSync(join(host.root, 'mode'), 'utf8')).toBe(mode);
  });

  it.each([
    ['is killed', 'kill -KILL $$'],
    ['is killed after it answered', 'echo 5; kill -KILL $$'],
    ['ends with an error after it answered', 'echo 5; exit 3'],
  ])('that %s is a failure', async (_what, script) => {
    program('psql', script);
    expect(await refused({ atLeast: '1' })).toMatchObject({ error: 'query-failed' });
  });

  it('that is not there is named', async () => {
    const bare = join(host.root, 'bare');
    mkdirSync(bare);
    for (const tool of ['bash', 'getent', 'cut', 'id', 'date', 'runuser']) {
      const found = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map((folder) => join(folder, tool)).find(existsSync);
      if (found) symlinkSync(found, join(bare, tool));
    }
    Object.assign(host.environment, { PATH: bare });
    expect(await refused()).toMatchObject({ error: 'tool-missing', message: expect.stringContaining('psql') });
  });

  it.each([
    ['fewer than wanted', 'echo 4', 'check-failed'],
    ['no number', 'echo four', 'check-not-a-number'],
    ['nothing', 'true', 'check-not-a-number'],
  ])('that answers %s does not pass', async (_what, script, error) => {
    program('psql', script);
    expect(await refused({ atLeast: '5' })).toMatchObject({ error });
  });
});

describe.skipIf(problem !== undefined)('a real database', () => {
  let world: RdsWorld;
  let url: string;
  beforeAll(async () => {
    world = await startRdsWorld();
    ({ url } = await world.create('shop-db'));
    await sql({ url }, 'CREATE TABLE orders (id serial PRIMARY KEY); INSERT INTO orders DEFAULT VALUES');
  }, 60_000);
  afterAll(() => world?.close());

  /** As an application that asks for the opposite of what is wanted here. */
  const point = (options = '') => writeFileSync(file, urlLine(`${url}${options}`));

  it('answers what it is asked', async () => {
    point();
    expect(await ask({ atLeast: '1' })).toMatchObject({ value: 1, database: { name: 'shop' } });
  });

  it('is asked for 30 s at most, whatever the application has set', async () => {
    point(`?options=${encodeURIComponent('-c statement_timeout=0')}`);
    const setting = (name: string) => ask({ sql: `SELECT setting::int FROM pg_settings WHERE name = '${name}'` });
    expect(await setting('statement_timeout')).toMatchObject({ value: 30_000 });
    expect(await setting('lock_timeout')).toMatchObject({ value: 5000 });
  });

  it.each([
    "SELECT nextval('orders_id_seq')",
    'WITH added AS (INSERT INTO orders DEFAULT VALUES RETURNING id) SELECT COUNT(*) FROM added',
    "SELECT set_config('transaction_read_only', 'off', false)::int, nextval('orders_id_seq')",
  ])('is not written to by %s', async (question) => {
    point(`?options=${encodeURIComponent('-c default_transaction_read_only=off')}`);
    expect(await refused({ sql: question })).toMatchObject({
      error: 'query-failed',
      detail: expect.stringMatching(/read-only transaction|must be set before any query/),
    });
    expect(await sql({ url }, 'SELECT last_value::int AS last FROM orders_id_seq')).toEqual([{ last: 1 }]);
  });

  it('may lack what is asked for where the question is only tried; a question that is wrong by itself is still refused', async () => {
    point();
    const tried = { mayNotAnswer: 'yes' } as const;
    expect(await ask({ ...tried, sql: 'SELECT COUNT(*) FROM dropped' })).toMatchObject({
      value: null,
      problem: expect.stringContaining('"dropped" does not exist'),
    });
    expect(await ask(tried)).toMatchObject({ value: 1, problem: null });
    for (const sql of ["SELECT nextval('orders_id_seq')", 'SELECT FROM FROM'])
      expect(await refused({ ...tried, sql })).toMatchObject({ error: 'query-failed' });
    writeFileSync(file, urlLine('postgres://app:x@127.0.0.1:1/shop'));
    program('sleep', 'true');
    expect(await refused(tried)).toMatchObject({ error: 'query-failed', message: expect.stringContaining('could not ask') });
  });

  it('that refuses a question is not taken for an answer', async () => {
    point();
    expect(await refused({ sql: 'SELECT nothing' })).toMatchObject({
      error: 'query-failed',
      message: expect.stringMatching(/not answered by .*"nothing" does not exist/),
      detail: expect.stringContaining('nothing'),
    });
  });
});
