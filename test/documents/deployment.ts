import { type TestHost, testHost } from './host.ts';
import { server, type TestRepository, testRepository } from './repository.ts';

/** A host on which the sample application runs: `web` serves the deployed code, `proxy` stands before it. */
export interface Deployment {
  readonly host: TestHost;
  readonly repository: TestRepository;
  readonly url: string;
  /** Version that answers now. */
  version(): Promise<string>;
  mainPid(unit?: string): Promise<number>;
  /** Deploys a commit by hand and starts everything on it. */
  start(commit: string): Promise<void>;
  /** The parameters that describe this application to check-out-code. */
  readonly values: {
    readonly directory: string;
    readonly applicationServices: string;
    readonly proxyServices: string;
    readonly healthUrl: string;
    readonly logUnits: string;
    readonly settleSeconds: string;
    readonly healthAttemptSeconds: string;
  };
}

/** Makes a host with a repository and units for it. Nothing is released, deployed or started yet. */
export async function deployment(execStart?: string): Promise<Deployment> {
  const host = await testHost();
  const repository = testRepository(host.root);
  const url = `http://${host.address}:${host.port}/health`;
  host.writeUnit('web', [
    `ExecStart=${execStart ?? `${process.execPath} /var/www/sample/server.mjs`}`,
    'WorkingDirectory=/var/www/sample',
    `Environment=PORT=${host.port}`,
    'Restart=on-failure',
    'RestartSec=50ms',
  ]);
  host.writeUnit('proxy', ['ExecStart=/bin/sleep 10000', 'ExecReload=/bin/kill -CONT $MAINPID']);
  const mainPid = async (unit = 'web') => Number((await host.systemctl('show', '--property=MainPID', '--value', unit)).stdout);
  return {
    host,
    repository,
    url,
    mainPid,
    async version() {
      const body: unknown = await (await fetch(url)).json();
      return typeof body === 'object' && body !== null && 'version' in body ? String(body.version) : '';
    },
    async start(commit) {
      repository.deploy(commit);
      await host.systemctl('restart', 'web', 'proxy');
      await untilAnswered(url);
    },
    values: {
      directory: repository.directory,
      applicationServices: 'web',
      proxyServices: 'proxy',
      healthUrl: url,
      logUnits: 'web',
      settleSeconds: '0',
      healthAttemptSeconds: '5',
    },
  };
}

async function untilAnswered(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (
      await fetch(url).then(
        (response) => response.body?.cancel().then(() => true),
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}

/** Two releases of the sample application, the second one running. */
export async function twoReleases(): Promise<Deployment & { readonly good: string; readonly bad: string }> {
  const made = await deployment();
  const good = made.repository.release({ 'server.mjs': server('1.0.0'), 'settings.txt': 'good\n', 'old.txt': 'only in 1.0.0\n' });
  const bad = made.repository.release({
    'server.mjs': server('1.1.0'),
    'settings.txt': 'bad\n',
    'old.txt': null,
    'new.txt': 'only in 1.1.0\n',
  });
  await made.start(bad);
  return { ...made, good, bad };
}
