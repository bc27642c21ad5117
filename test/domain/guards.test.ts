import { describe, expect, it } from 'vitest';
import type { Rollback, RollbackTrigger } from '../../lib/contracts.ts';
import { cheapGuards, guard, hostGuards, insistenceWarnings } from '../../lib/domain/guards.ts';
import { waits } from '../../lib/domain/limit-guards.ts';
import { STALE_EVENT_MS } from '../../lib/domain/trigger-guards.ts';
import {
  ago,
  alarm,
  alarmTrigger,
  BAD,
  cheapFacts,
  GOOD,
  host,
  hostFacts,
  NOW,
  OTHER,
  release,
  rollback,
  wellTruth,
} from './builders.ts';

const person: RollbackTrigger = { type: 'http' };
const undo: RollbackTrigger = { type: 'undo', of: 'shop-1' };
const by = (trigger: RollbackTrigger) => rollback({ trigger });
const past = (changes: Partial<Rollback>) =>
  rollback({ rollbackId: `shop-past-${changes.requestedAt}`, status: 'succeeded', ...changes });
const firedAt = (minutes: number) =>
  by({ ...alarmTrigger, stateTimestamp: ago(minutes).replace('Z', '+0000') } as RollbackTrigger);

it('lets a rollback through when nothing speaks against it', () => expect(guard({ ...cheapFacts(), ...hostFacts() })).toBeNull());

describe('a freeze', () => {
  const freeze = { application: 'shop', reason: 'sale', by: 'ada', since: ago(60) };

  it.each([alarmTrigger, person, undo])('refuses everybody: $type', (trigger) => {
    expect(cheapGuards(cheapFacts({ rollback: by(trigger), freezes: [freeze] }))).toMatchObject({
      code: 'frozen',
      message: expect.stringMatching(/frozen by ada .*: sale.*DELETE/),
    });
  });

  it('of the whole service counts too', () => {
    expect(cheapGuards(cheapFacts({ freezes: [{ ...freeze, application: '_all' }] }))?.message).toMatch(/^The whole service/);
  });

  it('ends by itself', () => {
    expect(cheapGuards(cheapFacts({ freezes: [{ ...freeze, until: ago(1) }] }))).toBeNull();
    expect(cheapGuards(cheapFacts({ freezes: [{ ...freeze, until: ago(-1) }] }))?.code).toBe('frozen');
  });
});

describe('an alarm is refused', () => {
  it.each([
    ['its event is older than 5 minutes', { rollback: firedAt(STALE_EVENT_MS / 60_000 + 0.1) }, 'stale-event'],
    ['it went back to OK', { alarm: alarm({ state: 'OK' }) }, 'alarm-not-firing'],
    ['it has too little data', { alarm: alarm({ state: 'INSUFFICIENT_DATA' }) }, 'alarm-not-firing'],
    ['it was deleted', { alarm: null }, 'alarm-not-firing'],
    ['somebody muted it', { alarm: alarm({ actionsEnabled: false }) }, 'alarm-suppressed'],
    ['the last deployment is too long ago', { lastDeployedAt: ago(241) }, 'deployment-too-old'],
    ['no deployment is recorded', { lastDeployedAt: null }, 'nothing-recorded'],
  ] as const)('when %s', (_when, facts, code) => {
    expect(cheapGuards(cheapFacts(facts))?.code).toBe(code);
    expect(cheapGuards(cheapFacts({ ...facts, rollback: by(person) }))).toBeNull();
  });

  it('not yet when its event is exactly 5 minutes old', () =>
    expect(cheapGuards(cheapFacts({ rollback: firedAt(5) }))).toBeNull());
});

describe('the cooldown', () => {
  const recent = past({ requestedAt: ago(40), endedAt: ago(29) });

  it('counts from the end of the last rollback', () => {
    expect(cheapGuards(cheapFacts({ rollbacks: [recent] }))?.code).toBe('cooldown');
    expect(cheapGuards(cheapFacts({ rollbacks: [past({ requestedAt: ago(40), endedAt: ago(30) })] }))).toBeNull();
  });

  it('leaves out rollbacks that changed nothing', () => {
    const harmless = (['refused', 'rejected', 'expired', 'cancelled'] as const).map((status) =>
      past({ status, requestedAt: ago(3) }),
    );
    harmless.push(past({ status: 'failed', changed: false, requestedAt: ago(3) }));
    expect(cheapGuards(cheapFacts({ rollbacks: harmless }))).toBeNull();
  });

  it('lets people pass, with a warning for the plan', () => {
    const facts = cheapFacts({ rollback: by(person), rollbacks: [recent] });
    expect(cheapGuards(facts)).toBeNull();
    expect(insistenceWarnings(facts)).toEqual([expect.stringMatching(/^A person asked.*29 min ago.*30m/)]);
  });

  it('does not concern an undo', () => {
    const facts = cheapFacts({ rollback: by(undo), rollbacks: [recent] });
    expect(cheapGuards(facts)).toBeNull();
    expect(insistenceWarnings(facts)).toEqual([]);
  });
});

describe('the daily limit', () => {
  const three = [60, 600, 1439].map((minutes) => past({ requestedAt: ago(minutes) }));

  it('refuses the fourth rollback within 24 hours', () =>
    expect(cheapGuards(cheapFacts({ rollbacks: three }))?.code).toBe('daily-limit'));

  it('forgets those of the day before', () => {
    expect(cheapGuards(cheapFacts({ rollbacks: [...three.slice(0, 2), past({ requestedAt: ago(1440) })] }))).toBeNull();
  });
});

describe('a rollback in progress', () => {
  const running = past({ status: 'monitoring', requestedAt: ago(20) });
  const lock = { holder: running.rollbackId, until: ago(-20) };
  const alarms = ['shop-a', 'shop-b'].map((rollbackId) => rollback({ rollbackId }));
  const [first, second] = alarms as [Rollback, Rollback];
  const keptBack = (changes: Parameters<typeof cheapFacts>[0]) => {
    const facts = cheapFacts(changes);
    const refusal = cheapGuards(facts);
    return { code: refusal?.code, waits: refusal !== null && waits(refusal, facts) };
  };

  it.each([alarmTrigger, person, undo])('refuses another one: $type', (trigger) => {
    expect(cheapGuards(cheapFacts({ rollback: by(trigger), rollbacks: [running], lock }))).toMatchObject({
      code: 'rollback-in-progress',
      message: expect.stringContaining(`${running.rollbackId} of shop`),
    });
  });

  it('says what can be done about it', () => {
    const told = (status: 'monitoring' | 'awaiting-approval') =>
      cheapGuards(cheapFacts({ rollback: by(person), rollbacks: [{ ...running, status }], lock }))?.message;
    expect(told('monitoring')).toMatch(/ is monitoring\. Wait for its end or cancel it\.$/);
    expect(told('awaiting-approval')).toMatch(/ is awaiting-approval\. Approve, reject or cancel it, or wait\.$/);
  });

  it('is whoever holds the lock, a backup too', () => {
    const backup = { holder: 'bk-shop-1', until: ago(-5) };
    expect(cheapGuards(cheapFacts({ rollback: by(person), lock: backup }))?.message).toMatch(/^bk-shop-1 holds the lock of shop/);
    expect(keptBack({ lock: backup })).toEqual({ code: 'rollback-in-progress', waits: true });
  });

  it('is not the guarded one itself, and no record without the lock that is left from one that died', () => {
    expect(cheapGuards(cheapFacts({ rollbacks: [first], rollback: first, lock: { ...lock, holder: 'shop-a' } }))).toBeNull();
    expect(cheapGuards(cheapFacts({ rollbacks: [past({ status: 'in-progress', requestedAt: ago(99) })] }))).toBeNull();
  });

  it.each(['planned', 'awaiting-approval', 'in-progress'] as const)(
    'that is %s may yet change nothing: an alarm waits',
    (status) => {
      const holder = past({ status, requestedAt: ago(20) });
      expect(keptBack({ rollbacks: [holder], lock })).toEqual({ code: 'rollback-in-progress', waits: true });
      expect(keptBack({ rollback: by(person), rollbacks: [holder], lock })).toEqual({
        code: 'rollback-in-progress',
        waits: false,
      });
    },
  );

  it.each(['monitoring', 'undoing'] as const)('that is %s has changed something: an alarm does not wait', (status) => {
    expect(keptBack({ rollbacks: [{ ...running, status }], lock })).toEqual({ code: 'rollback-in-progress', waits: false });
  });

  it('is waited for until the event of the alarm is nearly stale', () => {
    const holder = past({ status: 'in-progress', requestedAt: ago(20) });
    expect(keptBack({ rollback: firedAt(3.9), rollbacks: [holder], lock }).waits).toBe(true);
    expect(keptBack({ rollback: firedAt(4), rollbacks: [holder], lock })).toEqual({ code: 'rollback-in-progress', waits: false });
  });

  it('lets exactly one of two alarms go on that fired at once, and the other wait', () => {
    expect(alarms.map((one) => keptBack({ rollback: one, rollbacks: alarms }))).toEqual([
      { code: undefined, waits: false },
      { code: 'rollback-in-progress', waits: true },
    ]);
  });

  it('is none that was refused, whose planning takes too long, or that is planned when a person asks', () => {
    for (const other of [
      { ...first, status: 'refused' },
      { ...first, requestedAt: ago(2) },
    ] as const)
      expect(cheapGuards(cheapFacts({ rollback: second, rollbacks: [other] }))).toBeNull();
    expect(cheapGuards(cheapFacts({ rollback: { ...second, trigger: person }, rollbacks: [first] }))).toBeNull();
  });
});

describe('hosts', () => {
  const offline = host('i-2', { online: false, truth: null });
  const silent = host('i-3', { truth: null });

  it('have to exist', () => expect(hostGuards(hostFacts({ hosts: [] }))?.code).toBe('no-hosts'));

  it('have to be reachable up to the tolerance', () => {
    expect(hostGuards(hostFacts({ hosts: [host(), offline] }))?.code).toBe('hosts-offline');
    expect(hostGuards(hostFacts({ hosts: [host(), offline], offlineTolerance: 1 }))).toBeNull();
  });

  it('have to be reachable one and all where a database is replaced: none may go on to write to it', () => {
    const data = { components: ['code', 'database'] as const, offlineTolerance: 9 };
    for (const lost of [offline, silent]) {
      const refusal = hostGuards(hostFacts({ ...data, hosts: [host(), lost] }));
      expect(refusal).toMatchObject({ code: 'hosts-offline', message: expect.stringContaining('would go on to write') });
    }
    expect(hostGuards(hostFacts({ ...data, hosts: [host()] }))).toBeNull();
  });

  it('that are online but gave no answer count as lost', () => {
    const refusal = hostGuards(hostFacts({ hosts: [host(), offline, silent], offlineTolerance: 1 }));
    expect(refusal?.message).toMatch(/2 hosts of 3 .*i-2: offline, i-3: gave no answer/);
  });

  it('may not all be lost, whatever the tolerance', () => {
    expect(hostGuards(hostFacts({ hosts: [offline], offlineTolerance: 9 }))?.code).toBe('hosts-offline');
  });

  it.each(['3.3.2745.9', '3.2.9999.0', '2.3.0.0', '', 'unknown'])('need a newer agent than "%s"', (agentVersion) => {
    expect(hostGuards(hostFacts({ hosts: [host('i-1', { agentVersion, truth: null })] }))?.code).toBe('agent-too-old');
  });

  it.each(['3.3.2746.0', '3.3.10000.0', '3.4.0.0', '4.0'])('are fine with agent %s', (agentVersion) => {
    expect(hostGuards(hostFacts({ hosts: [host('i-1', { agentVersion })] }))).toBeNull();
  });

  it('that all run the target leave nothing to do', () => {
    const there = host('i-1', { truth: wellTruth() });
    expect(hostGuards(hostFacts({ hosts: [there] }))?.code).toBe('target-is-current');
    expect(hostGuards(hostFacts({ hosts: [there, host('i-2')] }))).toBeNull();
  });
});

describe('what runs', () => {
  const old = { release: release({ version: '1.2.0', deployedAt: ago(3000) }), commit: GOOD, mixed: false };
  const target = { version: '1.1.0', commit: OTHER };

  it('is not rolled back by an alarm when its own deployment is long ago: no rollback of a rollback', () => {
    expect(hostGuards(hostFacts({ running: old, target }))?.code).toBe('deployment-too-old');
  });

  it('may be as old as it is when a person asks', () => {
    expect(hostGuards(hostFacts({ rollback: by(person), running: old, target }))).toBeNull();
  });
});

it('asks cheap guards before hosts', () => {
  expect(
    guard({
      ...cheapFacts({ alarm: null }),
      ...hostFacts({ hosts: [], now: NOW, running: { release: null, commit: BAD, mixed: false } }),
    })?.code,
  ).toBe('alarm-not-firing');
});
