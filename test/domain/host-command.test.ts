import { describe, expect, it } from 'vitest';
import { HostAction, type Wave } from '../../lib/contracts.ts';
import { HOST_DOCUMENTS } from '../../lib/documents/definitions.ts';
import { changesConfiguration, hostCommand, inspection, needsRestored } from '../../lib/domain/host-command.ts';
import { type DocumentValues, documentParameters } from '../documents/parameters.ts';
import { BAD, GOOD, host, manifest, observation, plan, rollback, truth } from './builders.ts';

const forward: Wave = { index: 0, hosts: ['i-1'], commit: GOOD };
const back: Wave = { index: 0, hosts: ['i-1'], commit: BAD };
const withHealth = (status: number, version: string | null) =>
  plan({ observation: observation({ hosts: [host('i-1', { truth: truth({ health: { status, version } }) })] }) });
const installs = [
  undefined,
  { npm: {} },
  { npm: { directory: 'backend' } },
  { python: { requirements: 'backend/requirements.txt', venv: 'backend/venv' } },
  { script: 'bin/install.sh' },
];

const data = {
  configuration: { file: '/var/www/shop/.env', owner: 'ubuntu:www-data', mode: '600' },
  database: { instance: 'shop-db', cutover: 'environment', check: { sql: 'SELECT COUNT(*) FROM orders', atLeast: 1 } },
};
const touched = {
  configuration: { kind: 'previous' as const },
  database: {
    source: { identifier: 'shop-db', resourceId: 'db-A', address: { host: 'shop-db.example', port: 5432 } },
    size: 'db.t3.medium with 100 GB gp3',
    restoreTime: '2026-11-22T10:00:00.000Z',
    window: { earliest: '2026-11-15T00:00:00.000Z', latest: '2026-11-22T11:55:00.000Z' },
    restoredName: 'shop-db-rb-01234567',
    keptName: 'shop-db-before-01234567',
  },
};
const of = (strategy: 'configuration' | 'database' | 'full', changes = {}) =>
  plan({ rollback: rollback({ strategy }), manifest: manifest({ ...data, ...changes }), ...touched });

describe('every command fits its document', () => {
  it.each(HostAction.options)('%s', (action) => {
    for (const install of installs) {
      const code = { directory: '/var/www/shop', user: 'ubuntu', ...(install ? { install } : {}) };
      const made = plan({ manifest: manifest({ code, ...data }), ...touched });
      const settings = { databaseTo: 'db-rb.example:5432', databaseAway: 'db-before.example:5432' };
      const { document, parameters } = hostCommand(action, made, forward, 7, settings);
      expect(() => documentParameters(document, parameters as DocumentValues<typeof document>)).not.toThrow();
      const wanted: Record<string, unknown> = HOST_DOCUMENTS[document].parameters;
      expect(Object.keys(wanted)).toEqual(expect.arrayContaining(Object.keys(parameters)));
    }
  });

  it('an inspection before anything is planned, without commit and lock', () => {
    const { document, parameters } = inspection(manifest(), 'shop-1', '');
    expect(documentParameters('inspect-host', parameters as DocumentValues<'inspect-host'>)).toMatchObject({
      fence: [''],
      commit: [''],
    });
    expect(document).toBe('inspect-host');
  });
});

describe('applying', () => {
  it('asks the target to prove itself', () => {
    const { document, parameters, timeoutMs } = hostCommand('apply', plan(), forward, 7);
    expect({ document, timeoutMs }).toEqual({ document: 'check-out-code', timeoutMs: 600_000 });
    expect(parameters).toMatchObject({
      commit: GOOD,
      fence: '7',
      applicationServices: 'fastapi',
      proxyServices: 'nginx',
      healthUrl: 'http://localhost:8000/api/health',
      expectedVersion: '1.2.0',
      healthAttemptSeconds: '60',
      logUnits: 'fastapi',
      maxErrors: '0',
      restoreSavedFrom: '',
    });
  });

  it('asks for no version where the application reports other names than the record', () => {
    expect(hostCommand('apply', withHealth(500, 'v1.3.0'), forward, 7).parameters.expectedVersion).toBe('');
    expect(hostCommand('apply', withHealth(500, '1.3.0'), forward, 7).parameters.expectedVersion).toBe('1.2.0');
  });
});

describe('what is done on a host', () => {
  const withAddress = { databaseTo: 'shop-db-rb.example:5432' };

  it('is one pass for code, configuration and address together', () => {
    expect(hostCommand('apply', of('full'), forward, 7, withAddress)).toMatchObject({
      document: 'check-out-code',
      parameters: {
        configurationFile: '/var/www/shop/.env',
        configurationFrom: 'previous',
        configurationOwner: 'ubuntu:www-data',
        databaseFrom: 'shop-db.example:5432',
        databaseTo: 'shop-db-rb.example:5432',
      },
    });
  });

  it('is a new file and a restart where the code stays, without asking for a version', () => {
    const { document, parameters } = hostCommand('apply', of('configuration'), forward, 7);
    expect({ document, version: parameters.expectedVersion }).toEqual({ document: 'restore-configuration', version: '' });
  });

  it('is no more than a start where the database comes back under its own name', () => {
    const database = { instance: 'shop-db', cutover: 'rename' };
    const made = plan({
      rollback: rollback({ strategy: 'database' }),
      manifest: manifest({ ...data, database }),
      database: touched.database,
    });
    expect(hostCommand('apply', made, forward, 7, withAddress)).toMatchObject({
      document: 'manage-services',
      parameters: { operation: 'start' },
    });
    expect(hostCommand('undo', made, back, 7)).toMatchObject({ document: 'manage-services', parameters: { operation: 'start' } });
  });

  it('lets a configuration stay that is right already only where it is one of several components', () => {
    expect(hostCommand('apply', of('full'), forward, 7, withAddress).parameters.configurationMayStay).toBe('yes');
    expect(hostCommand('prepare-configuration', of('full'), forward, 7).parameters.configurationMayStay).toBe('yes');
    expect(hostCommand('apply', of('configuration'), forward, 7).parameters.configurationMayStay).toBe('');
  });

  it('is looked at first: where the file comes from, and whether DATABASE_URL names the instance that is replaced', () => {
    expect(hostCommand('prepare-configuration', of('full'), forward, 7).parameters).toMatchObject({
      configurationFrom: 'previous',
      databaseFrom: 'shop-db.example:5432',
      databaseTo: '',
      checkOnly: 'yes',
    });
    const renamed = of('full', { database: { instance: 'shop-db', cutover: 'rename' } });
    expect(hostCommand('prepare-configuration', renamed, forward, 7).parameters.databaseFrom).toBe('');
    expect([of('full'), of('database'), renamed, plan()].map(changesConfiguration)).toEqual([true, true, true, false]);
  });

  it('waits for a name only where one changes hands, told where it led before', () => {
    const [renamed, pointed] = [of('database', { database: { instance: 'shop-db', cutover: 'rename' } }), of('database')];
    const address = 'shop-db.example:5432';
    expect(hostCommand('capture', renamed, forward, 7).parameters.databaseAddress).toBe(address);
    expect(hostCommand('capture', pointed, forward, 7).parameters.databaseAddress).toBe('');
    expect(hostCommand('find-database', renamed, forward, 7, { databaseAway: 'kept.example:5432' }).parameters).toMatchObject({
      databaseAddress: address,
      leadsTo: 'another',
      awayFrom: 'kept.example:5432',
    });
    expect(hostCommand('undo-find-database', renamed, forward, 7).parameters).toMatchObject({ leadsTo: 'before', awayFrom: '' });
  });

  it('goes back to the file that this rollback kept', () => {
    const made = of('configuration');
    expect(hostCommand('undo', made, back, 7)).toMatchObject({
      document: 'restore-configuration',
      parameters: { configurationFrom: `backup:${made.rollbackId}`, databaseTo: '' },
    });
  });

  it('asks the restored instance before it is switched, and afterwards whatever the application finds', () => {
    const settings = { databaseTo: 'shop-db-rb.example:5432' };
    expect(hostCommand('probe-database', of('database'), forward, 7).parameters).toMatchObject({ atLeast: '' });
    expect(hostCommand('check-database', of('database'), forward, 7, settings).parameters).toMatchObject({
      databaseAddress: 'shop-db-rb.example:5432',
      atLeast: '1',
    });
    expect(hostCommand('verify-database', of('database'), forward, 7).parameters.databaseAddress ?? '').toBe('');
    const needed = HostAction.options.filter((action) => needsRestored(action, of('database')));
    expect(needed).toEqual(['check-database', 'apply']);
  });
});

describe('undoing', () => {
  it('puts back what an earlier rollback saved when that one is taken back', () => {
    expect(hostCommand('apply', plan(), forward, 7, { undoOf: 'earlier' }).parameters.restoreSavedFrom).toBe('earlier');
    const own = plan();
    expect(hostCommand('undo', own, back, 7, { undoOf: 'earlier' }).parameters.restoreSavedFrom).toBe(own.rollbackId);
  });

  it('goes back to the captured commit and what was saved', () => {
    const made = plan();
    expect(hostCommand('undo', made, back, 7)).toMatchObject({
      document: 'check-out-code',
      parameters: { commit: BAD, restoreSavedFrom: made.rollbackId },
    });
  });

  it('asks for no health, version or clean logs where there were none', () => {
    const expected = { healthUrl: '', expectedVersion: '', logUnits: '', maxErrors: '' };
    expect(hostCommand('undo', withHealth(500, '1.3.0'), back, 7).parameters).toMatchObject(expected);
    expect(hostCommand('undo', withHealth(200, '1.3.0'), { ...back, hosts: ['i-1', 'i-unseen'] }, 7).parameters).toMatchObject(
      expected,
    );
  });

  it('asks for the health and version that there were', () => {
    const { parameters } = hostCommand('undo', withHealth(200, 'v1.3.0'), back, 7);
    expect(parameters).toMatchObject({ healthUrl: 'http://localhost:8000/api/health', expectedVersion: 'v1.3.0' });
  });
});

it('counts errors in the logs from the time that is given, in epoch seconds', () => {
  expect(hostCommand('verify', plan(), forward, 7, { errorsSince: '2026-11-22T12:00:00.900Z' }).parameters.logsSince).toBe(
    '1795348801',
  );
  expect(hostCommand('verify', plan(), forward, 7).parameters.logsSince).toBe('');
});

it('names the install after the manifest', () => {
  const kinds = installs.map((install) => {
    const made = plan({
      manifest: manifest({ code: { directory: '/var/www/shop', user: 'ubuntu', ...(install ? { install } : {}) } }),
    });
    const { installKind, requirements, npmDirectory, installScript } = hostCommand('prepare', made, forward, 7).parameters;
    return [installKind, requirements, npmDirectory, installScript];
  });
  expect(kinds).toEqual([
    ['none', '', '.', ''],
    ['npm', '', '.', ''],
    ['npm', '', 'backend', ''],
    ['python', 'backend/requirements.txt', '.', ''],
    ['script', '', '.', 'bin/install.sh'],
  ]);
});
