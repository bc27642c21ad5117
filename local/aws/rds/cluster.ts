import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { ENVIRONMENT } from './binaries.ts';
import { copyCluster } from './copy-cluster.ts';
import { give, type Machine } from './machine.ts';
import { type PostgresProcess, startPostgres } from './postgres-process.ts';

const START_LIMIT_MS = 120_000;
const ARCHIVE_LIMIT_MS = 20_000;
const POLL_MS = 20;
/** Only the name of a socket here: the servers don't listen on TCP. */
const PORT = 5432;

const INITDB = [
  '--username=rdsadmin',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--locale=C.UTF-8',
  // In megabytes: the segment is what is archived, however little is in it.
  '--wal-segsize=1',
  '--no-sync',
  '--no-instructions',
];

/** Small, and durable enough: the laptop's databases are not meant to outlive a crash of the machine. */
const SETTINGS = {
  listen_addresses: '',
  port: String(PORT),
  fsync: 'off',
  shared_buffers: '16MB',
  max_connections: '50',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  wal_level: 'replica',
  archive_mode: 'on',
  timezone: 'UTC',
};

/** From where and until when a server replays WAL as it starts. */
export interface Recovery {
  /** The WAL archive of the cluster that the base backup is of. */
  readonly archive: string;
  /** What was committed at this moment is there, nothing later. */
  readonly until: Date;
}

/** A PostgreSQL data folder with its WAL archive and its server. */
export class Cluster {
  readonly machine: Machine;
  readonly data: string;
  readonly archive: string;
  /** Folder of the server's socket. */
  readonly #sockets: string;
  readonly #log: string;
  #process: PostgresProcess | undefined;

  /** `folder` is empty; `name` is that of the log file. */
  constructor(machine: Machine, folder: string, name: string) {
    this.machine = machine;
    this.data = join(folder, 'data');
    this.archive = join(folder, 'wal');
    this.#sockets = folder;
    this.#log = join(machine.logs, `${name}.log`);
  }

  /** The socket that the server listens on. */
  get socket(): string {
    return join(this.#sockets, `.s.PGSQL.${PORT}`);
  }

  /** Makes a new, empty database cluster and starts it. */
  async initialize(): Promise<void> {
    const { owner, binaries, adminPassword, signal } = this.machine;
    await this.#makeArchive();
    const passwordFile = join(this.#sockets, 'password');
    await writeFile(passwordFile, adminPassword);
    const args = ['-D', this.data, `--pwfile=${passwordFile}`, ...INITDB];
    await promisify(execFile)(binaries.initdb, args, { ...owner, cwd: this.#sockets, env: ENVIRONMENT, signal });
    await this.start();
  }

  /** Makes the cluster of a base backup and the WAL after it, and starts it. */
  async recover(backup: string, recovery: Recovery): Promise<void> {
    await this.#makeArchive();
    await copyCluster(backup, this.data, this.machine.owner);
    const signalFile = join(this.data, 'recovery.signal');
    await writeFile(signalFile, '');
    await give(signalFile, this.machine.owner);
    await this.start(recovery);
  }

  /** Resolves once the server accepts connections. */
  async start(recovery?: Recovery): Promise<void> {
    const settings = {
      ...SETTINGS,
      unix_socket_directories: this.#sockets,
      archive_command: `cp "%p" "${this.archive}/.%f" && mv "${this.archive}/.%f" "${this.archive}/%f"`,
      ...(recovery && recoverySettings(recovery)),
    };
    this.#process = startPostgres(this.machine, { data: this.data, settings, log: this.#log });
    await this.#untilReady(this.#process);
  }

  async restart(): Promise<void> {
    await this.#process?.stop('fast');
    await this.start();
  }

  /** Works on one session of the superuser. */
  async connected<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const password = this.machine.adminPassword;
    const client = new Client({ host: this.#sockets, port: PORT, user: 'rdsadmin', password, database: 'postgres' });
    // A session that ends by itself would end this process otherwise; the query at work rejects in any case.
    client.on('error', () => {});
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  /**
   * Has everything that is committed by now in the archive, and one commit after it: a recovery ends at the first commit past its
   * time, and fails when there is none.
   */
  async flush(): Promise<void> {
    const segment = await this.connected(async (client) => {
      await client.query('SELECT pg_current_xact_id()');
      const { rows } = await client.query('SELECT pg_walfile_name(pg_current_wal_flush_lsn() - 1) AS segment');
      await client.query('SELECT pg_switch_wal()');
      return String(rows[0]?.segment);
    });
    await this.untilArchived(segment);
  }

  /** Segments are archived in the order they are written. */
  async untilArchived(segment: string): Promise<void> {
    const isThere = () =>
      access(join(this.archive, segment)).then(
        () => true,
        () => false,
      );
    await this.#until(isThere, ARCHIVE_LIMIT_MS, `WAL segment ${segment} was not archived`);
  }

  async #makeArchive(): Promise<void> {
    await mkdir(this.archive, { mode: 0o700 });
    await give(this.archive, this.machine.owner);
  }

  async #untilReady(server: PostgresProcess): Promise<void> {
    const isReady = async () => {
      if (server.hasExited()) throw new Error(`PostgreSQL ended as it started: ${await this.#lastLines()}`);
      const asked = this.connected((client) => client.query('SELECT pg_is_in_recovery() AS recovering'));
      return asked.then(({ rows }) => rows[0]?.recovering === false).catch(() => false);
    };
    await this.#until(isReady, START_LIMIT_MS, `PostgreSQL did not start in time; see ${this.#log}`);
  }

  async #lastLines(): Promise<string> {
    const lines = (await readFile(this.#log, 'utf8')).trim().split('\n');
    return lines.slice(-5).join('\n');
  }

  async #until(isSo: () => Promise<boolean>, limitMs: number, complaint: string): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(complaint);
      await sleep(POLL_MS, undefined, { signal: this.machine.signal });
    }
  }
}

function recoverySettings({ archive, until }: Recovery): Record<string, string> {
  return {
    restore_command: `cp "${archive}/%f" "%p"`,
    // The server knows no `Z` this early.
    recovery_target_time: until.toISOString().replace('Z', '+00'),
    recovery_target_action: 'promote',
    // No session before the end: the first one would see what is to be replayed as missing.
    hot_standby: 'off',
  };
}
