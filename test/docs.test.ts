import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { fullManifest, installs, smallManifest } from '../docs/examples.ts';
import { generated } from '../docs/generated.ts';
import { explained, MANIFEST, MeaningsIncomplete } from '../docs/meanings.ts';
import { OPERATIONS } from '../docs/operations.ts';
import { PROBLEM_NAMES, problemOf } from '../docs/problem-examples.ts';
import { Manifest } from '../lib/contracts.ts';
import * as errors from '../lib/errors.ts';
import packageJson from '../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/api.md', 'docs/manifest.md'];
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The code blocks of a page in one language. */
const blocks = (file: string, language: string): string[] =>
  [...read(file).matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].filter(([, name]) => name === language).map(([, , text = '']) => text);

/** JSON of a page: its own blocks, and what its commands write to a file. */
const jsonOf = (file: string): unknown[] => {
  const heredocs = blocks(file, 'bash').flatMap((text) =>
    [...text.matchAll(/<<'EOF'\n([\s\S]*?)^EOF/gm)].map(([, inner = '']) => inner),
  );
  return [...blocks(file, 'json'), ...heredocs.filter((text) => text.startsWith('{'))].map((text) => JSON.parse(text));
};

describe('generated references', () => {
  it.each(Object.entries(generated()))('docs/%s is fresh', (file, content) => {
    expect(read(`docs/${file}`) === content, `docs/${file} is stale: npm run docs`).toBe(true);
  });

  it('refuse a field without a meaning and a meaning without a field', () => {
    const contract = z.strictObject({ known: z.string(), added: z.string() });
    expect(() => explained(contract, { known: 'It is there.', gone: 'It was there.' })).toThrow(MeaningsIncomplete);
    expect(() => explained(contract, { known: 'It is there.', gone: 'It was there.' })).toThrow(/\[added\].*\[gone\]/);
    expect(explained(Manifest, MANIFEST).length).toBeGreaterThan(50);
  });
});

interface HttpApiEvent {
  readonly httpApi?: { readonly method: string; readonly path: string; readonly authorizer?: { readonly type: string } };
}

describe('operations', () => {
  const { functions } = parse(read('serverless.yml')) as { functions: Record<string, { events?: readonly HttpApiEvent[] }> };
  const routes = Object.values(functions).flatMap(({ events = [] }) => events.flatMap(({ httpApi }) => httpApi ?? []));

  it('are exactly the routes that are deployed', () => {
    const name = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
    expect(OPERATIONS.map(name).toSorted()).toEqual(routes.map(name).toSorted());
  });

  it('all ask for a signature', () => {
    expect(routes.filter(({ authorizer }) => authorizer?.type !== 'aws_iam')).toEqual([]);
  });

  it.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    '%s has examples that its contracts take',
    (_, operation) => {
      for (const { contract, examples } of [operation.body, operation.query].flatMap((input) => input ?? []))
        for (const example of examples) expect(contract.safeParse(example).error).toBeUndefined();
      for (const { content } of operation.answers) expect(content?.contract.safeParse(content.example).error).toBeUndefined();
    },
  );

  it('show every error that a caller can be answered', () => {
    const answered = Object.entries(errors).filter(([, kind]) => kind.prototype instanceof errors.RequestError);
    const shown: readonly string[] = PROBLEM_NAMES;
    expect(answered.map(([name]) => name).filter((name) => !shown.includes(name))).toEqual([]);
    for (const name of ['invalid-input', 'MalformedRequest', 'internal-error'] as const) expect(problemOf(name).type).toBe(name);
  });
});

describe('examples', () => {
  it.each(PAGES)('manifests in %s parse with the contract', (page) => {
    const manifests = jsonOf(page).filter((value) => typeof value === 'object' && value !== null && 'services' in value);
    for (const manifest of manifests) expect(Manifest.safeParse(manifest).error).toBeUndefined();
    expect(manifests.length).toBeGreaterThanOrEqual({ 'README.md': 1, 'docs/manifest.md': 2 }[page] ?? 0);
  });

  it('say everything that a manifest can say', () => {
    const sections = (value: object) => Object.keys(value).toSorted();
    expect(sections(fullManifest)).toEqual(sections(Manifest.shape));
    for (const install of installs)
      expect(Manifest.safeParse({ ...smallManifest, code: { ...smallManifest.code, install } }).error).toBeUndefined();
  });
});

describe('commands', () => {
  it.each(PAGES)('of %s are valid bash', (page) => {
    for (const block of blocks(page, 'bash')) execFileSync('bash', ['-n'], { input: block });
  });

  it.each(PAGES)('of %s name scripts that there are', (page) => {
    const named = [...read(page).matchAll(/npm run (?:--silent )?([a-z][\w:]*)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in packageJson.scripts))).toEqual([]);
  });

  it.each(PAGES)('links of %s lead to files', (page) => {
    const links = [...read(page).matchAll(/\]\(((?!https?:|#)[^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});

describe('policies of the README', () => {
  const policies = jsonOf('README.md').filter((value) => typeof value === 'object' && value !== null && 'Statement' in value);
  const [viewer, operator, approver] = policies;
  const byCaller = { viewer, operator, approver };

  const isAllowed = async (policy: unknown, method: string, path: string): Promise<boolean> => {
    const resource = `arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/$default/${method}${path}`;
    const answer = await runSimulation(
      {
        request: {
          principal: 'arn:aws:iam::123456789012:user/somebody',
          action: 'execute-api:Invoke',
          resource: { resource, accountId: '123456789012' },
          contextVariables: {},
        },
        identityPolicies: [{ name: 'policy', policy }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    return answer.resultType !== 'error' && answer.overallResult === 'Allowed';
  };

  it.each(['viewer', 'operator', 'approver'] as const)('let a %s do what the reference says, and no more', async (caller) => {
    const allowed = await Promise.all(
      OPERATIONS.map(({ method, path }) => isAllowed(byCaller[caller], method, path.replaceAll(/\{\w+\}/g, 'ad-mint-ai'))),
    );
    const expected = OPERATIONS.filter(({ callers }) => callers.includes(caller)).map(({ id }) => id);
    expect(OPERATIONS.filter((_, index) => allowed[index]).map(({ id }) => id)).toEqual(expected);
  });
});
