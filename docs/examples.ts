/** The examples of the references. A test parses each with its contract. */
import type * as z from 'zod/mini';
import type {
  Approval,
  Backup,
  BackupInput,
  Decision,
  Freeze,
  FreezeInput,
  Manifest,
  Plan,
  Release,
  ReleaseChange,
  ReleaseInput,
  Rollback,
  RollbackEvent,
  RollbackNotes,
  RollbackRequest,
} from '../lib/contracts.ts';

const application = 'ad-mint-ai';
const operator = 'arn:aws:iam::123456789012:user/operator';
const pipeline = 'arn:aws:sts::123456789012:assumed-role/deployment/run-1041';
const good = { version: '1.4.1', commit: '8f2c1d4e5b6a79808f2c1d4e5b6a79808f2c1d4e' };
const bad = { version: '1.4.2', commit: '0d9e8c7b6a5f4e3d0d9e8c7b6a5f4e3d0d9e8c7b' };

export const ROLLBACK_ID = 'ad-mint-ai-20261122T030012Z-5f0c2a91';

/** Everything that a manifest can say. */
export const fullManifest = {
  application,
  contacts: [{ role: 'DevOps lead', reach: 'devops@example.com' }],
  hosts: { tags: { Application: application }, canary: 1, concurrency: '25%' },
  services: { application: ['fastapi'], proxy: ['nginx'] },
  code: {
    directory: '/var/www/ad-mint-ai',
    user: 'ubuntu',
    install: { python: { requirements: 'backend/requirements.txt', venv: 'backend/venv' } },
  },
  configuration: { file: '/var/www/ad-mint-ai/backend/.env', owner: 'www-data:www-data', mode: '600' },
  frontend: { bucket: 'ad-mint-ai-frontend', prefix: '', entryPoints: ['index.html'], distribution: 'E2EXAMPLE' },
  database: {
    instance: 'ad-mint-ai-db',
    cutover: 'rename',
    stopServices: 'before-restore',
    hourlyPrice: 0.21,
    check: { sql: 'SELECT COUNT(*) FROM generations', atLeast: 1 },
  },
  health: {
    host: 'http://localhost:8000/api/health',
    flows: [{ url: 'https://ad-mint.example.com/', status: 200, contains: 'Sign in' }],
    logs: { units: ['fastapi'], maxErrors: 0 },
  },
  monitor: { for: '15m', every: '1m', alarms: ['ad-mint-ai-5xx'] },
  triggers: [{ alarm: 'ad-mint-ai-5xx', issue: 'application-bug', onlyWithin: '4h' }],
  approval: { required: ['database', 'full'], timeout: '1h' },
  limits: { cooldown: '30m', perDay: 3 },
  verifyAfter: '30m',
} as const satisfies z.input<typeof Manifest>;

/** What a code rollback needs, and an alarm that starts it. */
export const smallManifest = {
  application,
  hosts: { tags: { Application: application } },
  services: { application: ['fastapi'] },
  code: {
    directory: '/var/www/ad-mint-ai',
    user: 'ubuntu',
    install: { python: { requirements: 'backend/requirements.txt', venv: 'backend/venv' } },
  },
  health: { host: 'http://localhost:8000/api/health' },
  triggers: [{ alarm: 'ad-mint-ai-5xx' }],
} as const satisfies z.input<typeof Manifest>;

/** Other ways to install, in place of python. */
export const installs = [
  { npm: { directory: 'backend' } },
  { script: 'deploy/install.sh' },
] as const satisfies readonly NonNullable<NonNullable<z.input<typeof Manifest>['code']>['install']>[];

export const releaseInput = { ...bad, status: 'deployed' } as const satisfies z.input<typeof ReleaseInput>;

export const release: Release = {
  application,
  ...bad,
  status: 'deployed',
  deployedAt: '2026-11-22T02:41:07.000Z',
  recordedBy: pipeline,
};

export const releaseChange = {
  status: 'bad',
  reason: 'Answers 500 to every sign-in',
} as const satisfies z.input<typeof ReleaseChange>;

export const rollbackRequest = {
  issue: 'application-bug',
  reason: 'Sign-in answers 500 since 1.4.2',
  impact: 'Nobody can sign in',
} as const satisfies z.input<typeof RollbackRequest>;

export const rollbackToVersion = {
  strategy: 'code',
  target: { version: good.version },
  reason: 'Sign-in answers 500 since 1.4.2',
  dryRun: true,
} as const satisfies z.input<typeof RollbackRequest>;

export const accepted = {
  rollbackId: ROLLBACK_ID,
  application,
  status: 'requested',
  links: {
    self: `/rollbacks/${ROLLBACK_ID}`,
    events: `/rollbacks/${ROLLBACK_ID}/events`,
    report: `/rollbacks/${ROLLBACK_ID}/report`,
  },
} as const;

const estimate = { medianMinutes: 5, p90Minutes: 10, source: 'runbook', rollbacks: 0 } as const;

export const rollback: Rollback = {
  rollbackId: ROLLBACK_ID,
  application,
  strategy: 'code',
  status: 'succeeded',
  trigger: { type: 'http' },
  requestedAt: '2026-11-22T03:00:12.000Z',
  endedAt: '2026-11-22T03:16:02.000Z',
  durationMs: 950_000,
  performedBy: operator,
  reason: rollbackRequest.reason,
  from: bad,
  to: good,
  estimate,
  impact: rollbackRequest.impact,
  resolution: 'Rolled back, and it held. All 2 hosts run 1.4.1 (8f2c1d4).',
  followUp: ['Find and fix the cause in the release that was rolled back, and mark it bad.'],
  hosts: [{ id: 'i-0123456789abcdef0', ...good, note: 'runs 1.4.1 (8f2c1d4), fastapi active, health 200' }],
  head: { seq: 21, hash: 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78' },
};

export const rollbackEvent: RollbackEvent = {
  rollbackId: ROLLBACK_ID,
  seq: 1,
  at: '2026-11-22T03:00:12.000Z',
  phase: 'trigger',
  type: 'requested',
  key: 'requested',
  detail: { strategy: 'code', trigger: { type: 'http' }, performedBy: operator, reason: rollbackRequest.reason },
  previousHash: '0'.repeat(64),
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/** Without `manifest`, which is the whole manifest with its defaults. */
export const plan: Omit<Plan, 'manifest'> = {
  rollbackId: ROLLBACK_ID,
  application,
  strategy: 'code',
  components: ['code'],
  createdAt: '2026-11-22T03:00:13.000Z',
  expiresAt: '2026-11-22T04:15:13.000Z',
  from: bad,
  to: good,
  waves: [{ index: 0, hosts: ['i-0123456789abcdef0'], commit: good.commit }],
  hosts: ['i-0123456789abcdef0'],
  actions: ['check out 1.4.1 (8f2c1d4) on i-0123456789abcdef0 (canary), restart fastapi, await http://localhost:8000/api/health'],
  checks: ['every host runs 1.4.1 (8f2c1d4)', 'alarm ad-mint-ai-5xx goes to OK on data newer than the change'],
  warnings: [],
  estimate,
  dataLossMinutes: null,
  approvalRequired: false,
  baseline: { at: '2026-11-22T03:00:13.000Z', hosts: [], alarms: [], flows: [] },
};

export const notes = {
  impact: 'Nobody could sign in from 02:41 to 03:01',
  resolution: 'Rolled back to 1.4.1; the session cookie is fixed in 1.4.3',
  followUp: ['Add a test for signing in with an old cookie'],
} as const satisfies z.input<typeof RollbackNotes>;

export const approval = { reason: 'Read the plan', acknowledgeDataLoss: true } as const satisfies z.input<typeof Approval>;
export const decision = { reason: 'Read the plan, talked to the operator' } as const satisfies z.input<typeof Decision>;

export const freezeInput = {
  reason: 'Load test until noon',
  until: '2026-11-22T12:00:00Z',
} as const satisfies z.input<typeof FreezeInput>;

export const freeze: Freeze = {
  application,
  reason: freezeInput.reason,
  by: operator,
  since: '2026-11-22T08:00:00.000Z',
  until: '2026-11-22T12:00:00.000Z',
};

const backupId = 'bk-ad-mint-ai-20261122T030012Z-5f0c2a91';
export const backupInput = { database: true, reason: 'Before 1.4.2' } as const satisfies z.input<typeof BackupInput>;
export const backup: Backup = {
  backupId,
  application: 'ad-mint-ai',
  version: '1.4.1',
  state: 'completed',
  database: true,
  reason: 'Before 1.4.2',
  by: 'arn:aws:sts::123456789012:assumed-role/deployment/pipeline',
  startedAt: '2026-11-22T03:00:12.000Z',
  endedAt: '2026-11-22T03:02:40.000Z',
  hosts: [{ id: 'i-0123456789abcdef0', ok: true, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }],
  snapshot: backupId.toLowerCase(),
};
export const backupAccepted = {
  backupId,
  application: 'ad-mint-ai',
  state: 'running' as const,
  links: { self: `/applications/ad-mint-ai/backups/${backupId}` },
};
