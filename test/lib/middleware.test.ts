import { EventBridgeServiceException, InternalException } from '@aws-sdk/client-eventbridge';
import { InternalErrorException } from '@aws-sdk/client-sns';
import type { APIGatewayProxyEventV2WithIAMAuthorizer, Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { LockLost, LogContended } from '../../lib/errors.ts';
import { endpoint, resource, step, warmUp } from '../../lib/middleware.ts';
import { awsError, timeout } from './faults.ts';

const context = { awsRequestId: 'request-1', functionName: 'a-step', memoryLimitInMB: '512' } as Context;

const failing = async (error: unknown): Promise<unknown> => {
  const handler = step(z.object({}), async () => {
    throw error;
  });
  return handler({}, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
};

/** As Node's sockets and its resolver fail: the name says nothing. */
const socketError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('a step', () => {
  it('runs on an input that it knows, and refuses another', async () => {
    const handler = step(z.object({ rollbackId: z.string() }), async ({ rollbackId }) => ({ echoed: rollbackId }));
    expect(await handler({ rollbackId: 'shop-1' }, context)).toEqual({ echoed: 'shop-1' });
    await expect(handler({ rollbackId: 1 }, context)).rejects.toThrow('rollbackId');
  });

  it('only reads when it is warmed up', async () => {
    const run = vi.fn(async () => undefined);
    const read = vi.fn(async () => undefined);
    const handler = step(z.object({}), run).use(warmUp(read));
    expect(await handler({ warmUp: 'shop-1' }, context)).toEqual({});
    expect(read.mock.calls).toEqual([['shop-1']]);
    expect(run).not.toHaveBeenCalled();
  });

  it.each([
    ["EventBridge's own", new InternalException({ message: 'oops', $metadata: {} })],
    ["SNS's own", new InternalErrorException({ message: 'oops', $metadata: {} })],
    [
      'any 500',
      new EventBridgeServiceException({ name: 'Odd', message: '', $fault: 'client', $metadata: { httpStatusCode: 503 } }),
    ],
    ['a 429', awsError('Odd', 429)],
    ['one that its model calls retryable', Object.assign(awsError('Odd'), { $retryable: {} })],
    ['a throttling that is a 400', awsError('ProvisionedThroughputExceededException')],
    ['no answer', timeout()],
    ['a name that is not found', socketError('EAI_AGAIN')],
    ['a name that is unknown for now', socketError('ENOTFOUND')],
    ['a refused connection', socketError('ECONNREFUSED')],
    ['a broken connection', socketError('ECONNRESET')],
    ['one of this service that says so', new LogContended('shop-1')],
  ])('may be tried again after %s', async (_what, error) => {
    expect(await failing(error)).toMatchObject({ name: 'TransientFault', cause: error });
  });

  it.each([
    ['a call that is wrong', awsError('ValidationException')],
    ['a call that is not allowed', awsError('AccessDeniedException', 403)],
    ['a defect', new TypeError('x is not a function')],
    ['one of this service that says so', new LockLost('shop', 'shop-1')],
    ['what is no error', 'a text'],
  ])('fails for good after %s', async (_what, error) => {
    expect(await failing(error)).toBe(error);
  });
});

describe('a resource', () => {
  const echo = endpoint({
    method: 'POST',
    path: '/echo',
    body: z.strictObject({ reason: z.string() }),
    run: async ({ body, actor }) => ({ status: 202, body: { ...body, actor } }),
  });
  const broken = endpoint({
    method: 'GET',
    path: '/broken',
    run: async () => {
      throw new TypeError('x is not a function');
    },
  });
  const handler = resource(echo, broken);

  const call = ([method, path, body]: readonly string[]) =>
    handler(
      {
        version: '2.0',
        rawPath: path,
        body,
        headers: { 'content-type': 'application/json' },
        requestContext: { requestId: 'r-1', http: { method, path }, authorizer: { iam: { userArn: 'arn:ana' } } },
      } as unknown as APIGatewayProxyEventV2WithIAMAuthorizer,
      context,
    );

  it('answers with JSON that nobody keeps', async () => {
    expect(await call(['POST', '/echo', '{"reason":"why"}'])).toMatchObject({
      statusCode: 202,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify({ reason: 'why', actor: 'arn:ana' }),
    });
  });

  it.each([
    ['a body that breaks a rule', 400, ['POST', '/echo', '{"reason":1}']],
    ['a body that is no JSON', 400, ['POST', '/echo', '{']],
    ['a body that is too large', 413, ['POST', '/echo', `"${'x'.repeat(128 * 1024)}"`]],
    ['a path that is unknown', 404, ['GET', '/nowhere']],
    ['a defect', 500, ['GET', '/broken']],
  ])('answers %s with a problem', async (_what, status, request) => {
    const answer = await call(request);
    expect(answer).toMatchObject({ statusCode: status, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status });
    expect(answer.body).not.toContain('is not a function');
  });
});
