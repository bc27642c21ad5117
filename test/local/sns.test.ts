import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSns } from '../../local/aws/sns.ts';
import { callerOf, fakeCall, testClock } from './fake-call.ts';

const TOPIC = { name: 'notifications', arn: 'arn:aws:sns:eu-central-1:123456789012:notifications' };

function setUp(directory?: string) {
  const authority = fakeCall();
  const service = createSns({ topics: [TOPIC], now: testClock().now, ...(directory !== undefined && { directory }) });
  return { service, authority, call: callerOf(service, authority) };
}

describe('Publish', () => {
  it('keeps the message in memory and in a file of the topic', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sns-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const { service, call, authority } = setUp(directory);
    const MessageAttributes = { rollback: { DataType: 'String', StringValue: 'r-1' } };
    const { MessageId } = await call('Publish', {
      TopicArn: TOPIC.arn,
      Subject: 'Rolled back',
      Message: 'all good',
      MessageAttributes,
    });
    const message = {
      messageId: MessageId,
      topicArn: TOPIC.arn,
      timestamp: '2026-03-01T12:00:00.000Z',
      subject: 'Rolled back',
      message: 'all good',
      attributes: { rollback: 'r-1' },
    };
    expect(service.messages(TOPIC.arn)).toEqual([message]);
    expect(JSON.parse(await readFile(join(directory, 'sns-notifications.jsonl'), 'utf8'))).toEqual(message);
    expect(authority.asked).toEqual([`sns:Publish ${TOPIC.arn}`]);
  });

  it('keeps the last thousand', async () => {
    const { service, call } = setUp();
    for (let count = 0; count <= 1000; count += 1) await call('Publish', { TopicArn: TOPIC.arn, Message: String(count) });
    expect(service.messages(TOPIC.arn)).toHaveLength(1000);
    expect(service.messages(TOPIC.arn)[0]?.message).toBe('1');
  });

  it.each([
    ['an unknown topic', { TopicArn: `${TOPIC.arn}-other` }, 'NotFound'],
    ['no topic', { TopicArn: undefined }, 'InvalidParameter'],
    ['an empty message', { Message: '' }, 'InvalidParameter'],
    ['a long message', { Message: 'é'.repeat(131_073) }, 'InvalidParameter'],
    ['a long subject', { Subject: 'x'.repeat(101) }, 'InvalidParameter'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'InvalidParameter'],
    ['a subject outside of ASCII', { Subject: 'Zurück' }, 'InvalidParameter'],
  ])('refuses %s', async (_name, members, code) => {
    await expect(setUp().call('Publish', { TopicArn: TOPIC.arn, Message: 'x', ...members })).rejects.toMatchObject({ code });
  });
});

it('lists its topics', async () => {
  expect(await setUp().call('ListTopics')).toEqual({ Topics: [{ TopicArn: TOPIC.arn }] });
});
