import { Manifest, Plan, Rollback } from '../../lib/contracts.ts';

export function manifest(changes: Record<string, unknown> = {}): Manifest {
  return Manifest.parse({
    application: 'shop',
    hosts: { tags: { Application: 'shop' } },
    services: { application: ['shop'] },
    ...changes,
  });
}

export function rollback(changes: Partial<Rollback> = {}): Rollback {
  return Rollback.parse({
    rollbackId: 'shop-1',
    application: 'shop',
    strategy: 'code',
    status: 'requested',
    trigger: { type: 'http' },
    requestedAt: '2026-11-22T03:00:00.000Z',
    performedBy: 'arn:aws:iam::123456789012:user/ana',
    reason: 'errors',
    ...changes,
  });
}

export function plan(changes: Partial<Plan> = {}): Plan {
  return Plan.parse({
    rollbackId: 'shop-1',
    application: 'shop',
    strategy: 'code',
    components: ['code'],
    createdAt: '2026-11-22T03:00:00.000Z',
    expiresAt: '2026-11-22T04:00:00.000Z',
    from: { version: '2', commit: 'b'.repeat(40) },
    to: { version: '1', commit: 'a'.repeat(40) },
    waves: [],
    hosts: [],
    actions: [],
    checks: [],
    warnings: [],
    estimate: { medianMinutes: 5, p90Minutes: 10, source: 'runbook', rollbacks: 0 },
    dataLossMinutes: null,
    approvalRequired: false,
    baseline: { at: '2026-11-22T03:00:00.000Z', hosts: [], alarms: [], flows: [] },
    manifest: manifest(),
    ...changes,
  });
}
