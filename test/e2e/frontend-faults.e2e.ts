import { DeleteObjectCommand, GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallFault } from '../../local/aws/call-faults.ts';
import { buildSite, visit } from '../../local/sample/site.ts';
import { until } from '../../local/until.ts';
import { arrival, defect, holdCall, killedAfter, stopExecution, strike } from './faults.ts';
import { contents, deployGoodThenBad, putBack } from './frontend.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
});
afterAll(() => theatre.close());

const withSite = () => theatre.stage({ hosts: 0, verified: [], site: true });

/** An S3 call on the stage's bucket, by the step that restores objects. */
const restoring =
  ({ site }: Stage, key?: string): NonNullable<CallFault['when']> =>
  ({ Bucket, Key }, caller) =>
    Bucket === site.bucket && caller.endsWith(theatre.functionName('restoreObjects')) && (key === undefined || Key === key);

const versionsOf = async ({ site: { s3, bucket } }: Stage): Promise<number> => {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return Versions.length + DeleteMarkers.length;
};

describe.concurrent('a bucket that cannot be brought back', () => {
  it.each([
    ['keeps no versions', 'plain-frontend', 'bucket-unversioned'],
    ['does not exist', 'nowhere-frontend', 'bucket-unreachable'],
    ['is none that the service may work on', 'payroll', 'bucket-unreachable'],
  ])('is refused, when it %s', async (_why, bucket, code) => {
    theatre.aws.s3.createBucket('plain-frontend', {});
    theatre.aws.s3.createBucket('payroll', { versioning: 'Enabled' });
    const stage = await theatre.stage({ hosts: 0, verified: [], site: { bucket } });
    const target = { time: new Date(Date.now() - 1000).toISOString() };
    expect(await stage.rollBack({ ...putBack, target })).toMatchObject({ status: 'refused', refusal: { code } });
  });

  it('is refused when a version has expired since, naming the object', async () => {
    const stage = await withSite();
    const { bad } = await deployGoodThenBad(stage);
    const { s3, bucket } = stage.site;
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'index.html' }));
    const old = Versions.find(({ IsLatest }) => !IsLatest);
    theatre.aws.s3.expireVersion(bucket, 'index.html', old?.VersionId ?? '');
    const rollback = await stage.rollBack(putBack);
    expect(rollback).toMatchObject({ status: 'refused', refusal: { code: 'frontend-versions-lost' } });
    expect(rollback.refusal?.message).toContain('index.html');
    expect(await contents(stage)).toEqual(bad);
  });
});

describe.concurrent('a fault while objects are restored', () => {
  it('of the moment is overcome: throttling, an error inside a 200, a lost answer', async () => {
    const stage = await withSite();
    const { good } = await deployGoodThenBad(stage);
    const versions = await versionsOf(stage);
    const fault = { service: 's3', operation: 'CopyObject', owner: stage.application, when: restoring(stage) } as const;
    theatre.aws.faults.inject({
      ...fault,
      kind: 'error',
      error: { code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 },
      times: 4,
    });
    theatre.aws.faults.inject({
      ...fault,
      kind: 'error',
      error: { code: 'InternalError', message: 'We encountered an internal error.', status: 200 },
    });
    theatre.aws.faults.inject({ ...fault, kind: 'lost-answer' });
    const rollback = await stage.rollBack(putBack);
    expect(rollback.status).toBe('succeeded');
    expect(await contents(stage)).toEqual(good);
    expect(await versionsOf(stage)).toBe(versions + 5);
    await stage.expectOrder(rollback.rollbackId);
  });

  it('that kills the step in the middle of a chunk is gone on from, and nothing is changed twice', async () => {
    const stage = await withSite();
    const { good } = await deployGoodThenBad(stage);
    const versions = await versionsOf(stage);
    const held = holdCall(theatre, 's3', 'CopyObject', restoring(stage));
    strike(theatre, stage, 'restoreObjects', killedAfter(1500));
    const rollbackId = await stage.start(putBack);
    await held.begun;
    setTimeout(held.goOn, 3000);
    expect((await stage.ended(rollbackId)).status).toBe('succeeded');
    expect(await contents(stage)).toEqual(good);
    expect(await versionsOf(stage)).toBe(versions + 5);
  });

  it.each([
    ['a key that may not be used', 'AccessDenied', 'User is not authorized to perform: kms:GenerateDataKey'],
    ['a refusal', 'AccessDenied', 'Access Denied'],
  ])('that stays, such as %s: what was changed goes back, and the site was never half new', async (_what, code, message) => {
    const stage = await withSite();
    const { bad } = await deployGoodThenBad(stage);
    const fault = {
      service: 's3',
      operation: 'CopyObject',
      kind: 'error',
      error: { code, message, status: 403 },
      times: 1000,
    } as const;
    theatre.aws.faults.inject({ ...fault, when: restoring(stage, 'robots.txt') });
    theatre.aws.faults.inject({ ...fault, when: restoring(stage, 'index.html') });
    const rollback = await stage.rollBack(putBack);
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toContain('index.html');
    expect(await contents(stage)).toEqual(bad);
    await stage.expectOrder(rollback.rollbackId);
  });
});

describe.concurrent('a deployment that runs into a rollback', () => {
  it.each(['overwrites', 'deletes'])('and %s an object: that is left alone and named, the rest goes back', async (how) => {
    const stage = await withSite();
    const { bad } = await deployGoodThenBad(stage);
    const { s3, bucket } = stage.site;
    const held = holdCall(theatre, 's3', 'CopyObject', restoring(stage, 'index.html'));
    const rollbackId = await stage.start(putBack);
    await held.begun;
    const at = { Bucket: bucket, Key: 'index.html' };
    await s3.send(how === 'deletes' ? new DeleteObjectCommand(at) : new PutObjectCommand({ ...at, Body: 'a deployment' }));
    held.goOn();
    const rollback = await stage.ended(rollbackId);
    expect(rollback.status).toBe('undone');
    expect(rollback.resolution).toContain('index.html');
    const { 'index.html': page, ...rest } = await contents(stage);
    const { 'index.html': _, ...restBefore } = bad;
    expect(rest).toEqual(restBefore);
    if (how === 'deletes') expect(page).toBeUndefined();
    else expect(await (await s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('a deployment');
  });
});

describe.concurrent('a step of the frontend that fails for good', () => {
  it('before a change: failed, and nothing is changed', async () => {
    const stage = await withSite();
    const { bad } = await deployGoodThenBad(stage);
    strike(theatre, stage, 'planFrontend', defect);
    const rollback = await stage.rollBack(putBack);
    expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining('before anything was changed') });
    expect(await contents(stage)).toEqual(bad);
  });

  it.each(['restoreObjects', 'settleFrontend', 'invalidateCache', 'checkSite'])(
    'in a change, in %s: it is undone',
    async (name) => {
      const stage = await withSite();
      const { bad } = await deployGoodThenBad(stage);
      const applying = (payload: { action?: string }) => payload.action === 'apply';
      strike(theatre, stage, name, { ...defect, when: applying });
      const rollback = await stage.rollBack(putBack);
      expect(rollback, rollback.resolution).toMatchObject({ status: 'undone' });
      expect(await contents(stage)).toEqual(bad);
      const { page } = await visit(stage.site.url);
      expect(page).toContain('Sample 2.1.0');
    },
  );

  it('in an undo: failed, and it says that the bucket is neither', async () => {
    const stage = await withSite();
    await deployGoodThenBad(stage);
    strike(theatre, stage, 'checkSite', { ...defect, when: (payload) => payload.action === 'apply' });
    strike(theatre, stage, 'planFrontendUndo', defect);
    const rollback = await stage.rollBack(putBack);
    expect(rollback.status).toBe('failed');
    expect(rollback.resolution).toMatch(/The bucket is restored in part|neither as it was before/);
    await stage.expectOrder(rollback.rollbackId);
  });
});

it('an execution that is stopped while objects are restored: failed, and it says where the bucket stands', async () => {
  const stage = await withSite();
  await deployGoodThenBad(stage);
  const arrived = arrival(theatre, stage, 'settleFrontend');
  const rollbackId = await stage.start(putBack);
  await arrived;
  await stopExecution(theatre, rollbackId);
  const rollback = await stage.ended(rollbackId);
  expect(rollback).toMatchObject({ status: 'failed', resolution: expect.stringContaining('The bucket is restored in part') });
  await stage.expectOrder(rollbackId);
});

it('a release whose manifest cannot be written says why, and is brought back by time', async () => {
  const stage = await theatre.stage({ hosts: 0, verified: [], site: true });
  await stage.release('1.9.0', buildSite('1.9.0'), { status: 'verified' });
  strike(theatre, stage, 'recordFrontend', defect);
  const path = `/applications/${stage.application}/releases`;
  await stage.release('2.0.0', buildSite('2.0.0'), { status: 'verified' });
  const { releases } = await stage.operator.call('GET', path);
  expect(releases.find(({ version }: { version: string }) => version === '2.0.0').frontend).toMatchObject({
    state: 'failed',
    problem: 'x is not a function',
  });
  const good = await contents(stage);
  await until('another second', 5000, async () => new Date().getMilliseconds() < 200 || undefined, 50);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await stage.release('2.1.0', buildSite('2.1.0', { broken: true }));
  const rollback = await stage.rollBack({ ...putBack, target: { version: '2.0.0' } });
  expect(rollback.status).toBe('succeeded');
  expect(await contents(stage)).toEqual(good);
});
