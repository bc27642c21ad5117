import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback, RollbackStatus } from '../../lib/contracts.ts';
import { REGION } from '../../local/aws/service.ts';
import type { User } from '../../local/aws/users.ts';
import { until } from '../../local/until.ts';
import { exchange } from './exchange.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';

describe('a rollback that needs approval', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const withApproval = (timeout = '1h') => ({ approval: { required: ['code' as const], timeout } });
  const reached = (stage: Stage, rollbackId: string, status: RollbackStatus): Promise<Rollback> =>
    stage.reached(rollbackId, (current) => current === status);
  const waiting = async (stage: Stage): Promise<string> => {
    const rollbackId = await stage.start();
    await reached(stage, rollbackId, 'awaiting-approval');
    return rollbackId;
  };
  const decide = (user: User, rollbackId: string, decision: 'approve' | 'reject' | 'cancel') =>
    exchange(theatre, user, `POST /rollbacks/${rollbackId}/${decision}`, { body: { reason: `${decision} it` } });
  const letters = (rollbackId: string) =>
    theatre.aws.sns
      .messages(theatre.aws.template.ofType('AWS::SNS::Topic')[0]?.arn ?? '')
      .filter(({ message }) => message.includes(rollbackId));
  const expectNothingChanged = async (stage: Stage, rollbackId: string) => {
    expect(await stage.versions()).toEqual(['1.2.0']);
    expect((await stage.events(rollbackId)).filter(({ phase }) => phase === 'apply')).toEqual([]);
    await stage.expectOrder(rollbackId);
  };
  /** What the registry alone may know. */
  const tokenOf = async (rollbackId: string): Promise<string> => {
    const { aws, functionName } = theatre;
    const client = new DynamoDBClient({ endpoint: aws.endpoint, region: REGION, credentials: aws.credentials('admin') });
    const Key = { pk: `APPROVAL#${rollbackId}`, sk: 'APPROVAL' };
    const { Item } = await DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName: functionName('registry'), Key }));
    return Item?.token;
  };
  const written = async (): Promise<string> => {
    const folder = join(theatre.directory, 'aws');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const logs = entries.filter(
      (entry) => entry.isFile() && (entry.parentPath.includes('/logs') || entry.name.endsWith('.jsonl')),
    );
    expect(logs.length).toBeGreaterThan(3);
    return (await Promise.all(logs.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))).join('\n');
  };

  it.concurrent('waits for somebody else to approve its plan, holds the lock meanwhile, and shows its token to nobody', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: withApproval() });
    const rollbackId = await waiting(stage);
    const token = await tokenOf(rollbackId);
    expect(token.length).toBeGreaterThan(20);
    const asked = await until('a letter that asks', 10_000, async () => letters(rollbackId)[0]);
    expect(asked.subject).toBe(`[${stage.application}] rollback awaits approval`);
    for (const part of [
      `# Rollback of ${stage.application}: 1.2.0`,
      '## Actions',
      `- wave 1: ${stage.hosts[0]?.id}`,
      `POST /rollbacks/${rollbackId}/approve`,
    ])
      expect(asked.message).toContain(part);

    expect(await stage.rollBack()).toMatchObject({
      status: 'refused',
      refusal: {
        code: 'rollback-in-progress',
        message: expect.stringMatching(new RegExp(`${rollbackId}.*is awaiting-approval`)),
      },
    });
    expect((await decide('operator', rollbackId, 'approve')).status).toBe(403);
    expect(await stage.versions()).toEqual(['1.2.0']);
    expect(await decide('approver', rollbackId, 'approve')).toMatchObject({
      status: 202,
      body: { rollbackId, decision: 'approved' },
    });
    const late = await decide('admin', rollbackId, 'reject');
    expect(late).toMatchObject({ status: 409, body: { detail: expect.stringContaining(rollbackId) } });

    const ended = await stage.ended(rollbackId);
    expect(ended).toMatchObject({
      status: 'succeeded',
      approvedBy: expect.stringMatching(/user\/approver$/),
      to: { version: '1.1.0' },
    });
    expect(await stage.versions()).toEqual(['1.1.0']);
    const events = await stage.events(rollbackId);
    expect(events.find(({ type }) => type === 'approved')?.detail).toMatchObject({ by: ended.approvedBy, reason: 'approve it' });
    await stage.expectOrder(rollbackId);
    expect(await decide('approver', rollbackId, 'approve')).toMatchObject({ status: 409, body: { type: 'NotAwaitingApproval' } });
    expect(await decide('operator', rollbackId, 'cancel')).toMatchObject({ status: 409, body: { type: 'RollbackOver' } });

    const { plan } = await stage.operator.call('GET', `/rollbacks/${rollbackId}/plan`);
    const report = await stage.operator.call('GET', `/rollbacks/${rollbackId}/report`);
    const bus = theatre.aws.events.published();
    const seen = JSON.stringify([ended, events, plan, report, letters(rollbackId), bus]) + (await written());
    expect(seen).toContain(rollbackId);
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(JSON.stringify(token).slice(1, -1));
  });

  it.concurrent('is not approved by who asked for it, nor decided twice, and changes nothing when it is rejected', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: withApproval() });
    const body = { strategy: 'code', reason: 'I said so' };
    const { rollbackId } = (await exchange(theatre, 'admin', `POST /applications/${stage.application}/rollbacks`, { body })).body;
    expect(await decide('approver', rollbackId, 'approve')).toMatchObject({ status: 409, body: { type: 'NotAwaitingApproval' } });
    await reached(stage, rollbackId, 'awaiting-approval');
    expect(await decide('admin', rollbackId, 'approve')).toMatchObject({ status: 403, body: { type: 'ApproverIsRequester' } });
    const both = await Promise.all([decide('approver', rollbackId, 'reject'), decide('operator', rollbackId, 'reject')]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    const rejected = await stage.ended(rollbackId);
    expect(rejected).toMatchObject({
      status: 'rejected',
      resolution: expect.stringMatching(/^Rejected: nothing is changed\. .*reject it/),
    });
    expect(rejected.approvedBy).toBeUndefined();
    await expectNothingChanged(stage, rollbackId);

    const cancelled = await waiting(stage);
    expect((await decide('operator', cancelled, 'cancel')).status).toBe(202);
    expect(await stage.ended(cancelled)).toMatchObject({
      status: 'cancelled',
      cancelRequestedBy: expect.stringMatching(/operator$/),
    });
    expect((await decide('approver', cancelled, 'approve')).status).toBe(409);
    await expectNothingChanged(stage, cancelled);
  });

  it.concurrent('expires when nobody approves in time', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: withApproval('3s') });
    const expired = await stage.rollBack();
    expect(expired).toMatchObject({ status: 'expired', resolution: expect.stringContaining('Nobody approved in time') });
    expect(await decide('approver', expired.rollbackId, 'approve')).toMatchObject({ status: 409 });
    // People are told last, after the lock is free.
    await until('a letter that it expired', 10_000, async () => letters(expired.rollbackId).length > 1 || undefined);
    expect(letters(expired.rollbackId).map(({ subject }) => subject)).toEqual([
      `[${stage.application}] rollback awaits approval`,
      `[${stage.application}] rollback expired`,
    ]);
    await expectNothingChanged(stage, expired.rollbackId);
  });

  it.concurrent('is cancelled at whatever point before its change somebody says so', async () => {
    const stage = await theatre.stage({ hosts: 1, manifest: withApproval() });
    // While it is planned: the step that would ask for the approval comes later, held up by a busy Lambda.
    let isAsking = false;
    const strikes = (payload: { rollbackId?: string }) => {
      const isOurs = payload.rollbackId?.startsWith(`${stage.application}-`) === true;
      isAsking ||= isOurs;
      return isOurs;
    };
    theatre.aws.lambda.inject(theatre.functionName('requestApproval'), { kind: 'throttle', when: strikes });
    const early = await stage.start();
    await until('the step that asks for approval', 60_000, async () => isAsking || undefined, 20);
    expect((await decide('operator', early, 'cancel')).status).toBe(202);
    expect(await stage.ended(early)).toMatchObject({ status: 'cancelled' });
    await expectNothingChanged(stage, early);

    const path = `/applications/${stage.application}`;
    await stage.operator.call('PUT', path, {
      ...(await stage.operator.call('GET', path)),
      approval: { required: [], timeout: '1h' },
    });
    const atOnce = await stage.start();
    expect((await decide('operator', atOnce, 'cancel')).status).toBe(202);
    expect(await stage.ended(atOnce)).toMatchObject({ status: 'cancelled' });
    await expectNothingChanged(stage, atOnce);

    const prepared = await stage.start();
    await until('the capture', 60_000, async () => (await stage.command(prepared, 'capture'))?.sentAt, 20);
    expect((await decide('operator', prepared, 'cancel')).status).toBe(202);
    expect(await stage.ended(prepared)).toMatchObject({ status: 'cancelled' });
    await expectNothingChanged(stage, prepared);
  });
});
