import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { renderReport } from '../../../lib/domain/report.ts';
import { allEvents } from '../../../lib/log/events.ts';
import { createRollback, requireRollback, updateRollback } from '../../../lib/log/rollbacks.ts';
import { closeRollback } from '../../../lib/rollback/close.ts';
import { rollback } from '../builders.ts';
import { startTables } from '../tables.ts';

const KEPT = 'The old instance shop-before-1 is paid for: aws rds delete-db-instance --db-instance-identifier shop-before-1';

describe('what a rollback leaves behind', () => {
  let tables: Awaited<ReturnType<typeof startTables>>;
  const [bus, topic] = [mockClient(EventBridgeClient).resolves({ FailedEntryCount: 0 }), mockClient(SNSClient).resolves({})];
  beforeAll(async () => {
    tables = await startTables();
    vi.stubEnv('NOTIFICATION_TOPIC_ARN', 'arn:aws:sns:eu-central-1:123456789012:people');
  });
  afterAll(async () => {
    bus.restore();
    topic.restore();
    await tables.stop();
  });

  it('is in the log, the letter and the report, whatever people note before and after', async () => {
    const { rollbackId } = (await createRollback(rollback({ rollbackId: 'left-1', status: 'in-progress' }))).rollback;
    await updateRollback(rollbackId, { followUp: ['call the shop'] });
    const ending = { rollbackId, outcome: 'succeeded', message: 'Rolled back.', leftOver: [KEPT], now: new Date() } as const;
    await closeRollback(ending);
    // Who finishes what another one began may find less than was there.
    await closeRollback({ ...ending, leftOver: [] });
    await updateRollback(rollbackId, { followUp: ['write it up'] });
    const events = await allEvents(rollbackId);
    expect(events.find(({ key }) => key === 'closed')?.detail).toMatchObject({ leftOver: [KEPT] });
    const letters = topic.commandCalls(PublishCommand).map(({ args }) => args[0].input.Message);
    expect(letters[0]).toContain(`Left over: ${KEPT}`);
    const closed = await requireRollback(rollbackId);
    expect(closed).toMatchObject({ followUp: ['write it up'], leftOver: [KEPT] });
    expect(renderReport(closed, events)).toContain(`Follow-up: ${KEPT}; write it up`);
  });

  it('is nothing where nothing is left', async () => {
    const { rollbackId } = (await createRollback(rollback({ rollbackId: 'left-2', status: 'in-progress' }))).rollback;
    const closed = await closeRollback({ rollbackId, outcome: 'failed', message: 'It broke.', now: new Date() });
    expect(closed.leftOver).toBeUndefined();
    expect(closed.followUp).toHaveLength(3);
  });
});
