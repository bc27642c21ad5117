import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Component, HostAction, type Manifest, ManifestInput, Strategy } from '../../lib/contracts.ts';
import { HOST_DOCUMENTS } from '../../lib/documents/definitions.ts';
import { hostCommand } from '../../lib/domain/host-command.ts';
import { componentsOf, strategyProblem } from '../../lib/domain/strategy.ts';
import { ABSOLUTE_PATH, HTTP_URL, RELATIVE_PATH, UNIT } from '../../lib/patterns.ts';
import { type DocumentValues, documentParameters } from '../documents/parameters.ts';
import { manifest, plan, rollback } from './builders.ts';
import { TARGET } from './database/builders.ts';

/** Texts of a form, and the longest that it allows, as given. */
const text = (pattern: string, ...longest: string[]) =>
  fc.oneof(fc.stringMatching(new RegExp(`^${pattern}$`), { size: 'small' }), ...longest.map((one) => fc.constant(one)));
const unit = text(UNIT, 'u'.repeat(80));
const relativePath = text(RELATIVE_PATH, 'r'.repeat(200));
const absolutePath = text(ABSOLUTE_PATH, `/${'a'.repeat(254)}`);
const duration = fc.constantFrom('1s', '90s', '10m', '1800s', '30m', '9999s', '10000s');
const name = '[a-z_][a-z0-9_-]{0,31}';

/** Sections that are left out are a plain manifest's: most are accepted then. */
const sections = {
  application: text('[a-z][a-z0-9-]{1,39}', 'a'.repeat(40)),
  hosts: fc.record({ tags: fc.constant({ Application: 'shop' }), commandTimeout: duration }),
  services: fc.record({
    application: fc.array(unit, { minLength: 1, maxLength: 10, size: 'max' }),
    proxy: fc.array(unit, { maxLength: 5, size: 'max' }),
  }),
  code: fc.record({
    directory: absolutePath,
    user: text(name),
    install: fc.oneof(
      fc.record({ python: fc.record({ requirements: relativePath, venv: relativePath }) }),
      fc.record({ npm: fc.record({ directory: text(`(\\.|${RELATIVE_PATH})`, 'n'.repeat(200)) }) }),
      fc.record({ script: relativePath }),
    ),
  }),
  configuration: fc.record({
    file: absolutePath,
    owner: text(`${name}:${name}`, 'o'.repeat(300)),
    mode: text('0?[0-7]{3}'),
  }),
  database: fc.record({
    instance: fc.constant('shop'),
    cutover: fc.constantFrom('rename', 'environment'),
    check: fc.record({
      sql: fc.oneof(
        fc.tuple(fc.constantFrom('SELECT ', 'with ', 'SELECT\n', 'ſelect '), fc.string()).map((parts) => parts.join('')),
        fc.constant(`SELECT ${'x'.repeat(1993)}`),
      ),
      atLeast: fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER)),
    }),
  }),
  health: fc.record({
    host: text(HTTP_URL, `http://${'h'.repeat(493)}`),
    within: duration,
    logs: fc.record({ units: fc.array(unit, { minLength: 1, maxLength: 10, size: 'max' }), maxErrors: fc.nat(100_000) }),
  }),
};

const accepted = fc
  .record(sections, { requiredKeys: [] })
  .map((some) => ManifestInput.safeParse({ ...manifest(), ...some }))
  .filter(({ success }) => success)
  .map(({ data }) => data as Manifest);

const settings = { databaseTo: 'restored.example:5432', databaseAway: 'before.example:5432', undoOf: 'shop-0' };

it('every manifest that is accepted gives commands that every document takes, and lets run as long as it says', () => {
  const property = fc.property(accepted, fc.constantFrom(...Strategy.options), (given, strategy) => {
    fc.pre(strategyProblem(strategy, given) === null);
    const touches = (component: Component) => componentsOf(strategy, given).includes(component);
    const made = plan({
      rollback: rollback({ strategy, application: given.application }),
      manifest: given,
      ...(touches('configuration') && { configuration: { kind: 'backup', id: `bk-${'i'.repeat(77)}` } }),
      ...(touches('database') && { database: TARGET }),
    });
    for (const action of HostAction.options) {
      if (/configuration/.test(action) && !touches('configuration')) continue;
      const { document, parameters, timeoutMs } = hostCommand(
        action,
        made,
        { index: 0, hosts: ['i-1'], commit: 'a'.repeat(40) },
        7,
        settings,
      );
      documentParameters(document, parameters as DocumentValues<typeof document>);
      if (!['inspect-host', 'capture-host'].includes(document))
        expect(timeoutMs).toBeLessThanOrEqual(HOST_DOCUMENTS[document].timeoutSeconds * 1000);
    }
  });
  fc.assert(property, { numRuns: 60 });
});

describe('a manifest that cannot be carried out', () => {
  const rulesOf = (changes: Record<string, unknown>) => {
    const { error } = ManifestInput.safeParse({ ...manifest(), ...changes });
    return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
  };

  it.each([
    ['hosts.commandTimeout', { hosts: { tags: { A: 'b' }, commandTimeout: '31m' } }, 'must be at most 30m'],
    ['health.within', { health: { within: '10000s' } }, 'must be at most 30m'],
    ['approval.timeout', { approval: { timeout: '2d' } }, 'must be at most 24h'],
    ['monitor.for', { monitor: { for: '7h' } }, 'must be at most 6h'],
    ['limits.cooldown', { limits: { cooldown: '91d' } }, 'must be at most 90d'],
    ['monitor.every', { monitor: { for: '17m', every: '1s' } }, expect.stringContaining('1000th of monitor.for')],
    [
      'configuration',
      { database: { instance: 'shop', cutover: 'environment' } },
      expect.stringContaining('changes DATABASE_URL'),
    ],
    [
      'configuration',
      { database: { instance: 'shop', check: { sql: 'SELECT 1', atLeast: 1 } } },
      expect.stringContaining('database.check is asked with the DATABASE_URL'),
    ],
    ['database.hourlyPrice', { database: { instance: 'shop', hourlyPrice: -1 } }, expect.any(String)],
    ['configuration.owner', { configuration: { file: '/a', owner: `${'u'.repeat(33)}:g`, mode: '600' } }, 'must be user:group'],
  ])('is refused: %s', (field, changes, rule) => expect(rulesOf(changes)).toEqual({ [field]: rule }));

  it('is let through without a configuration where the database needs none', () =>
    expect(rulesOf({ database: { instance: 'shop', cutover: 'rename' } })).toEqual({}));

  it('is let through up to the limits', () => {
    const hosts = { tags: { A: 'b' }, commandTimeout: '30m' };
    expect(rulesOf({ hosts, monitor: { for: '1000s', every: '1s' }, approval: { timeout: '1d' } })).toEqual({});
  });

  it('has other mistakes named all the same', () =>
    expect(rulesOf({ monitor: { for: 'long' }, health: { within: '2h' } })).toMatchObject({
      'monitor.for': expect.stringContaining('a number and a unit'),
    }));
});
