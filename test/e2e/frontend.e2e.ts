import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite, visit } from '../../local/sample/site.ts';
import { contents, deployGoodThenBad, hoursAgo, putBack } from './frontend.ts';
import { openTheatre, type Theatre } from './harness.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

describe.concurrent('a frontend rollback', () => {
  it('brings the bucket and what people see back to the last verified release, by its manifest', async () => {
    const stage = await theatre.stage({ hosts: 0, verified: [], site: true });
    const { good } = await deployGoodThenBad(stage);
    const broken = await visit(stage.site.url);
    expect(Object.values(broken.assets)).toContain(403);
    const rollback = await stage.rollBack(putBack);
    expect(rollback, rollback.resolution).toMatchObject({
      status: 'succeeded',
      from: { version: '2.1.0' },
      to: { version: '2.0.0' },
    });
    const { objects } = await stage.operator.call('GET', `/rollbacks/${rollback.rollbackId}/plan`);
    expect(objects).toMatchObject({ copies: { objects: 3 }, removals: { objects: 2 }, unchanged: { objects: 1 } });
    expect(rollback.resolution).toMatch(/The bucket is as the target: 3 objects brought back, 2 removed, 1 unchanged\./);
    expect(await contents(stage)).toEqual(good);
    const seen = await visit(stage.site.url);
    expect(seen.page).toContain('Sample 2.0.0');
    expect(Object.values(seen.assets)).toEqual([200, 200]);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('is undone exactly when what people see is not right', async () => {
    const stage = await theatre.stage({ hosts: 0, verified: [], site: { url: 'http://127.0.0.1:9/' } });
    const { bad } = await deployGoodThenBad(stage);
    const { s3, bucket } = stage.site;
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'moved', WebsiteRedirectLocation: '/index.html', Metadata: { by: 'hand' } }),
    );
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'robots.txt' }));
    const there = await contents(stage);
    expect(there).not.toEqual(bad);
    const rollback = await stage.rollBack(putBack);
    expect(rollback.status, rollback.resolution).toBe('failed');
    expect(await contents(stage)).toEqual(there);
  });

  it('is refused when hardly anything would be left, unless the request says so', async () => {
    const stage = await theatre.stage({ hosts: 0, verified: [], site: true });
    const [script, ...rest] = buildSite('2.0.0');
    if (!script) throw new Error('no files');
    await stage.release('2.0.0', [script], { status: 'verified', deployedAt: hoursAgo(2) });
    await stage.release('2.1.0', [script, ...rest], { deployedAt: hoursAgo(1) });
    const refused = await stage.rollBack(putBack);
    expect(refused).toMatchObject({ status: 'refused', refusal: { code: 'frontend-shrunken' } });
    expect(Object.keys(await contents(stage))).toHaveLength(4);
    await stage.expectOrder(refused.rollbackId);
  });
});
