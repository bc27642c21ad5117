import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configurationAt, configured, FROM, SECRETS, TO } from './configured.ts';

let at: Awaited<ReturnType<typeof configured>>;

describe('the address of the database', () => {
  beforeEach(async () => {
    at = await configured();
  });
  afterEach(() => at.host.stop());

  const move = { databaseFrom: FROM, databaseTo: TO };

  it('is changed and nothing else, once', async () => {
    const before = at.read();
    const result = await at.restore(move);
    expect(result).toMatchObject({ changed: true, database: { address: TO, was: FROM }, missingKeys: [], addedKeys: [] });
    expect(at.read()).toBe(before.replace(FROM, TO));
    expect(at.read(result.configuration?.backup ?? '')).toBe(before);
    const pid = await at.mainPid();
    expect(await at.restore(move)).toMatchObject({ changed: false, database: { address: TO } });
    expect(await at.mainPid()).toBe(pid);
    expect(await at.restore({ configurationFrom: 'backup:rollback-1' })).toMatchObject({ changed: true });
    expect(at.read()).toBe(before);
  });

  it('may be written without a port, and its host in any case', async () => {
    at.put(configurationAt('OLD.db.example.com'));
    await at.restore(move);
    expect(at.read()).toBe(configurationAt(TO));
  });

  it('is changed also in a file with lines that nobody understands', async () => {
    at.put(configurationAt(FROM, 'some words\n'));
    await at.restore(move);
    expect(at.read()).toBe(configurationAt(TO, 'some words\n'));
  });

  it('in a file that is restored may be one of then', async () => {
    at.put(configurationAt('ancient.db.example.com:5432'), `${at.file}.previous`);
    expect(await at.restore({ ...move, configurationFrom: 'previous' })).toMatchObject({
      database: { address: TO, was: 'ancient.db.example.com:5432' },
      changed: true,
    });
    expect(at.read()).toBe(configurationAt(TO));
    expect(await at.restore({ ...move, configurationFrom: 'previous' })).toMatchObject({ changed: false });
  });

  it('is looked at before another one is known', async () => {
    const look = { databaseFrom: FROM, checkOnly: 'yes' } as const;
    const before = at.read();
    expect(await at.restore(look)).toMatchObject({ changed: false, database: null });
    expect(await at.restore({ ...look, databaseFrom: FROM.toUpperCase() })).toMatchObject({ changed: false });
    expect(await at.refused({ ...look, databaseFrom: 'other.example:5432' })).toMatchObject({ error: 'database-elsewhere' });
    at.put(`${before}DATABASE_URL=again\n`);
    expect(await at.refused(look)).toMatchObject({ error: 'database-url-twice' });
    at.put('MODE=good\n');
    expect(await at.refused(look)).toMatchObject({ error: 'database-url-missing' });
    at.put(before);
    // What comes of an older file has to have one place for the other address, whatever stands there.
    at.put(configurationAt('ancient.db.example.com:5432', 'MODE=good\n'), `${at.file}.previous`);
    expect(await at.restore({ ...look, configurationFrom: 'previous' })).toMatchObject({ missingKeys: ['NEWER'] });
    at.put('MODE=good\n', `${at.file}.previous`);
    expect(await at.refused({ ...look, configurationFrom: 'previous' })).toMatchObject({ error: 'database-url-missing' });
    expect([at.read(), at.leftovers()]).toEqual([before, []]);
  });

  describe('of an instance that a rollback has replaced', () => {
    const later = { rollbackId: 'rollback-2', fence: '8', configurationFrom: 'previous' } as const;
    beforeEach(async () => {
      at.put(configurationAt(FROM, 'MODE=good\n'), `${at.file}.previous`);
      await at.restore(move);
    });

    it('does not come back with an older file', async () => {
      expect(await at.restore({ ...later, checkOnly: 'yes' })).toMatchObject({ database: { address: TO, was: FROM } });
      const run = await at.host.run('restore-configuration', { ...at.values, ...later });
      expect(JSON.parse(run.stdout)).toMatchObject({ changed: true, database: { address: TO, was: FROM } });
      expect(run.stdout + run.stderr).not.toMatch(/of-nobody|hunter2/);
      expect(at.read()).toBe(configurationAt(TO, 'MODE=good\n'));
      expect(await at.restore(later)).toMatchObject({ changed: false });
    });

    it('nor where the present file names none, or where that one was replaced as well', async () => {
      const newest = 'newest.db.example.com:5432';
      await at.restore({ rollbackId: 'rollback-2', fence: '8', databaseFrom: TO, databaseTo: newest });
      at.put('MODE=bad\n');
      await at.restore({ ...later, rollbackId: 'rollback-3', fence: '9' });
      expect(at.read()).toBe(configurationAt(newest, 'MODE=good\n'));
    });

    it('comes back where people or an undo went back to it', async () => {
      at.put(configurationAt(FROM, 'MODE=bad\n'));
      await at.restore(later);
      expect(at.read()).toBe(configurationAt(FROM, 'MODE=good\n'));
      await at.restore({ configurationFrom: 'backup:rollback-1', fence: '9' });
      at.put('MODE=bad\n');
      await at.restore({ ...later, rollbackId: 'rollback-3', fence: '9' });
      expect(at.read()).toBe(configurationAt(FROM, 'MODE=good\n'));
    });

    it('gives way to any other that an older file names', async () => {
      at.put(configurationAt('ancient.db.example.com:5432', 'MODE=good\n'), `${at.file}.previous`);
      expect(await at.restore(later)).toMatchObject({ database: null });
      expect(at.read()).toContain('ancient.db.example.com:5432');
    });
  });

  it.each([
    ['is not there', 'database-url-missing', 'MODE=bad\n'],
    ['is there twice', 'database-url-twice', configurationAt(FROM, 'DATABASE_URL=again\n')],
    ['is another one', 'database-elsewhere', configurationAt('elsewhere.example.com')],
    ['has a name alike', 'database-elsewhere', configurationAt('x.old.db.example.com')],
    ['is at another port', 'database-elsewhere', configurationAt('old.db.example.com:6432')],
    ['is none', 'database-url-invalid', `DATABASE_URL=${SECRETS[2]}\n`],
    ['is a file', 'database-url-invalid', `DATABASE_URL=sqlite:///${SECRETS[2]}.db\n`],
    ['is two', 'database-url-invalid', `DATABASE_URL=postgres://a:${SECRETS[2]}@one:1,two:2/db\n`],
    ['is overruled by the query', 'database-url-invalid', `DATABASE_URL=postgres://a:${SECRETS[2]}@${FROM}/db?x=1&host=two\n`],
    ['has a raw password', 'database-url-invalid', `DATABASE_URL=postgres://user:54/${SECRETS[2]}@${FROM}/db\n`],
    ['does not end', 'database-url-invalid', `DATABASE_URL="postgres://user:${SECRETS[2]}@${FROM}/db\nB=""\n`],
  ])('that %s is refused without a word about what it holds', async (_, error, content) => {
    at.put(content);
    const { stdout, stderr } = await at.host.run('restore-configuration', { ...at.values, ...move });
    expect(JSON.parse(stdout)).toMatchObject({ error });
    expect(stdout + stderr).not.toMatch(/of-nobody|hunter2|user/);
    expect([at.read(), at.leftovers()]).toEqual([content, []]);
  });
});

describe('check-out-code', () => {
  beforeEach(async () => {
    at = await configured();
  });
  afterEach(() => at.host.stop());

  /** A commit after the running one that reads the configuration as well. */
  const release = () => {
    const commit = at.repository.release({ 'settings.txt': 'other\n' });
    at.repository.git('fetch', '--quiet');
    return commit;
  };
  const file = { configurationFrom: 'previous', databaseFrom: FROM, databaseTo: TO };

  it('switches code, configuration and address in one pass, and back', async () => {
    const [before, commit] = [at.read(), release()];
    at.put(configurationAt(FROM, 'MODE=good\n'), `${at.file}.previous`);
    await at.host.result('capture-host', { directory: at.values.directory, configurationFile: at.file });
    const result = await at.host.result('check-out-code', { ...at.values, ...file, commit });
    expect(result).toMatchObject({
      changed: true,
      configuration: { mode: '640', backup: expect.stringContaining('rollback-1') },
      missingKeys: ['NEWER'],
      addedKeys: [],
      database: { address: TO, was: FROM },
      health: { version: 'good' },
    });
    expect([at.read(), at.repository.git('rev-parse', 'HEAD')]).toEqual([configurationAt(TO, 'MODE=good\n'), commit]);
    const pid = await at.mainPid();
    expect(await at.host.result('check-out-code', { ...at.values, ...file, commit })).toMatchObject({ changed: false });
    expect(await at.mainPid()).toBe(pid);
    const undo = { commit: at.commit, configurationFrom: 'backup:rollback-1', restoreSavedFrom: 'rollback-1' };
    expect(await at.host.result('check-out-code', { ...at.values, ...undo })).toMatchObject({ health: { version: 'bad' } });
    expect([at.read(), at.repository.git('rev-parse', 'HEAD')]).toEqual([before, at.commit]);
    expect([at.kept().length, at.leftovers()]).toEqual([1, []]);
  });

  it('leaves the configuration alone unless it is told', async () => {
    const { configurationFile: _, ...values } = at.values;
    expect(await at.host.result('check-out-code', { ...values, commit: release() })).toMatchObject({
      configuration: null,
      missingKeys: [],
      database: null,
    });
  });

  it('switches the configuration alone when the code is right already', async () => {
    expect(
      await at.host.result('check-out-code', { ...at.values, ...file, configurationFrom: '', commit: at.commit }),
    ).toMatchObject({
      changed: true,
      database: { address: TO },
    });
    expect(at.read()).toContain(TO);
  });

  it.each([
    ['is missing', 'configuration-missing', {}],
    ['names another database', 'database-elsewhere', { configurationFrom: '', databaseFrom: 'other:1' }],
    ['is nowhere', 'invalid-parameter', { configurationFile: '' }],
  ])('touches nothing when the configuration %s', async (_, error, more) => {
    const [before, pid, commit] = [at.read(), await at.mainPid(), release()];
    expect(await at.host.failure('check-out-code', { ...at.values, ...file, commit, ...more })).toMatchObject({ error });
    expect([at.read(), await at.mainPid(), at.repository.git('rev-parse', 'HEAD')]).toEqual([before, pid, at.commit]);
  });

  it.each([
    ['mv -fT -- */..env.rollback*', 'before'],
    ['mv -fT -- */..env.rollback*', 'after'],
    ['systemctl stop*', 'before'],
    ['systemctl restart*', 'before'],
    ['git*checkout --quiet --force*', 'after'],
  ] as const)('killed at %s (%s) ends right when it is run again', async (pattern, moment) => {
    const commit = release();
    at.put(configurationAt(FROM, 'MODE=good\n'), `${at.file}.previous`);
    at.host.killAt(pattern, moment);
    expect(await at.host.run('check-out-code', { ...at.values, ...file, commit })).toMatchObject({ code: 137 });
    expect(await at.host.result('check-out-code', { ...at.values, ...file, commit })).toMatchObject({
      changed: true,
      previousCommit: at.commit,
      missingKeys: ['NEWER'],
    });
    expect([at.read(), at.repository.git('rev-parse', 'HEAD'), await at.version()]).toEqual([
      configurationAt(TO, 'MODE=good\n'),
      commit,
      'good',
    ]);
    expect(at.leftovers()).toEqual([]);
  });
});

describe('whatever the file holds', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'address-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const shared = join(import.meta.dirname, '../../lib/documents/shared');
  const script = `set -Eeuo pipefail
shopt -s inherit_errexit nullglob
export LC_ALL=C
fail() { printf '%s' "$1"; exit 1; }
backups=/nowhere document=test SSM_databaseTo=${TO}
source ${shared}/database-url.sh
source ${shared}/configuration.sh
read_database_url "$1" "$1"
with_database "$1" >"$1.new"
printf '%s %s' "$url_host:$url_port" "$database_url"`;
  const changed = (content: Buffer) => {
    const file = join(folder, 'file');
    writeFileSync(file, content);
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script, 'test', file], { encoding: 'latin1' });
    return { stdout, stderr, status, content: status === 0 ? readFileSync(`${file}.new`) : content };
  };

  const text = (unit: string, limits: object = { maxLength: 12 }) => fc.string({ unit: fc.constantFrom(...unit), ...limits });
  const SAFE = 'abcXYZ0189-._~';
  /** As a URL holds it: percent-encoded, or raw where that is allowed, an @ too. */
  const secret = text(`${SAFE}%:@!$&'()*+,;=\\`);
  const url = fc.record({
    scheme: fc.constantFrom('postgres', 'postgresql', 'postgresql+asyncpg', 'mysql'),
    user: text(`${SAFE}%`, { minLength: 1, maxLength: 8 }),
    password: fc.option(secret),
    host: fc.oneof(
      text('abcXYZ019-.', { minLength: 1, maxLength: 30 }),
      fc.constantFrom('[::1]', '[2001:db8::7]', '127.0.0.1', 'db_1'),
    ),
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
    path: fc.option(text(`${SAFE}%@/:`)),
    query: fc.option(text(`${SAFE}%@/:=&`).map((query) => `?a=${query}`)),
  });
  /** Lines that are not the one that counts. */
  const line = fc.oneof(
    text(' \t\r#;=$`\\aB1"\'\xe9'),
    fc.constantFrom(
      '# DATABASE_URL=postgres://a@b/c',
      'OLD_DATABASE_URL=postgres://a@b/c',
      'DATABASE_URLS=1',
      'A=DATABASE_URL=1',
    ),
  );
  const file = fc.record({
    url,
    quote: fc.constantFrom('', '"', "'"),
    begin: fc.constantFrom('', 'export ', '  ', '\texport\t'),
    equals: fc.constantFrom('=', ' = ', '= '),
    after: fc.constantFrom('', ' ', '\r', ' # the database'),
    before: fc.array(line, { maxLength: 4 }),
    behind: fc.array(line, { maxLength: 4 }),
    end: fc.constantFrom('\n', ''),
  });

  it('only host and port of the one address change', () => {
    fc.assert(
      fc.property(file, ({ url, quote, begin, equals, after, before, behind, end }) => {
        const head = `${url.scheme}://${url.user}${url.password === null ? '' : `:${url.password}`}@`;
        const tail = `${url.path === null ? '' : `/${url.path}`}${url.query ?? ''}`;
        fc.pre(quote === '' || !`${head}${tail}`.includes(quote));
        fc.pre(quote !== '' || !/^["']/.test(head));
        const port = url.port ?? 5432;
        const written = (address: string) =>
          Buffer.from(
            [...before, `${begin}DATABASE_URL${equals}${quote}${head}${address}${tail}${quote}${after}`, ...behind].join('\n') +
              end,
            'latin1',
          );
        const result = changed(written(`${url.host}${url.port === null ? '' : `:${url.port}`}`));
        expect(result).toMatchObject({ status: 0, stderr: '' });
        expect(result.stdout.startsWith(`${url.host}:${port} ${head}`)).toBe(true);
        expect(result.content.toString('latin1')).toBe(written(TO).toString('latin1'));
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
