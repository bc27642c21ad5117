import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaptopAws } from '../../local/aws/laptop.ts';
import { startSmallService } from './package-folder.ts';
import { signedFetch } from './signed-fetch.ts';

const WORKER = 'arn:aws:lambda:eu-central-1:123456789012:function:worker';
const SHY = 'arn:aws:lambda:eu-central-1:123456789012:function:shy';

let aws: LaptopAws;
beforeAll(async () => {
  aws = await startSmallService();
});
afterAll(() => aws.close());

const worker = (payload: object) => aws.lambda.invoke(WORKER, payload);

describe('an invocation', () => {
  it('runs the bundle with its context and reuses the warm thread', async () => {
    const first = await worker({ a: 1 });
    const second = await worker({ a: 2 });
    expect(first.payload).toMatchObject({ event: { a: 1 }, arn: WORKER, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect((second.payload as { count: number }).count).toBe((first.payload as { count: number }).count + 1);
  });

  it('sees its own environment only', async () => {
    const { payload } = await worker({ do: 'environment' });
    expect(payload).toMatchObject({
      TABLE: 'small-test-log',
      MACHINE: 'arn:aws:states:eu-central-1:123456789012:stateMachine:machine',
      AWS_LAMBDA_FUNCTION_NAME: 'worker',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_ENDPOINT_URL: aws.endpoint,
    });
    expect(payload).not.toHaveProperty('HOME');
    expect(payload).not.toHaveProperty('VITEST');
    expect(payload).not.toHaveProperty('_X_AMZN_TRACE_ID');
  });

  it('answers a thrown error by its name', async () => {
    expect(await worker({ do: 'throw', message: 'no' })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'Refused', errorMessage: 'no', trace: expect.any(Array) },
    });
  });

  it.each([
    ['loop', {}],
    ['sleep', { ms: 5000 }],
  ])('is killed at its time-out (%s)', async (kind, more) => {
    const { functionError, payload } = await worker({ do: kind, ...more });
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^\d{4}-\S+Z [0-9a-f-]{36} Task timed out after 1\.00 seconds$/),
    });
  });

  it('is killed when it exceeds its memory, and the next one runs', async () => {
    expect((await aws.lambda.invoke(SHY, { do: 'fill' })).payload).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: killed'),
    });
    expect((await aws.lambda.invoke(SHY, { a: 1 })).functionError).toBeUndefined();
  });

  it('answers Runtime.ExitError when the process is left', async () => {
    expect((await worker({ do: 'exit' })).payload).toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  it('has a limit of 6 MB each way', async () => {
    expect((await worker({ do: 'big' })).payload).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
    await expect(worker({ text: 'x'.repeat(7_000_000) })).rejects.toMatchObject({
      code: 'RequestTooLargeException',
      status: 413,
    });
  });

  it('writes what the function prints to its log', async () => {
    await worker({ do: 'log' });
    await expect.poll(() => readFile(aws.lambda.logFile('worker'), 'utf8')).toContain('hello from the function');
  });

  it('uses the role of the function and nothing more', async () => {
    expect((await worker({ do: 'put', pk: 'OWN#1' })).payload).toBe('put');
    expect((await worker({ do: 'get', pk: 'OWN#1' })).payload).toEqual({ pk: { S: 'OWN#1' } });
    expect((await worker({ do: 'get', pk: 'OTHER#1' })).payload).toMatchObject({
      errorType: 'AccessDeniedException',
      errorMessage:
        'User: arn:aws:sts::123456789012:assumed-role/worker-eu-central-1/worker is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-central-1:123456789012:table/small-test-log because no identity-based policy allows the dynamodb:GetItem action',
    });
  });

  it('keeps to the reserved concurrency', async () => {
    const first = aws.lambda.invoke(SHY, { do: 'sleep', ms: 300 });
    await expect(aws.lambda.invoke(SHY, {})).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
    expect((await first).payload).toBe('slept');
  });
});

describe('an injected fault', () => {
  it('strikes as often as told, and only the payloads it is meant for', async () => {
    aws.lambda.inject('worker', {
      kind: 'throw',
      errorType: 'Lambda.Unknown',
      message: 'x',
      times: 2,
      when: (payload) => payload.hit,
    });
    const types = [];
    for (const hit of [false, true, true, true]) types.push((await worker({ hit })).functionError);
    expect(types).toEqual([undefined, 'Unhandled', 'Unhandled', undefined]);
  });

  it('loses the response of a handler that ran', async () => {
    aws.lambda.inject(WORKER, { kind: 'lost-response' });
    await expect(worker({ do: 'put', pk: 'OWN#lost' })).rejects.toMatchObject({ code: 'ServiceException', status: 500 });
    expect((await worker({ do: 'get', pk: 'OWN#lost' })).payload).toEqual({ pk: { S: 'OWN#lost' } });
  });

  it('kills a handler at the time it is told and answers a time-out', async () => {
    aws.lambda.inject(WORKER, { kind: 'timeout', afterMs: 50 });
    expect((await worker({ do: 'sleep', ms: 500 })).payload).toMatchObject({ errorType: 'Sandbox.Timedout' });
  });

  it('throttles and fails as the service would', async () => {
    aws.lambda.inject(WORKER, { kind: 'throttle' });
    await expect(worker({})).rejects.toMatchObject({ code: 'TooManyRequestsException' });
    aws.lambda.inject(WORKER, { kind: 'service' });
    await expect(worker({})).rejects.toMatchObject({ code: 'ServiceException' });
  });
});

describe('an asynchronous invocation', () => {
  it('is retried and then goes to the on-failure destination', async () => {
    aws.asyncInvocations.invokeAsync(SHY, { do: 'throw', message: 'again' });
    await aws.asyncInvocations.idle();
    const queue = aws.template.resources.find(({ logicalId }) => logicalId === 'DeadLetters');
    const response = await signedFetch(`${aws.endpoint}/`, {
      method: 'POST',
      service: 'sqs',
      credentials: aws.credentials('admin'),
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      body: JSON.stringify({ QueueUrl: queue?.physicalId }),
    });
    const { Messages } = (await response.json()) as { Messages: readonly { Body: string }[] };
    expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      responsePayload: { errorType: 'Refused' },
    });
  });

  it('outlasts throttling without using up its retries', async () => {
    aws.lambda.inject(WORKER, { kind: 'throttle', times: 3 });
    aws.asyncInvocations.invokeAsync(WORKER, { do: 'put', pk: 'OWN#late' }, { maximumRetryAttempts: 0 });
    await aws.asyncInvocations.idle();
    expect((await worker({ do: 'get', pk: 'OWN#late' })).payload).not.toBeNull();
  });
});

describe('the REST API', () => {
  const call = (user: 'admin' | 'viewer', payload: object, headers: Record<string, string> = {}) =>
    signedFetch(`${aws.endpoint}/2015-03-31/functions/worker/invocations`, {
      method: 'POST',
      service: 'lambda',
      credentials: aws.credentials(user),
      body: JSON.stringify(payload),
      headers,
    });

  it('invokes for whoever may', async () => {
    const response = await call('admin', { do: 'throw', message: 'x' });
    expect([response.status, response.headers.get('x-amz-function-error')]).toEqual([200, 'Unhandled']);
    expect((await call('admin', {}, { 'x-amz-invocation-type': 'Event' })).status).toBe(202);
  });

  it('refuses who may not', async () => {
    const response = await call('viewer', {});
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException']);
  });
});
