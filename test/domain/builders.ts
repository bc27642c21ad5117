/** Small builders: each gives a valid thing, changed by what a test is about. */

import {
  type AlarmObservation,
  type FlowObservation,
  type HostObservation,
  Manifest,
  type Observation,
  type Plan,
  type Release,
  type Rollback,
  type RollbackEvent,
  type RollbackTrigger,
} from '../../lib/contracts.ts';
import { GENESIS, hashEvent } from '../../lib/domain/chain.ts';
import type { CheapFacts, HostFacts } from '../../lib/domain/guards.ts';
import { makePlan, type PlanInput } from '../../lib/domain/plan.ts';

export const NOW = new Date('2026-11-22T12:00:00.000Z');
export const GOOD = 'a'.repeat(40);
export const BAD = 'b'.repeat(40);
export const OTHER = 'c'.repeat(40);

/** ISO time so many minutes before NOW. */
export function ago(minutes: number): string {
  return new Date(NOW.getTime() - minutes * 60_000).toISOString();
}

export function manifest(changes: Record<string, unknown> = {}): Manifest {
  return Manifest.parse({
    application: 'shop',
    hosts: { tags: { Application: 'shop' } },
    services: { application: ['fastapi'], proxy: ['nginx'] },
    code: { directory: '/var/www/shop', user: 'ubuntu', install: { npm: {} } },
    health: {
      host: 'http://localhost:8000/api/health',
      flows: [{ url: 'https://shop.example/' }],
      logs: { units: ['fastapi'] },
    },
    monitor: { alarms: ['shop-5xx'] },
    ...changes,
  });
}

export function release(changes: Partial<Release> = {}): Release {
  const version = changes.version ?? '1.2.0';
  return { application: 'shop', version, commit: GOOD, deployedAt: ago(3000), status: 'verified', recordedBy: 'ci', ...changes };
}

/** 1.2.0 is verified and ran for two days, 1.3.0 was deployed an hour ago. */
export function releases(): Release[] {
  return [release(), release({ version: '1.3.0', commit: BAD, deployedAt: ago(60), status: 'deployed' })];
}

type Truth = NonNullable<HostObservation['truth']>;

export function truth(changes: Partial<Truth> = {}): Truth {
  return {
    commit: BAD,
    dirtyFiles: 0,
    targetPresent: true,
    services: [
      { name: 'fastapi', state: 'active' },
      { name: 'nginx', state: 'active' },
    ],
    health: { status: 500, version: null },
    errorsInLogs: 7,
    freeMegabytes: 20_000,
    ...changes,
  };
}

/** What a host says that runs the good release well. */
export function wellTruth(changes: Partial<Truth> = {}): Truth {
  return truth({ commit: GOOD, health: { status: 200, version: '1.2.0' }, errorsInLogs: 0, ...changes });
}

export function host(id = 'i-1', changes: Partial<HostObservation> = {}): HostObservation {
  return { id, online: true, agentVersion: '3.3.3000.0', truth: truth(), ...changes };
}

export function alarm(changes: Partial<AlarmObservation> = {}): AlarmObservation {
  return {
    name: 'shop-5xx',
    state: 'ALARM',
    transitionedAt: ago(2),
    newestDatapointAt: ago(2),
    actionsEnabled: true,
    ...changes,
  };
}

export function flow(good = true, url = 'https://shop.example/'): FlowObservation {
  return { url, good, status: good ? 200 : 502, problem: good ? null : 'status 502' };
}

export function observation(changes: Partial<Observation> = {}): Observation {
  return { at: NOW.toISOString(), hosts: [host()], alarms: [alarm()], flows: [flow(false)], ...changes };
}

export const alarmTrigger: RollbackTrigger = {
  type: 'alarm',
  alarmName: 'shop-5xx',
  alarmArn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-5xx',
  stateTimestamp: ago(1).replace('Z', '+0000'),
  stateReason: 'Threshold Crossed',
  onlyWithin: '4h',
};

export function rollback(changes: Partial<Rollback> = {}): Rollback {
  return {
    rollbackId: 'shop-20261122T120000Z-00000001',
    application: 'shop',
    strategy: 'code',
    status: 'requested',
    trigger: alarmTrigger,
    requestedAt: NOW.toISOString(),
    performedBy: 'arn:aws:iam::123456789012:user/ada',
    reason: 'checkout answers 500',
    followUp: [],
    ...changes,
  };
}

/** Facts under which nothing speaks against a rollback. */
export function cheapFacts(changes: Partial<CheapFacts> = {}): CheapFacts {
  const limits = manifest().limits;
  return {
    rollback: rollback(),
    limits,
    freezes: [],
    alarm: alarm(),
    lastDeployedAt: ago(60),
    rollbacks: [],
    lock: null,
    now: NOW,
    ...changes,
  };
}

export function hostFacts(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    rollback: rollback(),
    components: ['code'],
    offlineTolerance: 0,
    hosts: [host()],
    releases: releases(),
    running: { release: releases()[1] ?? null, commit: BAD, mixed: false },
    target: { version: '1.2.0', commit: GOOD },
    now: NOW,
    ...changes,
  };
}

function planInput(changes: Partial<PlanInput> = {}): PlanInput {
  const { running, target } = hostFacts();
  const observed = observation({ hosts: ['i-1', 'i-2', 'i-3'].map((id) => host(id)) });
  return {
    rollback: rollback(),
    manifest: manifest(),
    running,
    target,
    observation: observed,
    pastDurationsMs: [],
    now: NOW,
    ...changes,
  };
}

export function plan(changes: Partial<PlanInput> = {}): Plan {
  return makePlan(planInput(changes));
}

type EventContent = Partial<Pick<RollbackEvent, 'phase' | 'type' | 'detail' | 'at'>>;

/** A chain of events as the log writes it. */
export function events(contents: readonly EventContent[]): RollbackEvent[] {
  const chain: RollbackEvent[] = [];
  for (const [index, content] of contents.entries()) {
    const event = {
      rollbackId: 'shop-20261122T120000Z-00000001',
      seq: index + 1,
      at: NOW.toISOString(),
      phase: 'plan' as const,
      type: 'planned',
      key: `key-${index}`,
      detail: {},
      previousHash: chain.at(-1)?.hash ?? GENESIS,
      ...content,
    };
    chain.push({ ...event, hash: hashEvent(event) });
  }
  return chain;
}
