/**
 * What end-to-end tests stand on: one laptop AWS with the packaged service for a test file, and a stage for each test: an application of
 * its own with real hosts, so that tests run side by side without meeting each other.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import type { CommandRecord, Release, Rollback, RollbackEvent, RollbackStatus } from '../../lib/contracts.ts';
import { verifyChain } from '../../lib/domain/chain.ts';
import { isOver } from '../../lib/domain/transitions.ts';
import { type ApiClient, createApiClient } from '../../local/api-client.ts';
import { type LaptopAws, startLaptopAws } from '../../local/aws/laptop.ts';
import { REGION } from '../../local/aws/service.ts';
import type { User } from '../../local/aws/users.ts';
import { packageService, STAGE } from '../../local/package.ts';
import { freeAddress } from '../../local/sample/address.ts';
import { createSampleHost, type Install, type SampleHost } from '../../local/sample/host.ts';
import { sampleManifest } from '../../local/sample/manifest.ts';
import { createRepository, type SampleRepository } from '../../local/sample/repository.ts';
import type { Build } from '../../local/sample/site.ts';
import { openSite, type Site } from '../../local/site.ts';
import { until } from '../../local/until.ts';
import { installOnce } from './installed-once.ts';

type ManifestChanges = Parameters<typeof sampleManifest>[0];

export interface StageOptions {
  /** 2 unless told. */
  readonly hosts?: number;
  /** What hosts run at first; a good release, 1.2.0 unless told. */
  readonly running?: string;
  /** Releases put on record as verified, before the running one; 1.1.0 unless told. */
  readonly verified?: readonly string[];
  /** What differs from the sample's manifest, or a function that answers it for the hosts' own addresses. */
  readonly manifest?: ManifestChanges | ((hosts: readonly SampleHost[]) => ManifestChanges);
  /** Whether the application has static files. */
  readonly site?: boolean | Partial<Site['manifest']>;
}

/** What is told of a release that is put on record. */
type Recorded = {
  readonly deployedAt?: string;
  readonly status?: string;
  readonly commit?: string;
  readonly migration?: { readonly head: string; readonly contracts: boolean };
};

/** One application with its hosts. */
export interface Stage {
  readonly application: string;
  readonly hosts: readonly SampleHost[];
  readonly operator: ApiClient;
  /** Only of a stage that was asked to have one. */
  readonly site: Site;
  /** Puts a release on record as deployed now, or as told. */
  record(version: string, changes?: Recorded): Promise<void>;
  /** Deploys a build of the site and records it as a release, until its manifest is there. */
  release(version: string, build: Build, changes?: Recorded): Promise<void>;
  /** Puts a verified release on record as deployed before the running one: what a rollback goes to. */
  recordTarget(release: { readonly version: string; readonly commit: string }): Promise<void>;
  /** Records and installs a release on every host, as a hand deployment does. */
  deploy(version: string): Promise<void>;
  /** Asks for a code rollback; answers its id. */
  start(request?: object): Promise<string>;
  /** Waits until the status of a rollback is such a one, for a minute unless told. */
  reached(rollbackId: string, is: (status: RollbackStatus) => boolean, withinMs?: number): Promise<Rollback>;
  /** Waits for the end of a rollback. */
  ended(rollbackId: string): Promise<Rollback>;
  /** `start` and `ended`. */
  rollBack(request?: object): Promise<Rollback>;
  events(rollbackId: string): Promise<RollbackEvent[]>;
  /** What each host's own health answer says, in the order of `hosts`. */
  versions(): Promise<(string | null)[]>;
  /** The whole record of a host command. */
  command(rollbackId: string, action: string, wave?: number): Promise<CommandRecord | undefined>;
  /** Asserts what holds after any rollback: its log is whole, the lock is free, and every fault that was asked for has struck. */
  expectOrder(rollbackId: string): Promise<void>;
}

export interface TheatreOptions {
  /** Milliseconds that a second of Systems Manager's own time-outs lasts; 1000 unless told. */
  readonly secondsMs?: number;
}

export interface Theatre {
  readonly aws: LaptopAws;
  readonly repository: SampleRepository;
  readonly directory: string;
  /** How hand deployments of every stage install. */
  readonly install: Install;
  /** The deployed name of a function, for `aws.lambda.inject`. */
  functionName(name: string): string;
  client(user: User): ApiClient;
  stage(options?: StageOptions): Promise<Stage>;
  /** Adds a release to the repository, one at a time. */
  addRelease: SampleRepository['addRelease'];
  close(): Promise<void>;
}

/** Longer than any rollback of a test takes on a busy machine. */
const ENDED_WITHIN_MS = 180_000;
const TABLE = (name: string) => `rollback-${STAGE}-${name}`;

let shared: { readonly theatre: Promise<Theatre>; users: number } | undefined;

/** The theatre that all tests share; the last one that closes it closes it. With options, one of its own. Close it in `afterAll`. */
export async function openTheatre(options?: TheatreOptions): Promise<Theatre> {
  if (options) return buildTheatre(options);
  shared ??= { theatre: buildTheatre({}), users: 0 };
  const one = shared;
  one.users += 1;
  const theatre = await one.theatre;
  const close = async () => {
    one.users -= 1;
    if (one.users > 0) return;
    shared = undefined;
    await theatre.close();
  };
  return { ...theatre, close };
}

async function buildTheatre(options: TheatreOptions): Promise<Theatre> {
  const packageDirectory = await packageService();
  const directory = await mkdtemp(join(tmpdir(), 'rollback-e2e-'));
  const repository = await createRepository(join(directory, 'repository'));
  const aws = await startLaptopAws({ packageDirectory, directory: join(directory, 'aws'), port: 0, ...options });
  const tables = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: aws.endpoint, region: REGION, credentials: aws.credentials('admin') }),
  );
  const opened: SampleHost[] = [];
  let stages = 0;
  let releases: Promise<unknown> = Promise.resolve();
  const theatre: Theatre = {
    aws,
    repository,
    directory,
    install: installOnce(join(directory, 'installed')),
    functionName: (name) => `rollback-${STAGE}-${name}`,
    client: (user) => createApiClient(aws.endpoint, aws.credentials(user)),
    addRelease(...release) {
      const next = releases.then(() => repository.addRelease(...release));
      releases = next.catch(() => undefined);
      return next;
    },
    async stage(options = {}) {
      stages += 1;
      return setStage({ theatre, tables, number: stages, opened, options });
    },
    async close() {
      await aws.close();
      await Promise.all(opened.map(({ host }) => host.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
  return theatre;
}

interface Setting {
  readonly theatre: Theatre;
  readonly tables: DynamoDBDocumentClient;
  readonly number: number;
  readonly opened: SampleHost[];
  readonly options: StageOptions;
}

const DAY_MS = 86_400_000;

const setStage = async ({ theatre, tables, number, opened: openedHosts, options }: Setting): Promise<Stage> => {
  const { hosts: hostCount = 2, running = '1.2.0', verified = ['1.1.0'], manifest = {}, site: siteChanges = false } = options;
  const application = `app-${number}`;
  const operator = theatre.client('operator');
  const commitOf = (version: string): string => {
    const found = theatre.repository.releases.find((release) => release.version === version);
    if (!found) throw new Error(`release ${version} is not the repository's own: give its commit`);
    return found.commit;
  };
  const hosts = await Promise.all(
    Array.from({ length: hostCount }, async (_, index) => {
      const id = `i-${String(number).padStart(8, '0')}${String(index + 1).padStart(9, '0')}`;
      const host = await createSampleHost({
        id,
        application,
        directory: join(theatre.directory, 'hosts', id),
        address: await freeAddress(),
        origin: theatre.repository.origin,
        release: running,
        install: theatre.install,
      });
      openedHosts.push(host);
      theatre.aws.ssm.registerHost(host.host);
      return host;
    }),
  );
  const changes = typeof manifest === 'function' ? manifest(hosts) : manifest;
  const opened = siteChanges === false ? undefined : await openSite(theatre.aws, application);
  const frontend = opened && { ...opened.manifest, ...(typeof siteChanges === 'object' ? siteChanges : {}) };
  await operator.call(
    'PUT',
    `/applications/${application}`,
    testManifest(application, { ...changes, ...(frontend && { frontend }) }),
  );

  const stage: Stage = {
    application,
    hosts,
    operator,
    get site() {
      if (!opened) throw new Error('this stage was not asked for a site');
      return opened;
    },
    async record(version, { deployedAt = new Date().toISOString(), status = 'deployed', commit, migration } = {}) {
      await operator.call('POST', `/applications/${application}/releases`, {
        version,
        commit: commit ?? commitOf(version),
        deployedAt,
        status,
        ...(migration && { migration }),
      });
    },
    async release(version, build, changes) {
      await stage.site.deploy(build);
      // The repository has no such release: a site's build may come from anywhere.
      await stage.record(version, { commit: createHash('sha1').update(version).digest('hex'), ...changes });
      await until(`the manifest of ${version}`, 30_000, async () => {
        const { releases } = await operator.call('GET', `/applications/${application}/releases`);
        return releases.find((one: Release) => one.version === version)?.frontend?.state !== 'recording' || undefined;
      });
    },
    recordTarget: ({ version, commit }) =>
      stage.record(version, { commit, status: 'verified', deployedAt: new Date(Date.now() - DAY_MS).toISOString() }),
    async deploy(version) {
      await stage.record(version);
      await Promise.all(hosts.map((host) => host.deploy(version)));
    },
    async start(request = {}) {
      const body = { strategy: 'code', reason: 'a test', ...request };
      return (await operator.call('POST', `/applications/${application}/rollbacks`, body)).rollbackId;
    },
    async reached(rollbackId, is, withinMs = 60_000) {
      const Key = { pk: `ROLLBACK#${rollbackId}`, sk: 'HEADER' };
      // Looked for in the table: asking the API many times would keep the machine busier than what is tested.
      await until(`the awaited status of ${rollbackId}`, withinMs, async () => {
        const { Item } = await tables.send(new GetCommand({ TableName: TABLE('log'), Key }));
        return (Item && is(Item.status)) || undefined;
      });
      return operator.call('GET', `/rollbacks/${rollbackId}`);
    },
    ended: (rollbackId) => stage.reached(rollbackId, isOver, ENDED_WITHIN_MS),
    rollBack: async (request) => stage.ended(await stage.start(request)),
    events: async (rollbackId) => (await operator.call('GET', `/rollbacks/${rollbackId}/events?limit=200`)).events,
    versions: async () => (await Promise.all(hosts.map((host) => host.health()))).map(({ version }) => version),
    async command(rollbackId, action, wave = 0) {
      const Key = { pk: `ROLLBACK#${rollbackId}`, sk: `COMMAND#${action}#${String(wave).padStart(4, '0')}` };
      return (await tables.send(new GetCommand({ TableName: TABLE('log'), Key, ConsistentRead: true }))).Item as
        | CommandRecord
        | undefined;
    },
    async expectOrder(rollbackId) {
      const { head } = (await operator.call('GET', `/rollbacks/${rollbackId}`)) as Rollback;
      expect(verifyChain(await stage.events(rollbackId), head)).toEqual({ intact: true });
      const lock = async () =>
        (
          await tables.send(
            new GetCommand({
              TableName: TABLE('registry'),
              Key: { pk: `LOCK#${application}`, sk: 'LOCK' },
              ConsistentRead: true,
            }),
          )
        ).Item;
      const faults = () => [...theatre.aws.lambda.leftFaults(application), ...theatre.aws.faults.left(application)];
      // The last step may be tried again after the header says that all is over.
      await until('the last fault', 30_000, async () => faults().length === 0 || undefined).catch(() =>
        expect(faults()).toEqual([]),
      );
      // The header says that a rollback is over a moment before its lock is released.
      await until('the lock to be free', 5_000, async () => ((await lock())?.expiresAt ?? 0) === 0 || undefined);
    },
  };
  for (const [index, version] of verified.entries()) {
    await stage.record(version, {
      status: 'verified',
      deployedAt: new Date(Date.now() - (verified.length - index + 1) * DAY_MS).toISOString(),
    });
  }
  await stage.record(running, { deployedAt: new Date(Date.now() - 3_600_000).toISOString() });
  return stage;
};

/** Short times and no alarm: most tests ask by HTTP. */
const testManifest = (application: string, changes: ManifestChanges) =>
  sampleManifest({
    application,
    hosts: { tags: { Application: application }, canary: 1, concurrency: '100%', commandTimeout: '30s' },
    monitor: { for: '1s', every: '1s', alarms: [] },
    triggers: [],
    ...changes,
  });
