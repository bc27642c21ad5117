import { describe, expect, it } from 'vitest';
import { type DatabaseFacts, judgeDatabase } from '../../../lib/domain/database/guards.ts';
import { databaseWarnings } from '../../../lib/domain/database/warnings.ts';
import { NOW } from '../builders.ts';
import { database } from './builders.ts';

const WINDOW = { earliest: '2026-11-15T12:00:00.000Z', latest: '2026-11-22T11:55:00.000Z' };

function judge(changes: Partial<DatabaseFacts> = {}) {
  const given = { instance: 'shop', state: database(), window: WINDOW, restoreTime: '2026-11-22T11:00:00.000Z' };
  const names = ['shop', 'shop-rb-0a1b2c3d', 'shop-before-0a1b2c3d'];
  return judgeDatabase({ ...given, names, permitted: 'shop*', cutover: 'rename', proxies: [], now: NOW, ...changes });
}

const of = (changes: Parameters<typeof database>[0], more: Partial<DatabaseFacts> = {}) =>
  judge({ state: database(changes), ...more }).refusal;

describe('a database can be restored', () => {
  it('when it is available with nothing waiting, and the time lies within the window', () => {
    expect(judge()).toEqual({ state: database(), address: { host: 'shop.example', port: 5432 }, window: WINDOW });
    expect(judge({ restoreTime: WINDOW.earliest }).refusal).toBeUndefined();
    expect(judge({ restoreTime: WINDOW.latest }).refusal).toBeUndefined();
  });
});

describe('a database is refused', () => {
  it('when there is none of its name', () => {
    const { refusal } = judge({ state: null, window: null });
    expect(refusal).toMatchObject({
      code: 'database-unknown',
      message: expect.stringMatching(/no RDS instance shop .* an unfinished rollback left it under another name/),
    });
  });

  it.each<[string, Parameters<typeof database>[0], string]>([
    ['of a cluster', { cluster: 'shop-cluster', engine: 'aurora-postgresql' }, 'restore-db-cluster-to-point-in-time'],
    ['that is a read replica', { replicaOf: 'main' }, 'read replica of main'],
    ['on an Outpost', { isOnOutpost: true }, 'Outpost'],
    ['that is no PostgreSQL', { engine: 'mysql' }, 'runs mysql'],
    ['with read replicas', { replicas: ['reader-1', 'reader-2'] }, 'reader-1, reader-2'],
    ['whose password a secret has', { hasManagedPassword: true }, '--manage-master-user-password'],
    ['with Kerberos logins', { directories: ['corp.example'] }, '--domain'],
  ])('%s', (_what, changes, word) => {
    expect(of(changes)).toMatchObject({ code: 'database-unsupported', message: expect.stringContaining(word) });
  });

  it.each([
    ['*-db*', 'shop, shop-rb-0a1b2c3d, shop-before-0a1b2c3d do'],
    ['shop', 'shop-rb-0a1b2c3d, shop-before-0a1b2c3d do'],
    ['shop*d', 'shop does'],
    ['sho?-rb-*', 'shop, shop-before-0a1b2c3d do'],
    ['s.op*', 'shop, shop-rb-0a1b2c3d, shop-before-0a1b2c3d do'],
  ])('whose names do not fit what the service was deployed for: %s', (permitted, names) => {
    const { refusal } = judge({ permitted });
    expect(refusal).toMatchObject({ code: 'database-not-permitted', message: expect.stringContaining(`${names} not fit`) });
    expect(refusal?.message).toContain('--param="databases=shop*"');
  });

  it('that an RDS Proxy leads to, with what to do about the proxy', () => {
    expect(of({}, { proxies: ['pool'] })).toMatchObject({
      code: 'database-unsupported',
      message: expect.stringMatching(/\(pool\).*register-db-proxy-targets --db-proxy-name pool --db-instance-identifiers shop/),
    });
  });

  it.each<[Parameters<typeof database>[0], string]>([
    [{ status: 'backing-up' }, 'backing-up'],
    [{ renamingTo: 'shop2' }, 'shop2'],
    [{ pending: ['MultiAZ'] }, 'MultiAZ'],
    [{ address: null }, 'is not available'],
  ])('%j', (changes, word) => {
    expect(of(changes)).toMatchObject({ code: 'database-not-ready', message: expect.stringContaining(word) });
  });

  it('without automated backups, saying why', () => {
    expect(of({ settings: { backupRetentionDays: 0 } }, { window: null })).toMatchObject({
      code: 'database-no-backups',
      message: expect.stringContaining('--backup-retention-period'),
    });
    expect(of({}, { window: null })?.message).toContain('no automated backup yet');
  });

  it.each([
    ['in the future', '2026-11-22T12:00:01.000Z', 'future'],
    ['before the window', '2026-11-15T11:59:59.000Z', `after ${WINDOW.earliest}`],
    ['that RDS cannot restore yet', '2026-11-22T11:58:00.000Z', 'ask again at about 2026-11-22T12:04:00.000Z'],
  ])('for a time %s', (_what, restoreTime, advice) => {
    const { refusal } = judge({ restoreTime });
    expect(refusal?.code).toBe('restore-time-outside-window');
    for (const part of [restoreTime, WINDOW.earliest, WINDOW.latest, advice]) expect(refusal?.message).toContain(part);
  });
});

describe('warnings', () => {
  const text = (
    changes: Parameters<typeof database>[0],
    cutover: 'rename' | 'environment' = 'rename',
    hourlyPrice: number | undefined = undefined,
  ) => databaseWarnings({ cutover, restoreTime: '2026-11-22T11:00:00.000Z', hourlyPrice }, database(changes)).join('\n');

  it('say what is paid for twice, and what stays behind', () => {
    expect(text({})).toContain(
      'two instances are paid for, each db.t4g.medium with 100 GB gp3, Multi-AZ: instance hours, storage and backups',
    );
    expect(text({})).toContain('The price is not known: AWS lists it for the instance class and the region');
    expect(text({})).toContain("the master user's included, are those of 2026-11-22T11:00:00.000Z");
    expect(text({ roles: [{ feature: 's3Import', arn: 'arn:role' }] })).toContain('--feature-name s3Import --role-arn arn:role');
    const tags = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`tag-${index}`, 'x']));
    expect(text({ tags })).toContain('not marked by a tag');
    expect(text({})).not.toContain('not marked');
    expect(text({})).toContain('rds-db:connect');
    expect(text({ settings: { iamAuthentication: false } })).not.toContain('rds-db:connect');
  });

  it.each([
    [0.21, 'each db.t4g.medium with 100 GB gp3, Multi-AZ, $0.21 an hour, $5.04 a day: instance hours'],
    [0.017, '$0.017 an hour, $0.408 a day'],
    [2, '$2.00 an hour, $48.00 a day'],
    [0, '$0.00 an hour, $0.00 a day'],
  ])('say what two instances cost at $%d an hour', (price, said) => {
    expect(text({}, 'rename', price)).toContain(said);
    expect(text({}, 'rename', price)).not.toContain('not known');
  });

  it('speak of names only where they change', () => {
    expect(text({})).toContain('up to 10 minutes');
    expect(text({}, 'environment')).not.toMatch(/10 minutes/);
    expect(text({}, 'environment')).toContain('DATABASE_URL');
  });
});
