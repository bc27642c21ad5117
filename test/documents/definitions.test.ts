import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentContent } from '../../lib/documents/content.ts';
import { type DocumentName, HOST_DOCUMENTS } from '../../lib/documents/definitions.ts';
import { documentParameters, InvalidHostParameter } from './parameters.ts';

const NAMES = Object.keys(HOST_DOCUMENTS) as DocumentName[];
/** All but the question for a database, which is a sentence: it is one argument of psql, and never a word of bash. */
const EVERY = NAMES.flatMap((document) =>
  Object.entries(HOST_DOCUMENTS[document].parameters)
    .map(([name, rule]) => ({ document, name, rule }))
    .filter(({ name }) => name !== 'sql'),
);

/** Values that fit. */
const GOOD: Readonly<Record<string, string>> = {
  rollbackId: '01JABC-def_9',
  application: 'ad-mint-ai',
  stateDirectory: '/var/lib/rollback-service',
  fence: '42',
  lockSeconds: '10',
  directory: '/var/www/ad-mint-ai',
  user: 'www-data',
  commit: '0123456789abcdef0123456789abcdef01234567',
  configurationFile: '/var/www/ad-mint-ai/backend/.env',
  applicationServices: 'fastapi,worker@1.service',
  proxyServices: 'nginx',
  healthUrl: 'http://localhost:8000/api/health?deep=1',
  logUnits: 'fastapi',
  logsSince: '1763856000',
  installKind: 'python',
  requirements: 'backend/requirements.txt',
  venv: 'backend/.venv',
  npmDirectory: '.',
  installScript: 'deploy/install.sh',
  expectedVersion: '1.2.3-rc.1+build',
  healthAttemptSeconds: '60',
  settleSeconds: '2',
  maxErrors: '0',
  restoreSavedFrom: '01JABC-def_9',
  configurationFrom: 'backup:01JABC-def_9',
  configurationMayStay: 'yes',
  configurationOwner: 'www-data:www-data',
  configurationMode: '600',
  databaseFrom: 'ad-mint-ai-db.abc.eu-central-1.rds.amazonaws.com:5432',
  databaseTo: 'ad-mint-ai-db-rb.abc.eu-central-1.rds.amazonaws.com:5432',
  databaseAddress: '127.0.0.1:5432',
  leadsTo: 'another',
  awayFrom: '127.0.0.1:5432',
  awaySeconds: '900',
  checkOnly: 'yes',
  operation: 'stop',
  atLeast: '1',
};

const INJECTIONS = [
  '$(id)',
  '`id`',
  'a;id',
  'a&&id',
  'a|id',
  'a\nid',
  'a\n',
  '\na',
  'a b',
  "a'b",
  'a"b',
  'a\\b',
  'a>b',
  'a<b',
  '$' + '{IFS}',
  '{{ssm:x}}',
  '*',
  'a?b[c]',
  '~',
  '!!',
  '#',
  '\0',
  'é',
  '--',
  '-x',
];
const PATHS = ['../x', 'a/../b', 'a/..', '..', '-rf', 'a/-rf', 'a//b', './../x'];

function refused(document: DocumentName, name: string, value: string): boolean {
  const known = HOST_DOCUMENTS[document].parameters;
  const values = { ...Object.fromEntries(Object.entries(GOOD).filter(([key]) => Object.hasOwn(known, key))), [name]: value };
  try {
    documentParameters(document, values as never);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidHostParameter);
    expect(error).toMatchObject({ parameter: name, retryable: false });
    return true;
  }
}

describe('every parameter', () => {
  it.each(EVERY)('$name of $document takes what it is for', ({ document, name }) => {
    expect(refused(document, name, GOOD[name] ?? '')).toBe(false);
  });

  it.each(EVERY)('$name of $document refuses injection', ({ document, name, rule }) => {
    for (const value of [...INJECTIONS, ...PATHS])
      expect({ value, refused: refused(document, name, value) }).toEqual({ value, refused: true });
    // Also behind what is good; those that are good there too, such as a dash or what a URL may hold, are left out.
    for (const value of INJECTIONS.filter((value) => /[^A-Za-z0-9?&~-]/.test(value)))
      expect({ value, refused: refused(document, name, `${GOOD[name]}${value}`) }).toEqual({ value, refused: true });
    expect(refused(document, name, 'a'.repeat(rule.maxChars + 1))).toBe(true);
  });

  it.each(EVERY)('$name of $document has an anchored pattern that every dialect reads alike', ({ rule }) => {
    expect(rule.pattern).toMatch(/^\^.*\$$/);
    expect(rule.pattern).not.toMatch(/\(\?|\\[1-9bBdDsSwW]/);
    if ('default' in rule) expect(rule.default).toMatch(new RegExp(rule.pattern));
  });

  it('lets no text through that could end a word, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVERY), fc.string({ unit: 'binary' }), ({ rule }, text) => {
        if (new RegExp(rule.pattern).test(text)) expect(text).toMatch(/^[A-Za-z0-9@._:/,+~?=&%[\]-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the question for a database', () => {
  const { sql } = HOST_DOCUMENTS['query-database'].parameters;

  it.each(['SELECT COUNT(*) FROM "a b" WHERE c = \'$(id)\'', 'with a as (select 1) select * from a'])('may be %s', (text) =>
    expect(text).toMatch(new RegExp(sql.pattern)),
  );

  it.each(['DELETE FROM a', 'SELECT 1; DELETE FROM a', 'SELECT 1\n\\! id', '\\! id', 'SELECT 1 \\gexec'])('is not %j', (text) =>
    expect(text).not.toMatch(new RegExp(sql.pattern)),
  );
});

describe('documentParameters', () => {
  const values = { rollbackId: 'r', application: 'a', fence: '1', directory: '/srv/a', user: 'root' };

  it('answers what SendCommand takes and leaves defaults to the document', () => {
    expect(documentParameters('capture-host', { ...values, configurationFile: undefined })).toEqual({
      rollbackId: ['r'],
      application: ['a'],
      fence: ['1'],
      directory: ['/srv/a'],
      user: ['root'],
    });
  });

  it('names the parameter and the rule, never the value', () => {
    const broken = (more: object) => {
      try {
        return documentParameters('capture-host', { ...values, ...more });
      } catch (error) {
        return error;
      }
    };
    expect(broken({ directory: '/srv/$(secret)' })).toMatchObject({
      name: 'InvalidHostParameter',
      parameter: 'directory',
      rule: 'pattern',
    });
    expect(String(broken({ directory: '/srv/$(secret)' }))).not.toContain('secret');
    expect(broken({ user: undefined })).toMatchObject({ parameter: 'user', rule: 'required' });
    expect(broken({ fence: '1'.repeat(16) })).toMatchObject({ parameter: 'fence', rule: 'maxChars' });
    expect(broken({ command: 'id' })).toMatchObject({ parameter: 'command', rule: 'unknown' });
  });
});

describe('documentContent', () => {
  it.each(NAMES)('%s fits into a document and substitutes nothing', (name) => {
    const content = JSON.stringify(documentContent(HOST_DOCUMENTS[name]));
    expect(content.length).toBeLessThan(64 * 1024);
    expect(content).not.toContain('{{');
  });

  it.each(NAMES)('%s reads only parameters that it has', (name) => {
    const script = documentContent(HOST_DOCUMENTS[name]).mainSteps[0].inputs.runCommand.join('\n');
    const read = new Set(Array.from(script.matchAll(/\$\{?SSM_([A-Za-z]+)/g), ([, parameter]) => parameter));
    expect(Object.keys(HOST_DOCUMENTS[name].parameters)).toEqual(expect.arrayContaining([...read]));
  });

  it.each(NAMES)('%s defines no function twice', (name) => {
    const script = documentContent(HOST_DOCUMENTS[name]).mainSteps[0].inputs.runCommand.join('\n');
    const functions = Array.from(script.matchAll(/^([a-z_]+)\(\)/gm), ([, defined]) => defined);
    expect(functions).toHaveLength(new Set(functions).size);
  });

  it.each(NAMES)('%s passes strings by environment variable', (name) => {
    for (const parameter of Object.values(documentContent(HOST_DOCUMENTS[name]).parameters))
      expect(parameter).toMatchObject({
        type: 'String',
        interpolationType: 'ENV_VAR',
        allowedPattern: expect.any(String),
        maxChars: expect.any(Number),
      });
  });
});
