import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, defects, type Edit, replace, write } from '../../local/sample/edits.ts';
import { git } from '../../local/sample/git.ts';
import { until } from '../../local/until.ts';
import { beforeHostCommand, commitsOf, standingOf, storyOf } from './ground-truth.ts';
import { openTheatre, type Theatre } from './harness.ts';

/** Found only where the page is that of this version. */
const saysVersion = (address: string, version: string) => ({ url: `http://${address}:8000/`, contains: `<p>${version},` });
const answersWithin = (within: string) => ({ host: 'http://localhost:8000/api/health', within });

/** Healthy only on hosts whose configuration has the setting. */
const needsRegion: Edit = replace('backend/health.js', '!settings.databaseUrl', '!process.env.REGION');
const logsAnError: Edit = replace(
  'backend/server.js',
  'const server =',
  "console.error('<3>disk map is empty');\nconst server =",
);

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

describe.concurrent('a target that does not come up on the canary', () => {
  const setStage = async (hosts: number, version: string, edit: Edit) => {
    const health = { ...answersWithin('2s'), logs: { units: ['sample-api'] } };
    const stage = await theatre.stage({ hosts, verified: [], manifest: { health } });
    await stage.recordTarget(await theatre.addRelease(version, edit));
    return stage;
  };

  it.each([
    { version: '2.1.0', what: 'stays unhealthy', edit: defects.healthRed, says: /health URL answered 500/ },
    { version: '2.2.0', what: 'never answers its health check', edit: defects.healthHangs, says: /health URL answered nothing/ },
    { version: '2.3.0', what: 'logs errors', edit: logsAnError, says: /1 errors since the restart, 0 allowed/ },
  ])('is taken back when it $what', async ({ version, edit, says }) => {
    const stage = await setStage(1, version, edit);
    const before = await commitsOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', to: { version } });
    expect(rollback.resolution).toContain(stage.hosts[0]?.id);
    expect(rollback.resolution).toMatch(says);
    expect(await commitsOf(stage)).toEqual(before);
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('is taken back when it ends at its start, and no other host is touched', async () => {
    const stage = await setStage(2, '2.4.0', defects.exitsAtStart);
    const [canaryBefore, otherBefore] = await standingOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toMatch(/answered nothing|is failed|did not stay up/);
    const [canary, other] = await standingOf(stage);
    expect(canary).toMatchObject({ commit: canaryBefore?.commit, version: '1.2.0' });
    expect(other).toEqual(otherBefore);
    expect(rollback.hosts).toEqual(stage.hosts.map(({ id }) => expect.objectContaining({ id, version: '1.2.0' })));
    expect(storyOf(await stage.events(rollback.rollbackId))).toEqual(
      expect.arrayContaining(['apply host-command-failed', 'undo undo-planned', 'undo undone', 'close undone']),
    );
    expect(await stage.command(rollback.rollbackId, 'apply', 1)).toBeUndefined();
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('a rollback that fails after the canary', () => {
  it('brings the canary back as well', async () => {
    const target = await theatre.addRelease('2.5.0', needsRegion);
    const stage = await theatre.stage({ verified: [], manifest: { health: answersWithin('3s') } });
    await stage.recordTarget(target);
    const [canary, other] = stage.hosts;
    const configuration = join(canary?.checkout ?? '', 'backend/.env');
    await writeFile(configuration, `${await readFile(configuration, 'utf8')}REGION=here\n`);
    const before = await commitsOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toContain(`${other?.id}: health-failed`);
    expect(rollback.resolution).not.toContain(`${canary?.id}: `);
    expect((await stage.command(rollback.rollbackId, 'apply', 0))?.results).toMatchObject([{ host: canary?.id, ok: true }]);
    expect(await commitsOf(stage)).toEqual(before);
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('says failed and names the host where the way back does not come up', async () => {
    const stage = await theatre.stage({ manifest: { health: answersWithin('3s') } });
    const [canary, other] = stage.hosts;
    // What runs there goes on without it; no start succeeds any more.
    await rm(join(other?.checkout ?? '', 'backend/.env'));
    const before = await commitsOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('failed');
    expect(rollback.resolution).toContain(`${other?.id}`);
    expect(rollback.hosts?.find(({ id }) => id === other?.id)?.note).toMatch(/sample-api (failed|inactive)/);
    expect(await commitsOf(stage)).toEqual(before);
    expect(await canary?.health()).toEqual({ status: 200, version: '1.2.0' });
    expect(await other?.health()).toMatchObject({ status: 0 });
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('a rollback after which a user flow is', () => {
  it('bad that was good: every host goes back to the commit that it came from', async () => {
    const stage = await theatre.stage({
      manifest: ([canary]) => ({ health: { ...answersWithin('10s'), flows: [saysVersion(canary?.address ?? '', '1.2.0')] } }),
    });
    await stage.hosts[1]?.deploy('1.0.0');
    const before = await commitsOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    const events = await stage.events(rollback.rollbackId);
    expect(storyOf(events)).toEqual(expect.arrayContaining(['verify worse', 'undo undone']));
    expect(events.find(({ type }) => type === 'worse')?.detail.reasons).toContainEqual(
      expect.stringMatching(/^flow .*was good\)$/),
    );
    expect(new Set(before).size).toBe(2);
    expect(await commitsOf(stage)).toEqual(before);
    expect(await stage.versions()).toEqual(['1.2.0', '1.0.0']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('bad that was good: hosts that serve go back as many at a time as on the way there', async () => {
    const stage = await theatre.stage({
      manifest: ([canary, other]) => ({
        hosts: { tags: { Application: canary?.host.tags.Application ?? '' }, canary: 1, concurrency: 1 },
        health: { ...answersWithin('10s'), flows: [saysVersion(other?.address ?? '', '1.2.0')] },
      }),
    });
    const half = Promise.withResolvers<unknown>();
    beforeHostCommand(theatre, stage, 'undo', 1, () => half.resolve(Promise.all(stage.hosts.map((host) => host.health()))));
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
    expect(await half.promise).toEqual([
      { status: 200, version: '1.2.0' },
      { status: 200, version: '1.1.0' },
    ]);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('as bad as before: the target stays, and people are called', async () => {
    const stage = await theatre.stage({
      hosts: 1,
      manifest: ([host]) => ({
        health: { ...answersWithin('10s'), flows: [saysVersion(host?.address ?? '', 'no such version')] },
      }),
    });
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'unresolved', to: { version: '1.1.0' } });
    expect(await stage.versions()).toEqual(['1.1.0']);
    const [topic] = theatre.aws.template.ofType('AWS::SNS::Topic');
    const letters = theatre.aws.sns.messages(topic?.arn ?? '').filter(({ message }) => message.includes(rollback.rollbackId));
    expect(letters).toMatchObject([{ subject: `[${stage.application}] rollback unresolved` }]);
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('an undo to a release that could not be installed again', () => {
  it('brings back the packages that it ran with', async () => {
    const target = await theatre.addRelease('2.7.0', defects.healthRed);
    const running = await theatre.addRelease('2.8.0', (directory) => rm(join(directory, 'backend/package-lock.json')), true);
    const stage = await theatre.stage({ hosts: 1, verified: [], manifest: { health: answersWithin('2s') } });
    await stage.recordTarget(target);
    await stage.record(running.version, { commit: running.commit });
    const { host, checkout = '' } = stage.hosts[0] ?? {};
    await git(checkout, ['fetch', '--quiet', '--tags', 'origin']);
    await git(checkout, ['checkout', '--quiet', '--detach', running.commit]);
    await host?.systemctl('restart', 'sample-api');
    await until('the release by hand', 20_000, async () => (await stage.versions())[0] === '2.8.0' || undefined);
    const rollback = await stage.rollBack({ target: { version: '2.7.0' } });
    expect(rollback).toMatchObject({ status: 'undone', from: { version: '2.8.0' } });
    expect(await commitsOf(stage)).toEqual([running.commit]);
    expect(await stage.versions()).toEqual(['2.8.0']);
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('what was changed by hand on a host', () => {
  it('is there again after a rollback that was undone', async () => {
    const target = await theatre.addRelease('2.6.0', all(defects.healthRed, write('backend/notes.txt', 'of the release\n')));
    const stage = await theatre.stage({ hosts: 1, verified: [], manifest: { health: answersWithin('2s') } });
    await stage.recordTarget(target);
    const { checkout = '' } = stage.hosts[0] ?? {};
    await writeFile(join(checkout, 'README.md'), 'edited by hand\n');
    await writeFile(join(checkout, 'backend/notes.txt'), 'of the host\n');
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    expect(await readFile(join(checkout, 'README.md'), 'utf8')).toBe('edited by hand\n');
    expect(await readFile(join(checkout, 'backend/notes.txt'), 'utf8')).toBe('of the host\n');
    expect((await stage.command(rollback.rollbackId, 'undo'))?.results?.[0]?.result).toMatchObject({
      restored: { changes: 'applied', files: 1, filesLeft: 0 },
    });
    await stage.expectOrder(rollback.rollbackId);
  });
});
