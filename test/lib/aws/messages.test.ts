import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { announce } from '../../../lib/aws/eventbridge.ts';
import { notify } from '../../../lib/aws/sns.ts';
import { rollback } from '../builders.ts';

const events = mockClient(EventBridgeClient);
const topics = mockClient(SNSClient);
const at = new Date('2026-11-22T03:10:00.000Z');

beforeEach(() => {
  events.reset();
  topics.reset();
  vi.stubEnv('NOTIFICATION_TOPIC_ARN', 'arn:aws:sns:eu-central-1:123456789012:rollbacks');
});

describe('announcing a status', () => {
  const sent = () => events.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries?.[0];

  it('says what changed, and the outcome once it is over', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
    const head = { seq: 9, hash: 'f'.repeat(64) };
    await announce({ rollback: rollback({ status: 'succeeded', head }), previous: 'monitoring', at });
    expect(sent()).toMatchObject({ Source: 'rollback-service', DetailType: 'Rollback Status Changed', Time: at });
    expect(JSON.parse(sent()?.Detail ?? '')).toEqual({
      rollbackId: 'shop-1',
      application: 'shop',
      strategy: 'code',
      status: 'succeeded',
      previousStatus: 'monitoring',
      outcome: 'succeeded',
      reason: 'errors',
      performedBy: 'arn:aws:iam::123456789012:user/ana',
      head,
      at: at.toISOString(),
    });
  });

  it('has no outcome while it goes on', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
    await announce({ rollback: rollback(), previous: null, at });
    expect(JSON.parse(sent()?.Detail ?? '')).not.toHaveProperty('outcome');
  });

  it('fails when EventBridge took the call but not the event', async () => {
    events
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'oops' }] });
    const announced = announce({ rollback: rollback(), previous: null, at });
    await expect(announced).rejects.toMatchObject({ name: 'AnnouncementFailed', retryable: true });
    await expect(announced).rejects.toThrow('InternalFailure: oops');
  });
});

describe('notifying people', () => {
  it('sends a subject that SNS accepts', async () => {
    topics.on(PublishCommand).resolves({});
    await notify({ subject: `  Rückgang\nder ${'x'.repeat(200)}`, message: 'm'.repeat(100_000) });
    const { TopicArn, Subject, Message } = topics.commandCalls(PublishCommand)[0]?.args[0].input ?? {};
    expect(TopicArn).toBe('arn:aws:sns:eu-central-1:123456789012:rollbacks');
    expect(Subject).toMatch(/^R\?ckgang der x{86}$/);
    expect(Subject).toHaveLength(99);
    expect(Message).toHaveLength(80_000);
  });

  it('never sends an empty subject', async () => {
    topics.on(PublishCommand).resolves({});
    await notify({ subject: ' \n ', message: 'm' });
    expect(topics).toHaveReceivedCommandWith(PublishCommand, { Subject: 'Rollback' });
  });
});
