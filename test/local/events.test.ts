import { afterEach, describe, expect, it } from 'vitest';
import type { DeliveredEvent, EventTarget } from '../../local/aws/event-delivery.ts';
import { createEvents, type EventRule } from '../../local/aws/events.ts';
import { AwsError } from '../../local/aws/service.ts';
import { createSqs } from '../../local/aws/sqs.ts';
import { callerOf, fakeCall, testClock } from './fake-call.ts';

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:alarm-changed';
const QUEUE = { name: 'undelivered', arn: 'arn:aws:sqs:eu-central-1:123456789012:undelivered' };
const ALARM = { source: 'aws.cloudwatch', detailType: 'CloudWatch Alarm State Change', detail: { state: { value: 'ALARM' } } };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function rule(members: Partial<EventRule> = {}, target: Partial<EventTarget> = {}): EventRule {
  const name = members.name ?? 'alarm-changed';
  return {
    name,
    arn: `arn:aws:events:eu-central-1:123456789012:rule/${name}`,
    eventPattern: { source: ['aws.cloudwatch'], detail: { state: { value: ['ALARM'] } } },
    targets: [{ id: 'function', arn: FUNCTION, deadLetterArn: QUEUE.arn, ...target }],
    ...members,
  };
}

/** `failures` are thrown by the first invocations, one each. */
function setUp(rules: readonly EventRule[], failures: readonly Error[] = []) {
  const clock = testClock('2026-03-01T12:00:00.250Z');
  const sqs = createSqs({ queues: [QUEUE], now: clock.now });
  const received: DeliveredEvent[] = [];
  const left = [...failures];
  const invokeAsync = async (_arn: string, payload: unknown) => {
    const failure = left.shift();
    if (failure) throw failure;
    received.push(payload as DeliveredEvent);
  };
  const wait = async (milliseconds: number) => clock.forward(milliseconds / 1000);
  const authority = fakeCall();
  const service = createEvents({ rules, invokeAsync, queues: sqs, now: clock.now, wait });
  closing.push(service.close);
  const deadLetters = async () => {
    const answer = await callerOf(sqs)('ReceiveMessage', {
      QueueUrl: QUEUE.name,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    });
    return answer.Messages ?? [];
  };
  return { service, received, call: callerOf(service, authority), authority, deadLetters };
}

const throttled = () => new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);

describe('the bus', () => {
  it('gives an event its envelope and delivers it to matching rules only', async () => {
    const other = rule({ name: 'other', eventPattern: { source: ['aws.states'] } });
    const { service, received } = setUp([rule(), other]);
    service.publish({ ...ALARM, resources: ['arn:alarm'] });
    expect(received).toEqual([]);
    await service.idle();
    expect(received).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'CloudWatch Alarm State Change',
        source: 'aws.cloudwatch',
        account: '123456789012',
        time: '2026-03-01T12:00:00Z',
        region: 'eu-central-1',
        resources: ['arn:alarm'],
        detail: { state: { value: 'ALARM' } },
      },
    ]);
  });

  it('gives a target what it is to get in place of the event', async () => {
    const { service, received } = setUp([rule({}, { input: { warmUp: 'alarm' } })]);
    service.publish(ALARM);
    await service.idle();
    expect(received).toEqual([{ warmUp: 'alarm' }]);
  });

  it('delivers the same event again when told to', async () => {
    const { service, received } = setUp([rule()]);
    service.publish(ALARM);
    await service.idle();
    service.redeliver(received[0]?.id ?? '');
    await service.idle();
    expect(received.map(({ id }) => id)).toEqual([received[0]?.id, received[0]?.id]);
    expect(() => service.redeliver('unknown')).toThrow(/not among the last/);
  });

  it('retries what the function could not take', async () => {
    const { service, received, deadLetters } = setUp([rule()], [throttled(), throttled()]);
    service.publish(ALARM);
    await service.idle();
    expect(received).toHaveLength(1);
    expect(await deadLetters()).toEqual([]);
  });
});

describe('an event that can’t be delivered', () => {
  const attributesOf = (message: { MessageAttributes: Record<string, { StringValue: string }> }) =>
    Object.fromEntries(Object.entries(message.MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]));
  const giveUp = async (failures: readonly Error[], retryPolicy: EventTarget['retryPolicy'] = {}) => {
    const { service, deadLetters } = setUp([rule({}, { retryPolicy })], failures);
    service.publish(ALARM);
    await service.idle();
    const [message] = await deadLetters();
    return { body: JSON.parse(message.Body), attributes: attributesOf(message) };
  };

  it('goes to the dead-letter queue after its retries', async () => {
    const { body, attributes } = await giveUp(Array.from({ length: 3 }, throttled), { MaximumRetryAttempts: 2 });
    expect(body).toMatchObject({ source: 'aws.cloudwatch', detail: ALARM.detail });
    expect(attributes).toEqual({
      RULE_ARN: 'arn:aws:events:eu-central-1:123456789012:rule/alarm-changed',
      TARGET_ARN: FUNCTION,
      ERROR_CODE: 'THROTTLING',
      ERROR_MESSAGE: 'Rate Exceeded.',
      RETRY_ATTEMPTS: '2',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    });
  });

  it('goes there when it is too old', async () => {
    const { attributes } = await giveUp(Array.from({ length: 100 }, throttled), { MaximumEventAgeInSeconds: 60 });
    expect(attributes.EXHAUSTED_RETRY_CONDITION).toBe('MaximumEventAgeInSeconds');
  });

  it('goes there at once when its function is gone', async () => {
    const { attributes } = await giveUp([new AwsError('ResourceNotFoundException', 'Function not found', 404)]);
    expect(attributes).toMatchObject({ ERROR_CODE: 'NO_RESOURCE', RETRY_ATTEMPTS: '0' });
    expect(attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });
});

describe('PutEvents', () => {
  const entry = { Source: 'rollback', DetailType: 'Rollback Status Changed', Detail: '{"status":"planned"}' };
  const own = rule({ name: 'own', eventPattern: { source: ['rollback'] } });

  it('publishes an entry and asks for the bus', async () => {
    const { call, service, received, authority } = setUp([own]);
    const answer = await call('PutEvents', { Entries: [{ ...entry, Time: 1772366400 }] });
    await service.idle();
    expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: received[0]?.id }] });
    expect(received[0]).toMatchObject({ time: '2026-03-01T12:00:00Z', detail: { status: 'planned' } });
    expect(authority.asked).toEqual(['events:PutEvents arn:aws:events:eu-central-1:123456789012:event-bus/default']);
  });

  it.each([
    ['a source of AWS', { Source: 'aws.cloudwatch' }, 'NotAuthorizedForSourceException'],
    ['a detail that is no object', { Detail: '[]' }, 'MalformedDetail'],
    ['a detail that is no JSON', { Detail: 'no' }, 'MalformedDetail'],
    ['no detail type', { DetailType: undefined }, 'InvalidArgument'],
    ['another bus', { EventBusName: 'other' }, 'InvalidArgument'],
  ])('fails only the entry with %s', async (_name, members, ErrorCode) => {
    const { call, service, received } = setUp([own]);
    const answer = await call('PutEvents', { Entries: [{ ...entry, ...members }, entry] });
    await service.idle();
    expect(answer).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode }, { EventId: received[0]?.id }] });
    expect(received).toHaveLength(1);
  });

  it('refuses more than ten entries and more than 256 KB', async () => {
    const { call } = setUp([]);
    const large = { ...entry, Detail: JSON.stringify({ text: 'x'.repeat(262_144) }) };
    for (const Entries of [Array(11).fill(entry), [], [large]]) {
      await expect(call('PutEvents', { Entries })).rejects.toMatchObject({ code: 'ValidationException' });
    }
  });
});

describe('rules', () => {
  it('are listed, described, disabled and enabled', async () => {
    const { call, service, received } = setUp([rule(), rule({ name: 'off', state: 'DISABLED' })]);
    expect((await call('ListRules', { NamePrefix: 'o' })).Rules).toMatchObject([{ Name: 'off', State: 'DISABLED' }]);
    await call('DisableRule', { Name: 'alarm-changed' });
    service.publish(ALARM);
    await service.idle();
    expect(received).toHaveLength(0);
    await call('EnableRule', { Name: 'alarm-changed' });
    service.publish(ALARM);
    await service.idle();
    expect(received).toHaveLength(1);
    await expect(call('DescribeRule', { Name: 'none' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    const described = await call('DescribeRule', { Name: 'alarm-changed' });
    const test = { EventPattern: described.EventPattern, Event: JSON.stringify(received[0]) };
    expect(await call('TestEventPattern', test)).toEqual({ Result: true });
  });

  it('refuse to be without a pattern, such as a schedule', () => {
    const { eventPattern: _, ...scheduled } = rule({ name: 'sweep' });
    expect(() => setUp([scheduled])).toThrow(/only event patterns/);
  });
});
