import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollback } from '../../lib/contracts.ts';
import type { User } from '../../local/aws/users.ts';
import { signedFetch } from '../local/signed-fetch.ts';
import { exchange, type Sent } from './exchange.ts';
import { openTheatre, type Stage, type Theatre } from './harness.ts';
import { REFUSED_REQUESTS } from './refused-requests.ts';

describe('the HTTP API', () => {
  let theatre: Theatre;
  let stage: Stage;
  beforeAll(async () => {
    theatre = await openTheatre();
    stage = await theatre.stage({
      hosts: 0,
      manifest: { configuration: { file: '/var/www/sample-app/backend/.env', owner: 'www-data:www-data', mode: '600' } },
    });
  });
  afterAll(() => theatre.close());

  const send = (user: User | 'nobody', request: string, sent?: Sent) =>
    exchange(theatre, user, request.replace('{a}', stage.application), sent);
  const onRecord = async ({ application }: Stage): Promise<Rollback[]> =>
    (await theatre.client('viewer').call('GET', `/rollbacks?application=${application}&limit=100`)).rollbacks;
  const start = 'POST /applications/{a}/rollbacks';
  const body = { strategy: 'code', reason: 'a test' };

  it.concurrent.each(REFUSED_REQUESTS)(
    'refuses $what and starts nothing',
    async ({ request = start, sent, status, field, says }) => {
      const answer = await send('operator', request, sent);
      expect(answer.body).toMatchObject({ status, type: expect.any(String), title: expect.any(String) });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.requestId).toMatch(/^[0-9a-f-]{36}$/);
      if (field === undefined) expect(answer.body.detail).toMatch(says);
      else expect(answer.body.errors).toContainEqual({ field, rule: expect.stringMatching(says) });
      expect(await onRecord(stage)).toEqual([]);
      // What is on record of an application that nobody knows would be answered.
      if (request.includes('/nowhere/')) expect((await send('viewer', 'GET /rollbacks?application=nowhere')).status).toBe(404);
    },
  );

  it.concurrent('lets only those start and approve who may', async () => {
    const forbidden = { status: 403, body: { message: 'Forbidden' } };
    expect(await send('viewer', start, { body })).toMatchObject(forbidden);
    expect(await send('approver', start, { body })).toMatchObject(forbidden);
    expect(await send('nobody', start, { body })).toMatchObject(forbidden);
    expect(await send('operator', 'POST /rollbacks/any/approve', { body: { reason: 'x' } })).toMatchObject(forbidden);
    expect(await send('viewer', 'PUT /applications/{a}/freeze', { body: { reason: 'x' } })).toMatchObject(forbidden);
    const tampered = await signedFetch(`${theatre.aws.endpoint}/applications/${stage.application}/rollbacks`, {
      method: 'POST',
      body: JSON.stringify({ ...body, dryRun: true }),
      headers: { 'content-type': 'application/json' },
      service: 'execute-api',
      credentials: theatre.aws.credentials('operator'),
      tamper: (request) => {
        request.body = JSON.stringify(body);
      },
    });
    expect(tampered.status).toBe(403);
    expect((await send('viewer', 'GET /applications/{a}')).body).toMatchObject({ application: stage.application });
    expect(await onRecord(stage)).toEqual([]);
  });

  it.concurrent('starts once for one Idempotency-Key, and refuses the key for anything else', async () => {
    const { application } = await theatre.stage({ hosts: 0 });
    const ask = (changes: object, user: User = 'operator') =>
      exchange(theatre, user, `POST /applications/${application}/rollbacks`, {
        body: { ...body, ...changes },
        headers: { 'idempotency-key': 'incident-7' },
      });
    const [first, second] = await Promise.all([ask({}), ask({})]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.rollbackId).toBe(first.body.rollbackId);
    const conflict = {
      status: 409,
      body: { type: 'IdempotencyConflict', detail: expect.stringContaining(first.body.rollbackId) },
    };
    expect(await ask({ reason: 'another' })).toMatchObject(conflict);
    expect(await ask({ target: { version: '1.1.0' } })).toMatchObject(conflict);
    expect(await ask({ impact: 'nobody can sign in' })).toMatchObject(conflict);
    const others = await ask({}, 'admin');
    expect(others.body.rollbackId).not.toBe(first.body.rollbackId);
    expect((await ask({})).body.rollbackId).toBe(first.body.rollbackId);
  });

  it.concurrent('answers a dry run with the plan and leaves nothing on record', async () => {
    const dry = await theatre.stage({ hosts: 2 });
    await dry.record('1.3.0');
    await dry.hosts[0]?.deploy('1.3.0');
    const plan = async (changes: object = {}) =>
      dry.operator.call('POST', `/applications/${dry.application}/rollbacks`, { ...body, dryRun: true, ...changes });

    const planned = await plan();
    const ids = dry.hosts.map(({ id }) => id);
    expect(planned.plan).toMatchObject({
      from: { version: '1.3.0' },
      to: { version: '1.2.0' },
      waves: [{ hosts: [expect.stringMatching(/^i-/)] }, { hosts: [expect.stringMatching(/^i-/)] }],
      hosts: ids,
      estimate: { medianMinutes: 5, p90Minutes: 10, source: 'runbook' },
      dataLossMinutes: null,
      approvalRequired: false,
      warnings: expect.arrayContaining([expect.stringContaining('Hosts run different commits')]),
      checks: expect.arrayContaining([expect.stringContaining('every host runs 1.2.0')]),
    });
    expect(planned.text).toContain(`# Rollback of ${dry.application}: 1.3.0`);
    for (const part of ['Estimate: 5-10 min', '## Actions', '## Checks', '## Hosts', `- wave 1: ${ids[0]}`])
      expect(planned.text).toContain(part);
    expect(await plan({ target: { version: '0.0.1' } })).toMatchObject({
      decision: 'refused',
      refusal: { code: 'target-unknown' },
    });
    expect(await dry.versions()).toEqual(['1.3.0', '1.2.0']);
    expect(await onRecord(dry)).toEqual([]);
  });

  it.concurrent('records releases once, and plans by what people say of them', async () => {
    const known = await theatre.stage({ hosts: 0, verified: ['1.0.0', '1.1.0'] });
    const releases = `/applications/${known.application}/releases`;
    const tell = (version: string, change: object) =>
      exchange(theatre, 'operator', `PATCH ${releases}/${version}`, { body: change });
    const [first] = (await known.operator.call('GET', releases)).releases;
    const { version, commit, deployedAt, status } = first;
    const repeat = (changes: object = {}) =>
      exchange(theatre, 'operator', `POST ${releases}`, { body: { version, commit, deployedAt, status, ...changes } });
    expect(await repeat()).toMatchObject({ status: 200, body: first });
    expect(await repeat({ commit: 'f'.repeat(40) })).toMatchObject({ status: 409, body: { type: 'ReleaseConflict' } });

    const refusal = async () => {
      const asked = { ...body, dryRun: true };
      return (await known.operator.call('POST', `/applications/${known.application}/rollbacks`, asked)).refusal;
    };
    // With no host to ask, the guard that comes after the choice says that a target was found.
    expect(await refusal()).toMatchObject({ code: 'no-hosts' });
    expect((await tell('1.1.0', { status: 'bad', reason: 'loses orders' })).body).toMatchObject({
      status: 'bad',
      statusReason: 'loses orders',
    });
    await tell('1.0.0', { status: 'bad' });
    const why =
      /1\.1\.0 \(\w{7}\) is marked bad \(loses orders\)\. 1\.0\.0 \(\w{7}\) is marked bad \(by \S+user\/operator at 20\S+Z, /;
    expect(await refusal()).toMatchObject({ code: 'target-bad', message: expect.stringMatching(why) });
    await tell('1.0.0', { status: 'verified' });
    expect(await refusal()).toMatchObject({ code: 'no-hosts' });
  });
});
