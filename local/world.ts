import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SFNClient } from '@aws-sdk/client-sfn';
import { type ApiClient, createApiClient, type UserKeys } from './api-client.ts';
import { type LaptopAws, startLaptopAws } from './aws/laptop.ts';
import { REGION } from './aws/service.ts';
import { USERS, type User } from './aws/users.ts';
import { packageService, STAGE } from './package.ts';
import { freeAddress, isFree } from './sample/address.ts';
import { createSampleHost, type SampleHost } from './sample/host.ts';
import { APPLICATION } from './sample/manifest.ts';
import { createRepository, type SampleRelease, type SampleRepository } from './sample/repository.ts';
import { createAlarm, startTraffic, type Traffic } from './sample/traffic.ts';
import { openSite, type Site } from './site.ts';

/** What `startWorld` is told. */
export interface WorldOptions {
  /** State folder; made if missing. The hosts and the repository in it are made anew, tables and keys stay. */
  readonly directory: string;
  /** Port of the laptop AWS; 0: any. */
  readonly port: number;
  /** 2 unless told. */
  readonly hostCount?: number;
  /** Hears in a few words what is being done. */
  readonly tell?: (what: string) => void;
  /** Gives up the start; what was started by then has ended when `startWorld` rejects. */
  readonly signal?: AbortSignal;
}

/** AWS on a laptop with the packaged service, and hosts that run the sample application. */
export interface World {
  readonly directory: string;
  /** Address of every AWS service, for `--endpoint-url`. */
  readonly endpoint: string;
  /** Address of the service's HTTP API, without a final slash. */
  readonly api: string;
  readonly application: string;
  readonly aws: LaptopAws;
  readonly repository: SampleRepository;
  /** The release that hosts start with: the newest good one. */
  readonly release: SampleRelease;
  readonly hosts: readonly SampleHost[];
  /** The application's static files, and where people see them. */
  readonly site: Site;
  readonly credentials: Readonly<Record<User, UserKeys>>;
  readonly cloudwatch: CloudWatchClient;
  readonly states: SFNClient;
  client(user: User): ApiClient;
  /** Requests to every host and the metric that the alarm looks at; ends by itself after `forMs` or with the world. */
  startTraffic(forMs: number): Traffic;
  /** Ends every process and server. The folder stays. */
  close(): Promise<void>;
}

/** The port asked for is in use. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

async function requireFree(port: number): Promise<void> {
  if (port === 0 || (await isFree(port, '127.0.0.1'))) return;
  throw new PortTaken(`port ${port} of 127.0.0.1 is taken: end what listens there or choose another one with --port`);
}

/** Hosts of an earlier start would be at addresses of then; the commits of a new repository are the same. */
async function clear(directory: string): Promise<void> {
  for (const folder of ['repository', 'hosts']) await rm(join(directory, folder), { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
}

/** Looks like an EC2 instance id, the same at every start. */
function instanceId(index: number): string {
  return `i-0${(index + 1).toString(16).padStart(16, '0')}`;
}

async function createHosts(
  directory: string,
  count: number,
  { origin }: SampleRepository,
  release: SampleRelease,
): Promise<SampleHost[]> {
  const settled = await Promise.allSettled(
    Array.from({ length: count }, async (_, index) => {
      const id = instanceId(index);
      const address = await freeAddress();
      return createSampleHost({ id, directory: join(directory, 'hosts', id), address, origin, release: release.version });
    }),
  );
  const hosts = settled.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  const failure = settled.find((result) => result.status === 'rejected');
  if (!failure) return hosts;
  await Promise.all(hosts.map(({ host }) => host.stop()));
  throw failure.reason;
}

function newestGood({ releases }: SampleRepository): SampleRelease {
  const release = releases.findLast(({ good }) => good);
  if (!release) throw new Error('the sample repository has no good release');
  return release;
}

interface Parts {
  readonly options: WorldOptions;
  readonly aws: LaptopAws;
  readonly repository: SampleRepository;
  readonly hosts: readonly SampleHost[];
  readonly site: Site;
}

function assemble({ options, aws, repository, hosts, site }: Parts): World {
  const { endpoint } = aws;
  const credentials = Object.fromEntries(USERS.map((user) => [user, aws.credentials(user)])) as Record<User, UserKeys>;
  const client = { endpoint, region: REGION, credentials: credentials.admin };
  const cloudwatch = new CloudWatchClient(client);
  const running = new Set<Traffic>();
  return {
    directory: options.directory,
    endpoint,
    api: endpoint,
    application: APPLICATION,
    aws,
    repository,
    release: newestGood(repository),
    hosts,
    site,
    credentials,
    cloudwatch,
    states: new SFNClient(client),
    client: (user) => createApiClient(endpoint, credentials[user]),
    startTraffic(forMs) {
      const traffic = startTraffic({ cloudwatch, healthUrls: hosts.map(({ healthUrl }) => healthUrl), forMs });
      running.add(traffic);
      return traffic;
    },
    async close() {
      await Promise.allSettled([...running].map((traffic) => traffic.stop()));
      await Promise.all([aws.close(), ...hosts.map(({ host }) => host.stop())]);
    },
  };
}

async function serveHosts(
  options: WorldOptions,
  packageDirectory: string,
  parts: Omit<Parts, 'aws' | 'options' | 'site'>,
): Promise<World> {
  const { directory, port, signal } = options;
  signal?.throwIfAborted();
  const aws = await startLaptopAws({ packageDirectory, directory: join(directory, 'aws'), port });
  try {
    for (const { host } of parts.hosts) aws.ssm.registerHost(host);
    const world = assemble({ options, aws, site: await openSite(aws, APPLICATION), ...parts });
    await createAlarm(world.cloudwatch);
    signal?.throwIfAborted();
    return world;
  } catch (error) {
    await aws.close();
    throw error;
  }
}

/**
 * Packages the service, starts AWS on a laptop from the package and two hosts that run the sample application's newest good
 * release, with the alarm over their answers. Throws `PortTaken`, `PackageError`; whatever was started has ended then.
 */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { directory, port, hostCount = 2, tell = () => {}, signal } = options;
  await requireFree(port);
  await clear(directory);
  tell('packaging the service');
  const packageDirectory = await packageService(STAGE, signal);
  signal?.throwIfAborted();
  tell('making the sample application and its hosts');
  const repository = await createRepository(join(directory, 'repository'));
  const hosts = await createHosts(directory, hostCount, repository, newestGood(repository));
  try {
    tell('starting AWS on this machine');
    return await serveHosts(options, packageDirectory, { repository, hosts });
  } catch (error) {
    await Promise.all(hosts.map(({ host }) => host.stop()));
    throw error;
  }
}
