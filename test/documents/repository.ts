import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of a release: path to content; null takes a file away. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Tester',
  GIT_AUTHOR_EMAIL: 'tester@example.com',
  GIT_COMMITTER_NAME: 'Tester',
  GIT_COMMITTER_EMAIL: 'tester@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** A repository of an application: a bare `origin`, a developer's clone and the one deployed on the host. */
export interface TestRepository {
  /** Where it is deployed. */
  readonly directory: string;
  readonly origin: string;
  /** Commits files on top of the last release and pushes them. Answers the commit. */
  release(files: Files): string;
  /** Fetches and checks out what was released, as a deployment does it. */
  deploy(commit: string): void;
  /** git in the deployed repository. */
  git(...args: string[]): string;
  read(path: string): string;
  write(path: string, content: string): void;
}

function runGit(directory: string, args: readonly string[]): string {
  const env = { PATH: process.env.PATH, ...IDENTITY };
  return execFileSync('git', ['-C', directory, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}

function put(directory: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    if (content === null) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, path.endsWith('.sh') ? { mode: 0o755 } : {});
    }
  }
}

/** Makes a repository below `root`, deployed in `var/www/sample`, with nothing released yet. */
export function testRepository(root: string, directory = join(root, 'var/www/sample')): TestRepository {
  const origin = join(root, 'srv/origin.git');
  const work = join(root, 'home/developer');
  for (const folder of [origin, work, dirname(directory)]) mkdirSync(folder, { recursive: true });
  runGit(origin, ['init', '--quiet', '--bare', '--initial-branch=main']);
  runGit(work, ['init', '--quiet', '--initial-branch=main']);
  runGit(work, ['remote', 'add', 'origin', origin]);
  let deployed = false;
  return {
    directory,
    origin,
    release(files) {
      put(work, files);
      runGit(work, ['add', '--all', '--force']);
      runGit(work, ['commit', '--quiet', '--allow-empty', '-m', 'release']);
      runGit(work, ['push', '--quiet', 'origin', 'main']);
      return runGit(work, ['rev-parse', 'HEAD']);
    },
    deploy(commit) {
      if (!deployed) runGit(root, ['clone', '--quiet', origin, directory]);
      deployed = true;
      runGit(directory, ['fetch', '--quiet', 'origin']);
      runGit(directory, ['reset', '--quiet', '--hard', commit]);
    },
    git: (...args) => runGit(directory, args),
    read: (path) => readFileSync(join(directory, path), 'utf8'),
    write: (path, content) => put(directory, { [path]: content }),
  };
}

/** A web application of one file. `/health` answers `status` (200) and `{"version"}`; `start` is run before it listens. */
export function server(version: string, { status = 200, start = '' } = {}): string {
  return `import { createServer } from 'node:http';
${start}
createServer((_, response) => {
  response.writeHead(${status}, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: 'ok', version: '${version}' }));
}).listen(Number(process.env.PORT), process.env.HOST_ADDRESS);
`;
}
