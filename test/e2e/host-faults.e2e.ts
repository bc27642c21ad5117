import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defects } from '../../local/sample/edits.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { until } from '../../local/until.ts';
import {
  beforeHostCommand,
  commitOf,
  commitsOf,
  killCommandsOf,
  processesIn,
  type Standing,
  standingOf,
  storyOf,
} from './ground-truth.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

const isRoot = process.getuid?.() === 0;
const STATE = 'var/lib/rollback-service';
/** Found only where the page is that of this version. */
const saysVersion = (host: SampleHost | undefined, version: string) => ({
  url: `http://${host?.address}:8000/`,
  contains: `<p>${version},`,
});
const CONFIGURATION = { host: 'http://localhost:8000/api/health', within: '10s' };

let theatre: Theatre;
const mounted: string[] = [];
beforeAll(async () => {
  // Systems Manager's own time-outs of a minute last six seconds.
  theatre = await openTheatre({ secondsMs: 100 });
});
afterAll(async () => {
  mounted.map(unmount);
  await theatre.close();
});

/** Puts a small disk over a folder; it goes away after the tests, whatever still lies there. */
const mountDisk = async (folder: string, size: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  mounted.push(folder);
};
const unmount = (folder: string): void => void execFileSync('umount', ['--lazy', folder]);

const fill = (folder: string): void => {
  try {
    for (let block = 0; ; block += 1) writeFileSync(join(folder, `ballast-${block}`), Buffer.alloc(1024 * 1024));
  } catch {
    // It ends because the disk is full.
  }
};

/** Asks for a rollback that has to fail before it changed anything, and insists on that. Answers what people are told. */
const failBeforeChange = async (stage: Stage): Promise<{ rollbackId: string; resolution: string }> => {
  const before: Standing[] = await standingOf(stage);
  const { rollbackId, status, resolution = '' } = await stage.rollBack();
  expect({ status, resolution }).toEqual({
    status: 'failed',
    resolution: expect.stringContaining('before anything was changed'),
  });
  expect(await standingOf(stage)).toEqual(before);
  const story = storyOf(await stage.events(rollbackId));
  expect(story).toContain('prepare host-command-failed');
  expect(story.filter((event) => /^(apply|undo)/.test(event))).toEqual([]);
  await stage.expectOrder(rollbackId);
  return { rollbackId, resolution };
};

describe.concurrent('a rollback that cannot be prepared changes nothing', () => {
  it('when the commit is not on the remote', async () => {
    const stage = await theatre.stage({ verified: [] });
    const commit = '0123456789abcdef0123456789abcdef01234567';
    await stage.recordTarget({ version: '1.1.9', commit });
    const { resolution } = await failBeforeChange(stage);
    expect(resolution).toContain(commit);
    for (const { id } of stage.hosts) expect(resolution).toContain(`${id}: commit-missing`);
  });

  it('when the installation fails', async () => {
    const stage = await theatre.stage({ hosts: 1, verified: [] });
    await stage.recordTarget(await theatre.addRelease('3.1.0', defects.installFails));
    const { rollbackId, resolution } = await failBeforeChange(stage);
    expect(resolution).toContain(`${stage.hosts[0]?.id}: install-failed`);
    const [result] = (await stage.command(rollbackId, 'prepare'))?.results ?? [];
    expect(result?.result).toMatchObject({ detail: expect.stringMatching(/JSON/) });
  });

  it('when the installation takes longer than a host command may, and leaves no process behind', async () => {
    const stage = await theatre.stage({
      hosts: 1,
      verified: [],
      manifest: ([host]) => ({ hosts: { tags: { Name: host?.id ?? '' }, commandTimeout: '5s' } }),
    });
    await stage.recordTarget(await theatre.addRelease('3.2.0', defects.installHangs));
    const environments = join(stage.hosts[0]?.directory ?? '', STATE, stage.application, 'environments');
    const rollbackId = await stage.start();
    await until('the installation', 60_000, async () => processesIn(environments).length > 0 || undefined, 50);
    const { status, resolution } = await stage.ended(rollbackId);
    expect({ status, resolution }).toEqual({
      status: 'failed',
      resolution: expect.stringContaining('before anything was changed'),
    });
    expect(resolution).toContain(`${stage.hosts[0]?.id}: timed-out`);
    expect(processesIn(environments)).toEqual([]);
    const ended = (await stage.events(rollbackId)).find(({ type }) => type === 'host-command-failed');
    expect(ended).toMatchObject({ phase: 'prepare', detail: { timedOut: true } });
    expect(await stage.versions()).toEqual(['1.2.0']);
    await stage.expectOrder(rollbackId);
  });

  it.skipIf(!isRoot)('when the disk of a host is full', async () => {
    const stage = await theatre.stage();
    const [, other] = stage.hosts;
    await mountDisk(join(other?.directory ?? '', STATE), '4m');
    const { resolution } = await failBeforeChange(stage);
    expect(resolution).toContain(`${other?.id}: disk-full`);
    expect(resolution).not.toContain(`${stage.hosts[0]?.id}: `);
  });
});

describe.concurrent('a host that is lost', () => {
  it('before the plan is made is named, and the rollback is refused', async () => {
    const stage = await theatre.stage();
    const [, other] = stage.hosts;
    theatre.aws.ssm.setOnline(other?.id ?? '', false);
    const before = await standingOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({ status: 'refused', refusal: { code: 'hosts-offline' } });
    expect(rollback.refusal?.message).toContain(`${other?.id}: offline`);
    expect(await standingOf(stage)).toEqual(before);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('between its preparation and its wave: failed, and the canary is back', async () => {
    const stage = await theatre.stage();
    const [canary, other] = stage.hosts;
    beforeHostCommand(theatre, stage, 'apply', 1, () => theatre.aws.ssm.setOnline(other?.id ?? '', false));
    const before = await commitsOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('failed');
    expect(rollback.resolution).toContain(`${other?.id} gave no answer`);
    expect(rollback.hosts).toMatchObject([
      { id: canary?.id, version: '1.2.0', commit: before[0] },
      { id: other?.id, commit: null, note: 'gave no answer' },
    ]);
    const { results, sentAt = '', endedAt = '' } = (await stage.command(rollback.rollbackId, 'apply', 1)) ?? {};
    expect(results).toMatchObject([{ host: other?.id, error: 'DeliveryTimedOut' }]);
    // Nobody waits for the command's own time-out of 30 s when the delivery has timed out after six.
    expect(Date.parse(endedAt) - Date.parse(sentAt)).toBeLessThan(20_000);
    expect(await commitsOf(stage)).toEqual(before);
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('for good before its verification: unresolved, and it alone gave no answer', async () => {
    const stage = await theatre.stage();
    const [canary, other] = stage.hosts;
    beforeHostCommand(theatre, stage, 'verify', 0, () => theatre.aws.ssm.terminate(other?.id ?? ''));
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({
      status: 'unresolved',
      hosts: [
        { id: canary?.id, version: '1.1.0' },
        { id: other?.id, commit: null, note: 'gave no answer' },
      ],
    });
    await stage.expectOrder(rollback.rollbackId);
  });

  it('for good before an undo: failed, and every other host is back', async () => {
    const stage = await theatre.stage({
      hosts: 3,
      manifest: ([canary]) => ({ health: { ...CONFIGURATION, flows: [saysVersion(canary, '1.2.0')] } }),
    });
    const [canary, other, third] = stage.hosts;
    const before = await commitsOf(stage);
    beforeHostCommand(theatre, stage, 'undo', 0, () => theatre.aws.ssm.terminate(other?.id ?? ''));
    const rollback = await stage.rollBack();
    expect(rollback).toMatchObject({
      status: 'failed',
      hosts: [
        { id: canary?.id, version: '1.2.0' },
        { id: other?.id, commit: null, note: 'gave no answer' },
        { id: third?.id, version: '1.2.0' },
      ],
    });
    expect(rollback.resolution).toContain(`${other?.id} gave no answer`);
    expect(rollback.resolution).toContain(`${other?.id}: unreachable (it takes no command`);
    const after = await commitsOf(stage);
    expect([after[0], after[2]]).toEqual([before[0], before[2]]);
    const { results = [] } = (await stage.command(rollback.rollbackId, 'undo')) ?? {};
    expect(results.map(({ host, ok }) => [host, ok])).toEqual([
      [canary?.id, true],
      [third?.id, true],
      [other?.id, false],
    ]);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('for good before its wave: nobody of the wave is touched, and the canary is back', async () => {
    const stage = await theatre.stage({ hosts: 3 });
    const [, other, third] = stage.hosts;
    beforeHostCommand(theatre, stage, 'apply', 1, () => theatre.aws.ssm.terminate(other?.id ?? ''));
    const before = await standingOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('failed');
    expect(rollback.resolution).toContain(`${other?.id}: unreachable (it takes no command`);
    expect((await standingOf(stage))[2]).toEqual(before[2]);
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0', '1.2.0']);
    expect((await stage.command(rollback.rollbackId, 'undo'))?.hosts).not.toContain(third?.id);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('half-way through its switch: failed, and the report says of each host what it runs', async () => {
    const stage = await theatre.stage({ verified: [], manifest: { health: CONFIGURATION } });
    const target = await theatre.addRelease('3.3.0', defects.slowStart, true);
    await stage.recordTarget(target);
    const [canary, other] = stage.hosts;
    const directory = other?.directory ?? '';
    const before = await commitsOf(stage);
    const rollbackId = await stage.start();
    await until(
      'the switch of the second host',
      60_000,
      async () => (other && (await commitOf(other)) === target.commit) || undefined,
      50,
    );
    theatre.aws.ssm.setOnline(other?.id ?? '', false);
    killCommandsOf(other?.id ?? '', rollbackId);
    await other?.host.stop();
    const rollback = await stage.ended(rollbackId);
    expect(rollback.status).toBe('failed');
    expect(rollback.hosts).toMatchObject([
      { id: canary?.id, version: '1.2.0', commit: before[0] },
      { id: other?.id, commit: null, note: 'gave no answer' },
    ]);
    expect(rollback.resolution).toContain(`${other?.id} gave no answer`);
    expect(await theatre.client('viewer').call('GET', `/rollbacks/${rollbackId}/report`)).toContain(`| ${other?.id} |`);
    expect(await canary?.health()).toEqual({ status: 200, version: '1.2.0' });
    expect(processesIn(directory)).toEqual([]);
    await stage.expectOrder(rollbackId);
  });
});

describe.concurrent('a host command that hangs past its time-out', () => {
  it('when both hosts are switched already: it is cancelled, and both are back', async () => {
    const stage = await theatre.stage({
      verified: [],
      manifest: ([host]) => ({
        hosts: {
          tags: { Application: host?.host.tags.Application ?? '' },
          canary: 0,
          concurrency: '100%',
          commandTimeout: '20s',
        },
        health: { ...CONFIGURATION, within: '5m' },
      }),
    });
    const target = await theatre.addRelease('3.4.0', defects.healthHangs);
    await stage.recordTarget(target);
    const before = await commitsOf(stage);
    const rollbackId = await stage.start();
    await until(
      'both hosts to be switched',
      60_000,
      async () => (await commitsOf(stage)).every((commit) => commit === target.commit) || undefined,
    );
    const rollback = await stage.ended(rollbackId);
    expect(rollback).toMatchObject({ status: 'undone', hosts: [{ version: '1.2.0' }, { version: '1.2.0' }] });
    for (const { id } of stage.hosts) expect(rollback.resolution).toContain(`${id}: timed-out (did not end within 20s`);
    const ended = (await stage.events(rollbackId)).find(({ type }) => type === 'host-command-failed');
    expect(ended).toMatchObject({ phase: 'apply', detail: { timedOut: true } });
    expect(await commitsOf(stage)).toEqual(before);
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    await stage.expectOrder(rollbackId);
  });
});

describe.concurrent('a host whose disk fills up before its wave', () => {
  it.skipIf(!isRoot)('keeps what it ran, and so does the canary', async () => {
    const stage = await theatre.stage();
    const [, other] = stage.hosts;
    const state = join(other?.directory ?? '', STATE);
    await mountDisk(state, '64m');
    beforeHostCommand(theatre, stage, 'apply', 1, () => fill(state));
    const before = await standingOf(stage);
    const rollback = await stage.rollBack();
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toContain(`${other?.id}: disk-full`);
    const after = await standingOf(stage);
    expect(after[0]).toMatchObject({ commit: before[0]?.commit, version: '1.2.0' });
    expect(after[1]).toEqual(before[1]);
    await stage.expectOrder(rollback.rollbackId);
  });
});
