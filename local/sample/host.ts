import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHost, type Host } from '../aws/host/host.ts';
import { mustExecute } from '../programs.ts';
import { until } from '../until.ts';
import { API_PORT, PROXY_PORT } from './address.ts';
import { git } from './git.ts';
import { API_UNIT, APPLICATION, DIRECTORY, PROXY_UNIT } from './manifest.ts';

const PROXY_DIRECTORY = '/usr/local/lib/sample-proxy';
const INSTALL_TIMEOUT_MS = 60_000;
const UP_WITHIN_MS = 20_000;

/** Puts what a release needs into its checked-out `backend` folder. */
export type Install = (backend: string, environment: Readonly<Record<string, string>>, version: string) => Promise<void>;

/** What a host is made of. */
export interface SampleHostOptions {
  /** EC2 instance id. */
  readonly id: string;
  /** The host's root folder. */
  readonly directory: string;
  /** The host's own loopback address. */
  readonly address: string;
  /** The repository to clone. */
  readonly origin: string;
  /** Whose host this is, by its tag; the sample application unless told. */
  readonly application?: string;
  /** How a hand deployment installs; `npm ci` unless told. */
  readonly install?: Install;
  /** Version to start with; needs a tag `v<version>` in the repository. */
  readonly release: string;
}

/** What `GET /api/health` answered; `status` 0: no answer. */
export interface Health {
  readonly status: number;
  readonly version: string | null;
}

/** A host that runs the sample application after the runbook. */
export interface SampleHost {
  readonly host: Host;
  readonly id: string;
  readonly address: string;
  /** The host's folder. */
  readonly directory: string;
  /** The clone, as this machine sees it. */
  readonly checkout: string;
  /** Environment of somebody who works on the host by hand. */
  readonly environment: Readonly<Record<string, string>>;
  /** Address of the health check, as this machine reaches it. */
  readonly healthUrl: string;
  /** The same through the host's proxy. */
  readonly proxyUrl: string;
  /** What a deployment by hand does: fetch, check out, install, restart. Does not wait for the health check. */
  deploy(version: string): Promise<void>;
  /** One health request, as a load balancer does it. */
  health(): Promise<Health>;
}

function apiUnit(): string {
  return `[Unit]
Description=Sample API
After=network.target

[Service]
Type=simple
WorkingDirectory=${DIRECTORY}/backend
EnvironmentFile=${DIRECTORY}/backend/.env
ExecStart=/usr/local/bin/node server.js
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

function proxyUnit(): string {
  return `[Unit]
Description=Sample proxy
After=network.target

[Service]
Type=simple
ExecStart=/usr/local/bin/node ${PROXY_DIRECTORY}/proxy.js ${PROXY_DIRECTORY}/proxy.json
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

async function writeConfiguration(checkout: string, { id, address }: SampleHostOptions): Promise<void> {
  const file = join(checkout, 'backend/.env');
  const lines = [
    `ADDRESS=${address}`,
    `PORT=${API_PORT}`,
    `HOST_NAME=${id}`,
    'DATABASE_URL=postgres://sample:not-a-secret@localhost/sample',
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

async function installProxy({ directory, address }: SampleHostOptions): Promise<void> {
  const folder = join(directory, PROXY_DIRECTORY);
  await mkdir(folder, { recursive: true });
  await copyFile(join(import.meta.dirname, 'proxy/proxy.js'), join(folder, 'proxy.js'));
  const configuration = { address, port: PROXY_PORT, upstream: { address, port: API_PORT } };
  await writeFile(join(folder, 'proxy.json'), `${JSON.stringify(configuration, null, 2)}\n`);
}

async function writeUnits(directory: string): Promise<void> {
  const folder = join(directory, 'etc/systemd/system');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${API_UNIT}.service`), apiUnit());
  await writeFile(join(folder, `${PROXY_UNIT}.service`), proxyUnit());
}

/** The Node that runs this is the one that hosts run their applications with. */
async function installNode(directory: string): Promise<void> {
  await mkdir(join(directory, 'usr/local/bin'), { recursive: true });
  await symlink(process.execPath, join(directory, 'usr/local/bin/node'));
}

async function systemctl(host: Host, ...args: readonly string[]): Promise<void> {
  const answer = await host.systemctl(...args);
  if (answer.exitCode !== 0) throw new Error(`systemctl ${args.join(' ')} on ${host.id}: ${answer.stderr || answer.stdout}`);
}

/** What somebody has who is logged in on the host: its programs, and a home of its own. */
function loginEnvironment(host: Host): Readonly<Record<string, string>> {
  return { ...host.environment, HOME: join(host.directory, 'home/deployer') };
}

/** Installs by `npm ci`, as people do. */
export const npmInstall: Install = async (backend, environment) => {
  await mustExecute({ file: 'npm', args: ['ci'], directory: backend, environment, timeoutMs: INSTALL_TIMEOUT_MS });
};

async function deploy(host: Host, checkout: string, version: string, install: Install): Promise<void> {
  await git(checkout, ['fetch', '--quiet', '--tags', '--force', 'origin']);
  await git(checkout, ['checkout', '--quiet', '--detach', `v${version}`]);
  await install(join(checkout, 'backend'), loginEnvironment(host), version);
  // Several deployments within seconds would run into the start limit.
  await systemctl(host, 'reset-failed', API_UNIT);
  await systemctl(host, 'restart', API_UNIT);
}

/** Asks a health address once, for at most two seconds. Never throws. */
export async function askHealth(url: string): Promise<Health> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const body = (await response.json()) as { readonly version?: unknown };
    return { status: response.status, version: typeof body.version === 'string' ? body.version : null };
  } catch {
    return { status: 0, version: null };
  }
}

async function untilUp(host: Host, urls: readonly string[]): Promise<void> {
  const isUp = async (url: string) => ((await askHealth(url)).status === 200 ? true : undefined);
  try {
    await Promise.all(urls.map((url) => until(url, UP_WITHIN_MS, () => isUp(url), 50)));
  } catch (error) {
    await host.stop();
    throw error;
  }
}

/** Makes the host's folder, installs a good release, starts its services and waits until they answer. They end with `host.stop()`. */
export async function createSampleHost(options: SampleHostOptions): Promise<SampleHost> {
  const { id, directory, address, origin, release, application = APPLICATION, install = npmInstall } = options;
  const host = createHost({ id, directory, address, tags: { Application: application, Name: id, RollbackService: 'enabled' } });
  const checkout = join(directory, DIRECTORY);
  for (const folder of ['var/www', 'home/deployer']) await mkdir(join(directory, folder), { recursive: true });
  await git(directory, ['clone', '--quiet', '--no-checkout', origin, checkout]);
  await git(checkout, ['checkout', '--quiet', '--detach', `v${release}`]);
  await Promise.all([
    writeConfiguration(checkout, options),
    installProxy(options),
    writeUnits(directory),
    installNode(directory),
  ]);
  await install(join(checkout, 'backend'), loginEnvironment(host), release);
  await systemctl(host, 'enable', API_UNIT, PROXY_UNIT);
  await systemctl(host, 'start', API_UNIT, PROXY_UNIT);
  const healthUrl = `http://${address}:${API_PORT}/api/health`;
  const proxyUrl = `http://${address}:${PROXY_PORT}/api/health`;
  await untilUp(host, [healthUrl, proxyUrl]);
  return {
    host,
    id,
    address,
    directory,
    checkout,
    environment: loginEnvironment(host),
    healthUrl,
    proxyUrl,
    deploy: (version) => deploy(host, checkout, version, install),
    health: () => askHealth(healthUrl),
  };
}
