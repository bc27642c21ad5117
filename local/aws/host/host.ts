import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, execute } from '../../programs.ts';
import { REGION } from '../service.ts';
import { installFallbacks } from './fallbacks.ts';
import { startTime } from './process.ts';
import { createView, type View } from './view.ts';

const HERE = import.meta.dirname;

/** The first agent that hands parameters over by environment variable. */
export const FIRST_ENV_VAR_AGENT = '3.3.2746.0';

const SKELETON = ['etc/systemd/system', 'var/log/journal', 'var/lib/amazon/ssm', 'run/systemd/units', 'tmp'];

/** What `createHost` is told. */
export interface HostOptions {
  /** EC2 instance id. */
  readonly id: string;
  /** The host's root folder; made if it is missing. */
  readonly directory: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The host's own loopback address, one of 127.0.0.0/8. */
  readonly address: string;
  /** Version that the host's agent reports; one before 3.3.2746.0 does not set `SSM_<parameter>`. */
  readonly agentVersion?: string;
}

/** A host: a folder with unit files, a journal and whatever is deployed into it, and the real processes of its services. */
export interface Host extends Required<HostOptions> {
  readonly view: View;
  /** The environment that the agent gives a script, without the parameters. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the host's `systemctl`. */
  systemctl(...args: string[]): Promise<Answer>;
  /** Ends every process of the host's services. */
  stop(): Promise<void>;
  /** Ends every process, then starts the services that are enabled. */
  reboot(): Promise<void>;
}

function agentEnvironment({ id, address }: HostOptions, root: string, fallbacks: string): Record<string, string> {
  const path = [join(HERE, 'bin'), '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', fallbacks];
  return {
    PATH: path.join(':'),
    HOST_PATH: path.join(':'),
    LANG: 'C.UTF-8',
    AWS_SSM_INSTANCE_ID: id,
    AWS_SSM_REGION_NAME: REGION,
    HOST_ROOT: root,
    HOST_ADDRESS: address,
    HOST_KEEPER: `${process.pid} ${startTime(process.pid)}`,
  };
}

/**
 * Makes a host of a folder. Needs Linux (all of 127.0.0.0/8, /proc), no root. The services' processes end with `stop()`, and by
 * themselves soon after this process is gone.
 */
export function createHost({ agentVersion = FIRST_ENV_VAR_AGENT, ...options }: HostOptions): Host {
  for (const folder of SKELETON) mkdirSync(join(options.directory, folder), { recursive: true });
  const directory = realpathSync(options.directory);
  const environment = agentEnvironment(options, directory, installFallbacks(directory));
  const run = (file: string, ...args: readonly string[]) => execute({ file: join(HERE, file), args, environment });
  const stop = async () => void (await run('libexec/halt'));
  return {
    ...options,
    agentVersion,
    directory,
    environment,
    view: createView(directory, options.address),
    systemctl: (...args) => run('bin/systemctl', ...args),
    stop,
    async reboot() {
      await stop();
      await run('libexec/boot');
    },
  };
}
