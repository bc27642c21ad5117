import { describe, expect, it } from 'vitest';
import { Plan } from '../../lib/contracts.ts';
import { isExpired, renderPlan } from '../../lib/domain/plan.ts';
import { ago, alarm, flow, GOOD, host, manifest, NOW, OTHER, observation, plan, rollback, truth, wellTruth } from './builders.ts';

const of = (...hosts: ReturnType<typeof host>[]) => plan({ observation: observation({ hosts }) });
const script = { code: { directory: '/var/www/shop', user: 'ubuntu', install: { script: 'bin/install.sh' } } };

describe('a plan', () => {
  it('fits the contract', () => expect(Plan.parse(plan())).toEqual(plan()));

  it('says in order what will be done', () => {
    const hosts = [host('i-1', { truth: truth({ targetPresent: false }) }), host('i-2'), host('i-3')];
    expect(of(...hosts).actions).toEqual([
      'note what runs now on 3 hosts: commit, services, changed files',
      'fetch commit aaaaaaa on 1 host (i-1)',
      'build the npm environment of 1.2.0 (aaaaaaa) beside the running one on 3 hosts',
      'check out 1.2.0 (aaaaaaa) on i-1 (canary), restart fastapi, reload nginx, await http://localhost:8000/api/health',
      'check out 1.2.0 (aaaaaaa) on i-2, restart fastapi, reload nginx, await http://localhost:8000/api/health',
      'check out 1.2.0 (aaaaaaa) on i-3, restart fastapi, reload nginx, await http://localhost:8000/api/health',
    ]);
  });

  it('runs an install script at the checkout', () => {
    const { actions } = plan({ manifest: manifest(script) });
    expect(actions.join()).toMatch(/\(canary\), run bin\/install.sh, restart fastapi/);
    expect(actions.join()).not.toMatch(/build/);
  });

  it('says what will be checked', () => {
    expect(plan().checks).toEqual([
      'every host runs 1.2.0 (aaaaaaa)',
      'fastapi, nginx active on every host',
      'http://localhost:8000/api/health answers 200 on every host within 1m',
      'at most 0 errors in the logs of fastapi',
      'https://shop.example/ answers 200',
      'alarm shop-5xx goes to OK on data newer than the change',
    ]);
  });

  it('may be begun until 15 minutes after the approval ran out', () => {
    expect(plan().expiresAt).toBe(ago(-75));
    expect(isExpired(plan(), new Date(ago(-75)))).toBe(false);
    expect(isExpired(plan(), new Date(ago(-76)))).toBe(true);
  });

  it('needs an approval where the manifest says so', () => {
    expect(plan().approvalRequired).toBe(false);
    expect(plan({ rollback: rollback({ strategy: 'full' }) }).approvalRequired).toBe(true);
  });

  it('leaves out hosts that cannot be reached', () => {
    const made = of(host('i-1'), host('i-2', { online: false, truth: null }), host('i-3', { truth: null }));
    expect(made.hosts).toEqual(['i-1']);
    expect(made.warnings).toContainEqual(expect.stringMatching(/^i-2, i-3 cannot be reached/));
  });
});

describe('a plan warns', () => {
  it.each([
    ['of files changed by hand', of(host('i-1', { truth: truth({ dirtyFiles: 2 }) })), /^2 files on i-1 changed by hand/],
    [
      'of a mixed fleet',
      of(host('i-1'), host('i-2', { truth: truth({ commit: OTHER }) })),
      /^Hosts run different commits: bbbbbbb on i-1; ccccccc on i-2/,
    ],
    [
      'of hosts that are there already',
      of(host('i-1'), host('i-2', { truth: truth({ commit: GOOD }) })),
      /^i-2 already at 1.2.0/,
    ],
    ['of little free space', of(host('i-1', { truth: truth({ freeMegabytes: 80 }) })), /^Only 80 MB free on i-1/],
    [
      'of a version reported otherwise',
      of(host('i-1', { truth: truth({ health: { status: 500, version: 'v1.3.0' } }) })),
      /recorded 1\.3\.0 \(i-1: v1\.3\.0\)/,
    ],
    ['of an unrecorded commit', plan({ running: { release: null, commit: OTHER, mixed: false } }), /ccccccc, was never recorded/],
    [
      'of an alarm that proves nothing',
      plan({ observation: observation({ alarms: [alarm({ state: 'MISSING' })] }) }),
      /shop-5xx does not exist/,
    ],
    [
      'when nothing is wrong',
      plan({ observation: observation({ hosts: [host('i-1', { truth: wellTruth() })], alarms: [], flows: [flow()] }) }),
      /^Nothing looks wrong now/,
    ],
    ['when nothing proves health', plan({ manifest: manifest({ health: {} }) }), /neither a health URL nor a flow/],
    ['of what others found', plan({ warnings: ['The moon is full.'] }), /moon/],
  ])('%s', (_of, made, warning) => expect(made.warnings).toContainEqual(expect.stringMatching(warning)));

  it('of a configuration that may stay, together with others', () => {
    const configuration = { file: '/var/www/shop/.env', owner: 'ubuntu:www-data', mode: '600' };
    const of = (strategy: 'configuration' | 'full') =>
      plan({
        rollback: rollback({ strategy }),
        manifest: manifest({ configuration }),
        configuration: { kind: 'previous' },
      }).warnings.join();
    expect(of('full')).toContain('keeps /var/www/shop/.env as it is');
    expect(of('configuration')).not.toContain('keeps');
  });

  it('of nothing else', () => expect(plan().warnings).toEqual([]));
});

it('is printed with all that a person decides on', () => {
  const text = renderPlan(plan({ warnings: ['Mind the gap.'] }));
  for (const part of [
    '# Rollback of shop: 1.3.0 (bbbbbbb) -> 1.2.0 (aaaaaaa)',
    'Strategy: code (code)',
    "Estimate: 5-10 min (the runbook's figures)",
    'Data loss: none',
    'Approval: not needed',
    `Expires: ${plan().expiresAt}`,
    '## Warnings\n- Mind the gap.',
    '## Actions\n1. note what runs now',
    '- wave 1: i-1\n- wave 2: i-2',
  ])
    expect(text).toContain(part);
  expect(plan().createdAt).toBe(NOW.toISOString());
});
