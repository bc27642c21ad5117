import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite } from '../../local/sample/site.ts';
import { strike } from './faults.ts';
import { contents, deployGoodThenBad, hoursAgo, putBack } from './frontend.ts';
import { openTheatre, type Theatre } from './harness.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

describe.concurrent('a frontend rollback', () => {
  it('brings back what it held at a time', async () => {
    const stage = await theatre.stage({ hosts: 0, verified: [], site: true });
    await stage.site.deploy(buildSite('2.0.0'));
    const good = await contents(stage);
    const at = new Date(Date.now() + 1000).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await stage.site.deploy(buildSite('2.1.0', { broken: true }));
    const rollback = await stage.rollBack({ ...putBack, target: { time: at } });
    expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded', to: { at: expect.any(String) } });
    expect(await contents(stage)).toEqual(good);
  });

  it('goes on after its steps die in the middle, and changes nothing twice', async () => {
    const stage = await theatre.stage({ hosts: 0, verified: [], site: true });
    const { good } = await deployGoodThenBad(stage);
    for (const name of ['planFrontend', 'openFrontend', 'restoreObjects', 'settleFrontend', 'invalidateCache', 'checkSite'])
      strike(theatre, stage, name, { kind: 'lost-response' });
    const { s3, bucket } = stage.site;
    const count = async () => {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
      return Versions.length + DeleteMarkers.length;
    };
    const versions = await count();
    const rollback = await stage.rollBack(putBack);
    expect(rollback.status, rollback.resolution).toBe('succeeded');
    expect(await contents(stage)).toEqual(good);
    expect(await count()).toBe(versions + 5);
  });
});

describe.concurrent('code and site together', () => {
  const together = { strategy: 'full' };
  const nobodyAsked = { approval: { required: [], timeout: '1h' } };
  /** 1.1.0 with its site is verified; 1.2.0 runs, with a broken site. */
  const setUp = async (changes: object) => {
    const stage = await theatre.stage({ verified: [], site: true, manifest: { ...nobodyAsked, ...changes } });
    const commitOf = (version: string) => theatre.repository.releases.find((one) => one.version === version)?.commit ?? '';
    await stage.release('1.1.0', buildSite('1.1.0'), { status: 'verified', deployedAt: hoursAgo(2), commit: commitOf('1.1.0') });
    const good = await contents(stage);
    await stage.site.deploy(buildSite('1.2.0', { broken: true }));
    return { stage, good, bad: await contents(stage) };
  };

  it('go back in one rollback: hosts first, then what people see', async () => {
    const { stage, good } = await setUp({});
    const rollback = await stage.rollBack(together);
    expect(rollback, rollback.resolution).toMatchObject({ status: 'succeeded', to: { version: '1.1.0' } });
    expect(await stage.versions()).toEqual(['1.1.0', '1.1.0']);
    expect(await contents(stage)).toEqual(good);
    const events = await stage.events(rollback.rollbackId);
    const at = (type: string) => events.findLastIndex((event) => event.type === type && event.phase === 'apply');
    expect(at('host-command-succeeded')).toBeLessThan(at('objects-begun'));
    await stage.expectOrder(rollback.rollbackId);
  });

  it('both come back when the site cannot be restored', async () => {
    const { stage, bad } = await setUp({});
    const when = ({ Bucket, Key }: { Bucket: string; Key: string }) => Bucket === stage.site.bucket && Key === 'index.html';
    const error = { code: 'AccessDenied', message: 'Access Denied', status: 403 };
    theatre.aws.faults.inject({ service: 's3', operation: 'CopyObject', kind: 'error', error, times: 100, when });
    const rollback = await stage.rollBack(together);
    expect(rollback, rollback.resolution).toMatchObject({
      status: 'undone',
      hosts: [{ version: '1.2.0' }, { version: '1.2.0' }],
    });
    expect(await stage.versions()).toEqual(['1.2.0', '1.2.0']);
    expect(await contents(stage)).toEqual(bad);
    await stage.expectOrder(rollback.rollbackId);
  });
});
