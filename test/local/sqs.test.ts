import { describe, expect, it } from 'vitest';
import { createSqs } from '../../local/aws/sqs.ts';
import { callerOf, fakeCall, testClock } from './fake-call.ts';

const ARN = 'arn:aws:sqs:eu-central-1:123456789012:undelivered';

async function setUp() {
  const clock = testClock();
  const service = createSqs({
    queues: [{ name: 'undelivered', arn: ARN }],
    endpoint: () => 'http://127.0.0.1:4566',
    now: clock.now,
  });
  const authority = fakeCall();
  const call = callerOf(service, authority);
  const { QueueUrl } = await call('GetQueueUrl', { QueueName: 'undelivered' });
  return {
    service,
    clock,
    authority,
    call: (operation: string, input: object = {}) => call(operation, { QueueUrl, ...input }),
    QueueUrl,
  };
}

describe('a queue', () => {
  it('has a URL at the endpoint', async () => {
    const { call, QueueUrl } = await setUp();
    expect(QueueUrl).toBe('http://127.0.0.1:4566/123456789012/undelivered');
    expect(await call('ListQueues')).toEqual({ QueueUrls: [QueueUrl] });
  });

  it('hides a received message for its visibility time-out, then shows it again', async () => {
    const { call, clock } = await setUp();
    await call('SendMessage', { MessageBody: 'hello' });
    const first = await call('ReceiveMessage', { AttributeNames: ['All'] });
    expect(first.Messages).toMatchObject([
      { Body: 'hello', MD5OfBody: '5d41402abc4b2a76b9719d911017c592', Attributes: { ApproximateReceiveCount: '1' } },
    ]);
    clock.forward(29);
    expect(await call('ReceiveMessage')).toEqual({});
    clock.forward(1);
    const again = await call('ReceiveMessage', { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(again.Messages[0].Attributes).toEqual({ ApproximateReceiveCount: '2' });
    await call('DeleteMessage', { ReceiptHandle: first.Messages[0].ReceiptHandle });
    clock.forward(60);
    expect(await call('ReceiveMessage')).toEqual({});
  });

  it('answers message attributes when they are asked for', async () => {
    const { service, call } = await setUp();
    service.send(ARN, '{}', { RULE_ARN: 'arn:rule', ERROR_CODE: 'NO_RESOURCE' });
    const input = { VisibilityTimeout: 0 };
    expect((await call('ReceiveMessage', input)).Messages[0]).not.toHaveProperty('MessageAttributes');
    const asked = await call('ReceiveMessage', { ...input, MessageAttributeNames: ['RULE.*'] });
    expect(asked.Messages[0].MessageAttributes).toEqual({ RULE_ARN: { DataType: 'String', StringValue: 'arn:rule' } });
  });

  it('counts its messages', async () => {
    const { call } = await setUp();
    for (const MessageBody of ['a', 'b', 'c']) await call('SendMessage', { MessageBody });
    await call('ReceiveMessage');
    const { Attributes } = await call('GetQueueAttributes', { AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
      QueueArn: ARN,
    });
  });

  it('waits for a message as long as it is asked to', async () => {
    const { service, call } = await setUp();
    const waiting = call('ReceiveMessage', { WaitTimeSeconds: 5 });
    service.send(ARN, 'late');
    expect((await waiting).Messages).toMatchObject([{ Body: 'late' }]);
  });

  it('refuses an unknown queue, an unknown receipt and an empty body', async () => {
    const { call, service } = await setUp();
    await expect(call('GetQueueUrl', { QueueName: 'other' })).rejects.toMatchObject({ code: 'QueueDoesNotExist' });
    await expect(call('DeleteMessage', { ReceiptHandle: 'x' })).rejects.toMatchObject({ code: 'ReceiptHandleIsInvalid' });
    await expect(call('SendMessage', {})).rejects.toMatchObject({ code: 'MissingParameter' });
    expect(() => service.send('arn:other', 'x')).toThrow(/does not exist/);
  });

  it('asks for permission on its ARN', async () => {
    const { call, authority } = await setUp();
    await call('ReceiveMessage');
    expect(authority.asked.at(-1)).toBe(`sqs:ReceiveMessage ${ARN}`);
  });
});
