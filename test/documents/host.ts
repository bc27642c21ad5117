import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { documentContent } from '../../lib/documents/content.ts';
import { type DocumentName, HOST_DOCUMENTS } from '../../lib/documents/definitions.ts';
import { type HostFailure, type HostResult, parseResult } from '../../lib/documents/results.ts';
import { createHost } from '../../local/aws/host/host.ts';
import { type DocumentValues, documentParameters } from './parameters.ts';

const APPLICATION = 'sample';

/** What a run of a document came to; `code` is 137 when its process group was killed. */
interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** A host of its own in a temporary folder, with real services, and the documents run on it as the agent runs them. */
export interface TestHost {
  /** Root folder of the host. */
  readonly root: string;
  readonly state: string;
  /** The host's own address and a port that is free on it. */
  readonly address: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  systemctl(...args: string[]): Promise<{ readonly stdout: string }>;
  run<Name extends DocumentName>(name: Name, values: Partial<DocumentValues<Name>>): Promise<Run>;
  /** Runs a document that is to succeed. */
  result<Name extends DocumentName>(name: Name, values: Partial<DocumentValues<Name>>): Promise<HostResult<Name>>;
  /** Runs a document that is to fail. */
  failure<Name extends DocumentName>(name: Name, values: Partial<DocumentValues<Name>>): Promise<HostFailure>;
  /**
   * Kills the process group of the next run when it starts (or, `after`, when it has run) a command that matches: once.
   * `pattern` is a bash pattern for the program's name and arguments.
   */
  killAt(pattern: string, moment?: 'before' | 'after'): void;
  writeUnit(name: string, lines: readonly string[]): void;
  stop(): Promise<void>;
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('the port is not known');
  return bound.port;
}

/** Stands before the real programs on the PATH and kills its own process group when it is told to. */
function interrupter(folder: string): string {
  return `#!/bin/bash
name=\${0##*/}
PATH=\${PATH#*:}
moment=''
if [[ -s ${folder}/order ]]; then { read -r moment; read -r pattern; } <${folder}/order; fi
if [[ -z $moment || "$name $*" != $pattern ]]; then exec "$name" "$@"; fi
rm -f ${folder}/order
if [[ $moment == after ]]; then "$name" "$@"; fi
kill -KILL 0
`;
}

function installInterrupter(root: string): string {
  const folder = join(root, 'interrupter');
  mkdirSync(folder);
  writeFileSync(join(folder, 'any'), interrupter(folder), { mode: 0o755 });
  for (const name of ['git', 'mv', 'ln', 'rm', 'systemctl']) symlinkSync('any', join(folder, name));
  return folder;
}

function execute(script: string, env: Readonly<Record<string, string>>): Promise<Run> {
  const started = performance.now();
  const child = spawn('/bin/sh', ['-c', script], { cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const { promise, resolve } = Promise.withResolvers<Run>();
  child.once('close', (code) => resolve({ code: code ?? 137, stdout, stderr, milliseconds: performance.now() - started }));
  return promise;
}

/** Parameters as the agent would set them: the given ones, then the document's defaults. */
function variables<Name extends DocumentName>(name: Name, values: DocumentValues<Name>): Record<string, string> {
  const given = documentParameters(name, values);
  return Object.fromEntries(
    Object.entries(documentContent(HOST_DOCUMENTS[name]).parameters).map(([parameter, { default: fallback }]) => [
      `SSM_${parameter}`,
      given[parameter]?.[0] ?? fallback ?? '',
    ]),
  );
}

/** Makes a host. `defaults` are parameters that every document of it gets unless a test says otherwise. */
export async function testHost(defaults: Readonly<Record<string, string>> = {}): Promise<TestHost> {
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  chmodSync(root, 0o755);
  const address = `127.${10 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`;
  const host = createHost({ id: 'i-0123456789abcdef0', directory: root, tags: {}, address });
  const kill = installInterrupter(root);
  const environment = { ...host.environment, PATH: `${kill}:${host.environment.PATH}` };
  const state = join(root, 'var/lib/rollback-service', APPLICATION);
  const script = join(root, 'script.sh');

  const valuesOf = <Name extends DocumentName>(name: Name, values: Partial<DocumentValues<Name>>): DocumentValues<Name> => {
    const known = HOST_DOCUMENTS[name].parameters;
    const base = {
      rollbackId: 'rollback-1',
      application: APPLICATION,
      stateDirectory: join(root, 'var/lib/rollback-service'),
      fence: '7',
      user: userInfo().username,
      ...defaults,
    };
    const all = { ...Object.fromEntries(Object.entries(base).filter(([key]) => Object.hasOwn(known, key))), ...values };
    return all as unknown as DocumentValues<Name>;
  };

  let runs = 0;
  const run: TestHost['run'] = async (name, values) => {
    // A file for each run, as the agent makes one: written again, it would be cut off under the feet of a run that reads it.
    runs += 1;
    const file = `${script}.${name}.${runs}`;
    writeFileSync(file, `${documentContent(HOST_DOCUMENTS[name]).mainSteps[0].inputs.runCommand.join('\n')}\n`, { mode: 0o700 });
    return await execute(file, { ...environment, ...variables(name, valuesOf(name, values)) });
  };

  return {
    root,
    state,
    address,
    port: await freePort(address),
    environment,
    systemctl: (...args) => host.systemctl(...args),
    run,
    async result(name, values) {
      const ran = await run(name, values);
      const result = parseResult(name, ran.stdout);
      if (!result.ok || ran.code !== 0) throw new Error(`${name} exited ${ran.code}: ${ran.stdout}\n${ran.stderr}`);
      return result as HostResult<typeof name>;
    },
    async failure(name, values) {
      const ran = await run(name, values);
      const result = parseResult(name, ran.stdout);
      if (result.ok || ran.code !== 1) throw new Error(`${name} exited ${ran.code}: ${ran.stdout}\n${ran.stderr}`);
      return result as HostFailure;
    },
    killAt(pattern, moment = 'before') {
      writeFileSync(join(kill, 'order'), `${moment}\n${pattern}\n`);
    },
    writeUnit(name, lines) {
      writeFileSync(join(root, `etc/systemd/system/${name}.service`), `[Service]\n${lines.join('\n')}\n`);
    },
    async stop() {
      await host.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
