import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { documents } from '../../../lib/aws/dynamodb.ts';
import { verifyChain } from '../../../lib/domain/chain.ts';
import { allEvents, appendEvent, listEvents } from '../../../lib/log/events.ts';
import { createRollback, getRollback } from '../../../lib/log/rollbacks.ts';
import { rollback } from '../builders.ts';
import { awsError, loseNextAnswer } from '../faults.ts';
import { startTables } from '../tables.ts';

const now = new Date('2026-11-22T03:00:00.000Z');
const append = (rollbackId: string, key: string, detail: Record<string, unknown> = {}) =>
  appendEvent({ rollbackId, phase: 'apply', type: 'Tested', key, detail, now });

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

describe('the event log of a rollback', () => {
  it('is a gapless, intact chain when 20 append at once, and the header knows its head', async () => {
    await createRollback(rollback({ rollbackId: 'many' }));
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => append('many', key)));
    const events = await allEvents('many');
    expect(events.map(({ seq }) => seq)).toEqual(keys.map((_, index) => index + 1));
    expect(new Set(events.map(({ key }) => key))).toEqual(new Set(keys));
    const head = (await getRollback('many'))?.head;
    expect(head).toEqual({ seq: 20, hash: events.at(-1)?.hash });
    expect(verifyChain(events, head)).toEqual({ intact: true });
  }, 20_000);

  it('records an event once, however often its step runs, even at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => append('once', 'same')));
    expect(await allEvents('once')).toHaveLength(1);
    expect(new Set(answers.map(({ hash }) => hash)).size).toBe(1);
  });

  it('answers the first event of a key, not the later detail', async () => {
    const first = await append('first', 'same', { tried: 1 });
    await append('first', 'other');
    expect(await append('first', 'same', { tried: 2 })).toEqual(first);
  });

  it('is whole when only the answer was lost and the step ran again', async () => {
    await createRollback(rollback({ rollbackId: 'lost' }));
    loseNextAnswer('PutCommand');
    await expect(append('lost', 'same')).rejects.toMatchObject({ name: 'TimeoutError' });
    const event = await append('lost', 'same');
    expect(await allEvents('lost')).toEqual([event]);
    expect((await getRollback('lost'))?.head).toEqual({ seq: 1, hash: event.hash });
  });

  it('gives back every kind of detail as it was hashed', async () => {
    const detail = {
      nothing: undefined,
      none: null,
      big: 1e21,
      bytes: 2 ** 60,
      deep: { list: [1.5, '', { z: 1, a: false }] },
      at: now,
    };
    await append('kinds', 'detail', detail);
    const events = await allEvents('kinds');
    expect(events[0]?.detail).toEqual({
      none: null,
      big: '1e+21',
      bytes: '1152921504606847000',
      deep: { list: [1.5, '', { z: 1, a: false }] },
      at: now.toISOString(),
    });
    expect(verifyChain(events)).toEqual({ intact: true });
  });

  it('shows tampering', async () => {
    const event = await append('tampered', 'one', { host: 'i-1' });
    await append('tampered', 'two');
    const Item = { ...event, detail: { host: 'i-2' }, pk: 'EVENTS#tampered', sk: '00000001' };
    await documents.send(new PutCommand({ TableName: 'rollback-log', Item }));
    expect(verifyChain(await allEvents('tampered'))).toMatchObject({ intact: false, seq: 1 });
  });

  it('is read in parts', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await append('parts', key);
    const read = async (options: Parameters<typeof listEvents>[1]) => (await listEvents('parts', options)).map(({ key }) => key);
    expect(await read({ limit: 3 })).toEqual(['a', 'b', 'c']);
    expect(await read({ after: 3 })).toEqual(['d']);
    expect(await read({ after: 4 })).toEqual([]);
    expect(await listEvents('nowhere')).toEqual([]);
  });

  it('reads past the 1 MB that one answer holds', async () => {
    const filler = 'x'.repeat(300_000);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await append('large', key, { filler });
    expect(await allEvents('large')).toHaveLength(5);
    expect((await append('large', 'e')).seq).toBe(5);
  });

  it('gives up, for a retry, when others are always faster', async () => {
    const original = documents.send.bind(documents) as (command: unknown) => Promise<unknown>;
    const spy = vi.spyOn(documents, 'send');
    spy.mockImplementation((async (sent: object) => {
      if (sent.constructor.name === 'PutCommand') throw awsError('ConditionalCheckFailedException');
      return original(sent);
    }) as unknown as typeof documents.send);
    await expect(append('contended', 'one')).rejects.toMatchObject({ name: 'LogContended', retryable: true });
    spy.mockRestore();
  }, 20_000);
});
