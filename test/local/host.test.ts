import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHost, type Host } from '../../local/aws/host/host.ts';
import { createView } from '../../local/aws/host/view.ts';

const run = promisify(execFile);
const HOST_DIRECTORY = join(import.meta.dirname, '../../local/aws/host');
const made: Host[] = [];

function host(number = 2): Host {
  const directory = mkdtempSync(join(tmpdir(), 'host-'));
  const one = createHost({ id: `i-${number}`, directory, tags: {}, address: `127.0.0.${number}` });
  made.push(one);
  return one;
}

function unit(of: Host, name: string, lines: readonly string[]): void {
  writeFileSync(
    join(of.directory, `etc/systemd/system/${name}.service`),
    `[Unit]\nDescription=${name}\n\n[Service]\n${lines.join('\n')}\n`,
  );
}

function program(of: Host, name: string, text: string): string {
  mkdirSync(join(of.directory, 'srv'), { recursive: true });
  writeFileSync(join(of.directory, 'srv', name), text);
  chmodSync(join(of.directory, 'srv', name), 0o755);
  return `/srv/${name}`;
}

async function property(of: Host, name: string, property: string): Promise<string> {
  return (await of.systemctl('show', '-p', property, '--value', name)).stdout.trim();
}

async function journal(of: Host, ...args: string[]): Promise<string> {
  return (await run(join(HOST_DIRECTORY, 'bin/journalctl'), args, { env: of.environment })).stdout;
}

function isAlive(pid: number): boolean {
  // A zombie has no memory any more, and nobody may be there to reap it.
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

afterEach(async () => {
  await Promise.all(made.map((one) => one.stop()));
  for (const one of made.splice(0)) rmSync(one.directory, { recursive: true, force: true });
});

describe('view', () => {
  const view = createView('/state/a', '127.0.0.7');

  it.each([
    ['/var/www/app', '/state/a/var/www/app'],
    ['/a,/b,c', '/state/a/a,/state/a/b,c'],
    ['/../../etc/passwd', '/state/a/etc/passwd'],
    ['http://localhost:8000/api/health', 'http://127.0.0.7:8000/api/health'],
    ['https://127.0.0.1/x,http://localhost.example.com', 'https://127.0.0.7/x,http://localhost.example.com'],
    ['relative/path; rm -rf /', 'relative/path; rm -rf /'],
    ['', ''],
  ])('gives %s as %s', (value, inside) => {
    expect(view.inward(value)).toBe(inside);
  });

  it('turns output back', () => {
    const output = 'at /state/a/var/x, in /state/a of /state/ab, http://127.0.0.7:80/ not http://127.0.0.71/';
    expect(view.outward(output)).toBe('at /var/x, in / of /state/ab, http://localhost:80/ not http://127.0.0.71/');
  });
});

describe('systemctl', () => {
  it('keeps a real process: start, restart, reload, stop', async () => {
    const one = host();
    const app = program(
      one,
      'app',
      '#!/bin/bash\ntrap "echo reloaded" HUP\necho "args $*"\nsleep 600 &\nwhile :; do wait $!; sleep 0.05; done\n',
    );
    unit(one, 'app', [
      'WorkingDirectory=/srv',
      `ExecStart=${app} --host 127.0.0.1 "two words"`,
      'ExecReload=/bin/kill -HUP $MAINPID',
    ]);

    expect(await one.systemctl('start', 'app.service')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await one.systemctl('is-active', 'app')).toMatchObject({ exitCode: 0, stdout: 'active\n' });
    const first = Number(await property(one, 'app', 'MainPID'));
    expect(isAlive(first)).toBe(true);

    await vi.waitFor(async () =>
      expect(await journal(one, '-u', 'app', '-o', 'cat')).toContain('args --host 127.0.0.2 two words'),
    );
    const said = async () => (await journal(one, '-u', 'app', '-o', 'cat')).match(/reloaded/g);
    expect((await one.systemctl('reload', 'app')).exitCode).toBe(0);
    await vi.waitFor(async () => expect(await said()).toHaveLength(1));
    expect((await one.systemctl('reload-or-restart', 'app')).exitCode).toBe(0);
    await vi.waitFor(async () => expect(await said()).toHaveLength(2));
    expect(Number(await property(one, 'app', 'MainPID'))).toBe(first);

    await one.systemctl('restart', 'app');
    const second = Number(await property(one, 'app', 'MainPID'));
    expect(second).not.toBe(first);
    expect([isAlive(first), isAlive(second)]).toEqual([false, true]);

    await one.systemctl('stop', 'app');
    expect(await one.systemctl('is-active', 'app')).toMatchObject({ exitCode: 3, stdout: 'inactive\n' });
    expect(isAlive(second)).toBe(false);

    expect((await one.systemctl('reload-or-restart', 'app')).exitCode).toBe(0);
    expect((await one.systemctl('is-active', 'app')).exitCode).toBe(0);
  });

  it('gives a service its unit’s environment and files, and nothing of the caller’s', async () => {
    const one = host();
    mkdirSync(join(one.directory, 'etc/app'));
    writeFileSync(
      join(one.directory, 'etc/app/env'),
      '# comment\nDATABASE_URL="postgresql://u@127.0.0.1:5432/db?x=$HOME"\nPLAIN=a b\n',
    );
    unit(one, 'app', [
      'Environment=PORT=8000 "NAME=two words"',
      'EnvironmentFile=/etc/app/env',
      'EnvironmentFile=-/etc/none',
      'ExecStart=/usr/bin/env',
    ]);
    await run(join(HOST_DIRECTORY, 'bin/systemctl'), ['start', 'app'], { env: { ...one.environment, SSM_secret: 'x' } });
    await vi.waitFor(async () => expect(await property(one, 'app', 'ActiveState')).toBe('inactive'));
    const lines = (await journal(one, '-u', 'app', '-o', 'cat')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'PORT=8000',
        'NAME=two words',
        'DATABASE_URL=postgresql://u@127.0.0.1:5432/db?x=$HOME',
        'PLAIN=a b',
      ]),
    );
    expect(lines.join()).not.toContain('SSM_secret');
  });

  it('says that a start succeeded even when the program cannot be run, and that the unit failed a moment later', async () => {
    const one = host();
    unit(one, 'app', ['ExecStart=/srv/missing']);
    expect((await one.systemctl('start', 'app')).exitCode).toBe(0);
    await vi.waitFor(async () =>
      expect(await property(one, 'app', 'ActiveState,SubState,Result,ExecMainStatus')).toBe('exit-code\n203\nfailed\nfailed'),
    );
    expect((await one.systemctl('status', 'app')).exitCode).toBe(3);
  });

  it('refuses the sixth start in ten seconds until reset-failed', async () => {
    const one = host();
    unit(one, 'app', ['ExecStart=/bin/sleep 600']);
    for (let start = 0; start < 5; start++) expect((await one.systemctl('restart', 'app')).exitCode).toBe(0);
    expect((await one.systemctl('restart', 'app')).exitCode).toBe(1);
    expect(await property(one, 'app', 'Result')).toBe('start-limit-hit');
    expect((await one.systemctl('start', 'app')).exitCode).toBe(1);
    await one.systemctl('reset-failed', 'app');
    expect((await one.systemctl('start', 'app')).exitCode).toBe(0);
    expect(await property(one, 'app', 'ActiveState')).toBe('active');
  });

  it('restarts a crashing service until the start limit is hit, and counts', async () => {
    const one = host();
    unit(one, 'app', ['Restart=on-failure', 'RestartSec=50ms', 'ExecStart=/bin/sh -c "exit 3"']);
    await one.systemctl('start', 'app');
    await vi.waitFor(async () => expect(await property(one, 'app', 'ActiveState')).toBe('failed'), { timeout: 8000 });
    expect(await property(one, 'app', 'Result,NRestarts')).toBe('start-limit-hit\n4');
  });

  it('kills a service that ignores SIGTERM, and whatever it left behind in other sessions', async () => {
    const one = host();
    const app = program(
      one,
      'app',
      '#!/bin/bash\ntrap "" TERM\nsetsid sleep 600 & echo "child $!"\nwhile :; do sleep 0.1; done\n',
    );
    unit(one, 'app', ['TimeoutStopSec=300ms', `ExecStart=${app}`]);
    await one.systemctl('start', 'app');
    const child = await vi.waitFor(async () => Number(/child (\d+)/.exec(await journal(one, '-u', 'app'))?.[1] ?? expect.fail()));
    const main = Number(await property(one, 'app', 'MainPID'));
    await one.systemctl('stop', 'app');
    expect([isAlive(main), isAlive(child)]).toEqual([false, false]);
    expect(await property(one, 'app', 'ActiveState,Result')).toBe('timeout\nfailed');
  });

  it('does not let a service inherit the lock of the script that started it', async () => {
    const one = host();
    unit(one, 'app', ['ExecStart=/bin/sleep 600']);
    const script = 'exec 9>"$HOST_ROOT/tmp/lock"; flock -n 9 && systemctl start app';
    await run('bash', ['-c', script], { env: one.environment });
    expect(await property(one, 'app', 'ActiveState')).toBe('active');
    await run('flock', ['-n', join(one.directory, 'tmp/lock'), 'true']);
  });

  it('knows what it does not know', async () => {
    const one = host();
    expect((await one.systemctl('start', 'none')).exitCode).toBe(5);
    expect((await one.systemctl('is-active', 'none')).exitCode).toBe(3);
    expect(await property(one, 'none', 'LoadState')).toBe('not-found');
    expect((await one.systemctl('start', '../x')).exitCode).toBe(1);
  });

  it('starts only enabled services after a reboot', async () => {
    const one = host();
    for (const name of ['yes', 'no']) unit(one, name, ['ExecStart=/bin/sleep 600']);
    await one.systemctl('enable', 'yes');
    await one.systemctl('start', 'yes', 'no');
    await one.reboot();
    expect((await one.systemctl('is-active', 'yes', 'no')).stdout).toBe('active\ninactive\n');
  });

  it('starts and stops what is enabled and disabled --now', async () => {
    const one = host();
    unit(one, 'app', ['ExecStart=/bin/sleep 600']);
    expect((await one.systemctl('enable', '--now', 'app')).exitCode).toBe(0);
    expect((await one.systemctl('is-enabled', 'app')).stdout).toBe('enabled\n');
    expect((await one.systemctl('is-active', 'app')).stdout).toBe('active\n');
    await one.systemctl('disable', 'app', '--now');
    expect((await one.systemctl('is-enabled', 'app')).stdout).toBe('disabled\n');
    expect((await one.systemctl('is-active', 'app')).stdout).toBe('inactive\n');
    expect((await one.systemctl('enable', '--now', 'none')).exitCode).toBe(1);
  });
});

describe('two hosts', () => {
  it('run the same unit with the same path and port at the same time', async () => {
    const hosts = [host(3), host(4)];
    const server =
      'require("http").createServer((q, r) => r.end(process.cwd() + " " + process.env.NAME)).listen(18080, process.argv[2])\n';
    for (const one of hosts) {
      program(one, 'server.cjs', server);
      unit(one, 'app', [
        `Environment=NAME=${one.id}`,
        'WorkingDirectory=/srv',
        `ExecStart=${process.execPath} /srv/server.cjs 127.0.0.1`,
      ]);
      await one.systemctl('start', 'app');
    }
    for (const one of hosts) {
      const url = one.view.inward('http://localhost:18080/');
      const answer = await vi.waitFor(async () => await (await fetch(url)).text(), { timeout: 5000 });
      expect(answer).toBe(`${join(one.directory, 'srv')} ${one.id}`);
      expect(one.view.outward(answer)).toBe(`/srv ${one.id}`);
    }
  });
});

describe('journalctl', () => {
  async function written(): Promise<Host> {
    const one = host();
    unit(one, 'app', ["ExecStart=/bin/sh -c \"echo plain; echo '<3>broken'; echo '<4>odd'; printf '\\tindented\\n'\""]);
    unit(one, 'other', ['ExecStart=/bin/echo from-other']);
    await one.systemctl('start', 'app', 'other');
    await vi.waitFor(async () =>
      expect(await journal(one)).toMatch(/indented[\s\S]*other.service: Deact|other.service: Deact[\s\S]*indented/),
    );
    return one;
  }

  it('filters by unit, priority and number', async () => {
    const one = await written();
    expect(await journal(one, '-u', 'app', '-p', 'err', '-o', 'cat')).toBe('broken\n');
    expect(await journal(one, '-u', 'app', '--priority=warning', '--output=cat', '-q')).toBe('broken\nodd\n');
    expect(await journal(one, '-u', 'app', '-u', 'other.service', '-o', 'cat')).toContain('from-other');
    expect(await journal(one, '-u', 'app', '-o', 'cat', '--no-pager')).toContain('\tindented\n');
    expect((await journal(one, '-u', 'app', '-n', '2')).trim().split('\n')).toHaveLength(2);
  });

  it('filters by time', async () => {
    const one = await written();
    const seconds = Math.floor(Date.now() / 1000);
    expect(await journal(one, '-u', 'app', '--since', `@${seconds + 2}`)).toBe('-- No entries --\n');
    expect(await journal(one, '-u', 'app', '--since', `@${seconds + 2}`, '-q')).toBe('');
    expect(await journal(one, '-u', 'app', '--since', '2020-01-01 00:00:00', '-o', 'short-iso')).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]+[+-]\d{4} \S+ \S+: /,
    );
    await expect(journal(one, '--since', 'never-ever')).rejects.toThrow('Failed to parse timestamp');
  });
});

describe('node and npm of a machine that has them elsewhere', () => {
  it('are found by a script that was left no variable of the host', async () => {
    const { directory } = host();
    const env = { PATH: `${join(directory, 'opt/laptop/bin')}:/usr/bin:/bin` };
    expect((await run('node', ['-p', 'process.execPath'], { env })).stdout).toBe(`${process.execPath}\n`);
    expect((await run('npm', ['--version'], { env })).stdout).toMatch(/^\d+\./);
  });
});

describe('curl of a machine without one', () => {
  it('answers as a health check expects', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/bad' ? 503 : 200;
      if (request.url !== '/slow') response.end(request.headers['x-test'] ?? 'body');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { directory, environment: env } = host();
    const curl = join(directory, 'opt/laptop/bin/curl');
    expect((await run(curl, ['-sS', '-o', '/dev/null', '-w', '%{http_code}', `${url}/bad`], { env })).stdout).toBe('503');
    expect((await run(curl, ['-s', '-H', 'X-Test: a: b', `${url}/`], { env })).stdout).toBe('a: b');
    await expect(run(curl, ['-fsS', `${url}/bad`], { env })).rejects.toMatchObject({ code: 22 });
    await expect(run(curl, ['-s', '--max-time', '0.3', `${url}/slow`], { env })).rejects.toMatchObject({ code: 28 });
    await expect(run(curl, ['-s', '-w', '%{http_code}', 'http://127.0.0.1:9/'], { env })).rejects.toMatchObject({
      code: 7,
      stdout: '000',
    });
    const check = ['-q', '--silent', '--globoff', '--noproxy', '*', '--proto', '=http,https', '--max-filesize', '1000'];
    const answer = await run(curl, [...check, '--write-out', '\\n%{http_code} %{time_total}', '--url', `${url}/`], { env });
    expect(answer.stdout).toMatch(/^body\n200 \d+\.\d{6}$/);
    server.close();
    server.closeAllConnections();
  });
});

describe('a laptop that dies', () => {
  it('takes the services of its hosts with it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'host-'));
    const module = join(HOST_DIRECTORY, 'host.ts');
    const text = `import { createHost } from ${JSON.stringify(module)};
      const host = createHost({ id: 'i-1', directory: ${JSON.stringify(directory)}, tags: {}, address: '127.0.0.8' });
      await host.systemctl('start', 'app');
      console.log((await host.systemctl('show', '-p', 'MainPID', '--value', 'app')).stdout);
      setInterval(() => {}, 1000);`;
    mkdirSync(join(directory, 'etc/systemd/system'), { recursive: true });
    writeFileSync(join(directory, 'etc/systemd/system/app.service'), '[Service]\nExecStart=/bin/sleep 600\n');
    const laptop = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise((resolve) => laptop.stdout.once('data', (data) => resolve(String(data)))));
    expect(isAlive(pid)).toBe(true);
    laptop.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 });
    await sleep(100);
    rmSync(realpathSync(directory), { recursive: true, force: true });
  });
});
