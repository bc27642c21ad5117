import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RollbackEvent } from '../../lib/contracts.ts';
import { GENESIS, hashEvent, verifyChain } from '../../lib/domain/chain.ts';
import { events } from './builders.ts';

const anyDetail = fc.dictionary(
  fc.string(),
  fc.jsonValue().filter((value) => !Object.is(value, -0)),
  { maxKeys: 4 },
);
const anyChain = fc
  .array(anyDetail, { minLength: 2, maxLength: 8 })
  .map((details) => events(details.map((detail) => ({ detail }))));
const chainAndPlace = anyChain.chain((chain) => fc.tuple(fc.constant(chain), fc.nat(chain.length - 1)));
const headOf = (chain: RollbackEvent[]) => ({ seq: chain.length, hash: chain.at(-1)?.hash ?? GENESIS });
function noticed(chain: RollbackEvent[], head?: ReturnType<typeof headOf>): void {
  expect(verifyChain(chain, head).intact).toBe(false);
}

describe('the hash of an event', () => {
  it('does not depend on the order of keys, at any depth', () => {
    const [event] = events([{ detail: { b: { d: 1, c: [{ y: 1, x: 2 }] }, a: 2 } }]);
    const [same] = events([{ detail: { a: 2, b: { c: [{ x: 2, y: 1 }], d: 1 } } }]);
    expect(event?.hash).toBe(same?.hash);
    expect(event?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on values that are absent', () => {
    const [event] = events([{}]);
    const { hash, ...content } = event as RollbackEvent;
    expect(hashEvent({ ...content, detail: { note: undefined } })).toBe(hash);
  });
});

describe('a chain as it was written', () => {
  it('is intact, with or without its head', () => {
    fc.assert(
      fc.property(anyChain, (chain) => {
        expect(verifyChain(chain)).toEqual({ intact: true });
        expect(verifyChain(chain, headOf(chain))).toEqual({ intact: true });
      }),
    );
  });

  it('is intact after a journey as JSON', () => {
    fc.assert(fc.property(anyChain, (chain) => verifyChain(JSON.parse(JSON.stringify(chain))).intact));
  });

  it('is intact when it has not begun', () => expect(verifyChain([])).toEqual({ intact: true }));
});

describe('tampering is noticed', () => {
  const fields = ['rollbackId', 'at', 'phase', 'type', 'key', 'previousHash', 'hash'] as const;

  it('when any field of any event is changed', () => {
    fc.assert(
      fc.property(chainAndPlace, fc.constantFrom(...fields), ([chain, place], field) => {
        noticed(chain.map((event, index) => (index === place ? { ...event, [field]: `${event[field]}x` } : event)));
      }),
    );
  });

  it('when a detail is changed, added or taken away', () => {
    fc.assert(
      fc.property(chainAndPlace, anyDetail, ([chain, place], detail) => {
        fc.pre(hashEvent({ ...(chain[place] as RollbackEvent), detail }) !== hashEvent(chain[place] as RollbackEvent));
        noticed(chain.map((event, index) => (index === place ? { ...event, detail } : event)));
      }),
    );
  });

  it('when an event before the last is removed', () => {
    fc.assert(
      fc.property(chainAndPlace, ([chain, place]) => {
        fc.pre(place < chain.length - 1);
        noticed(chain.toSpliced(place, 1));
      }),
    );
  });

  it('when two events are swapped', () => {
    fc.assert(
      fc.property(chainAndPlace, fc.nat(), ([chain, place], other) => {
        const [a, b] = [chain[place], chain[other % chain.length]];
        fc.pre(a !== b);
        noticed(chain.map((event) => (event === a ? b : event === b ? a : event) as RollbackEvent));
      }),
    );
  });

  it('when an event is inserted or repeated', () => {
    fc.assert(
      fc.property(chainAndPlace, fc.boolean(), ([chain, place], renumbered) => {
        const event = chain[place] as RollbackEvent;
        const inserted = renumbered ? { ...event, seq: event.seq + 1, previousHash: event.hash } : event;
        noticed(chain.toSpliced(place + 1, 0, inserted));
      }),
    );
  });

  it('when one is changed and its own hash made right', () => {
    fc.assert(
      fc.property(chainAndPlace, ([chain, place]) => {
        const { hash: _, ...changed } = { ...(chain[place] as RollbackEvent), type: 'forged' };
        noticed(chain.with(place, { ...changed, hash: hashEvent(changed) }), headOf(chain));
      }),
    );
  });

  it('when a tail of any length is cut off, by the head', () => {
    fc.assert(fc.property(chainAndPlace, ([chain, place]) => noticed(chain.slice(0, place), headOf(chain))));
  });

  it('when an event is added at the end, by the head', () => {
    const chain = events([{}, {}, {}]);
    noticed(chain, headOf(chain.slice(0, 2)));
  });

  it('and its place is named', () => {
    const chain = events([{}, {}, {}]);
    expect(verifyChain(chain.with(1, { ...(chain[1] as RollbackEvent), type: 'forged' }))).toMatchObject({
      seq: 2,
      problem: expect.stringContaining('changed'),
    });
    expect(verifyChain(chain.toSpliced(1, 1))).toMatchObject({ seq: 2, problem: expect.stringContaining('missing') });
    expect(verifyChain(chain.slice(0, 1), headOf(chain))).toMatchObject({
      seq: 2,
      problem: expect.stringContaining('head is event 3'),
    });
  });
});
