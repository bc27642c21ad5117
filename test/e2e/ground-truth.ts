/** What hosts really run and what really happened, asked without the service. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { HostAction, RollbackEvent } from '../../lib/contracts.ts';
import { git } from '../../local/sample/git.ts';
import type { SampleHost } from '../../local/sample/host.ts';
import { API_UNIT } from '../../local/sample/manifest.ts';
import type { Stage, Theatre } from './harness.ts';

/** The commit in a host's checkout, whoever owns it. */
export const commitOf = ({ checkout }: SampleHost): Promise<string> =>
  git(checkout, ['-c', 'safe.directory=*', 'rev-parse', 'HEAD']);

export const commitsOf = ({ hosts }: Stage): Promise<string[]> => Promise.all(hosts.map(commitOf));

/** The page of the application, which names its own version and that of the package that it loaded. */
export const pageOf = async ({ address }: SampleHost): Promise<string> => (await fetch(`http://${address}:8000/`)).text();

const mainPid = async ({ host }: SampleHost): Promise<string> =>
  (await host.systemctl('show', '--property=MainPID', '--value', API_UNIT)).stdout.trim();

export interface Standing {
  readonly commit: string;
  readonly version: string | null;
  /** The same as before: nobody restarted the service. */
  readonly mainPid: string;
}

/** All that a rollback could change on each host; equal before and after means that nothing was touched. */
export const standingOf = ({ hosts }: Stage): Promise<Standing[]> =>
  Promise.all(
    hosts.map(async (host) => ({
      commit: await commitOf(host),
      version: (await host.health()).version,
      mainPid: await mainPid(host),
    })),
  );

const workingFolder = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // It ended meanwhile.
  }
};

/** Process ids of everything that works in a folder or below it. */
export const processesIn = (folder: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && `${workingFolder(name)}/`.startsWith(`${folder}/`));

/** Does something right before a host command of a stage is sent. What is asked for is not a fault of the function: it goes on. */
export const beforeHostCommand = (
  { aws, functionName }: Theatre,
  { application }: Stage,
  action: HostAction,
  wave: number,
  act: () => void,
): void =>
  aws.lambda.inject(functionName('sendHostCommand'), {
    kind: 'throttle',
    when: (payload) => {
      if (payload.application === application && payload.action === action && payload.wave.index === wave) act();
      return false;
    },
  });

/** Types of the events of a rollback, each with its phase: `apply host-command-failed`. */
export const storyOf = (events: readonly RollbackEvent[]): string[] => events.map(({ phase, type }) => `${phase} ${type}`);

const readProcess = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It ended meanwhile, or is somebody else's.
  }
};

/** Ends what a rollback runs on a host at once, as a power cut does. Throws when nothing runs. */
export const killCommandsOf = (hostId: string, rollbackId: string): void => {
  const marks = [`AWS_SSM_INSTANCE_ID=${hostId}`, `SSM_rollbackId=${rollbackId}`];
  const pids = readdirSync('/proc').filter((name) => {
    const environment = /^\d+$/.test(name) ? readProcess(name, 'environ').split('\0') : [];
    return marks.every((mark) => environment.includes(mark));
  });
  // Behind the program's name: state, parent, process group.
  const groups = pids.map((pid) => Number(readProcess(pid, 'stat').split(') ').at(-1)?.split(' ')[2] ?? 0));
  if (groups.length === 0) throw new Error(`no command of ${rollbackId} runs on ${hostId}`);
  for (const group of new Set(groups.filter((found) => found > 1))) process.kill(-group, 'SIGKILL');
};
