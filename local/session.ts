import { rm } from 'node:fs/promises';
import { BadOption, type Options, readOptions } from './options.ts';
import { leaveStateFolder, takeStateFolder } from './state-folder.ts';
import { PortTaken, startWorld, type World } from './world.ts';

/** Ending takes a second; after this long something hangs, and the hosts' processes end without us. */
const END_WITHIN_MS = 15_000;

/** Exit code of a command that was interrupted before it was done, as shells have it. */
const INTERRUPTED = 130;

/** What a command does with a running world. Resolves with the exit code; `stay` waits until somebody ends it, with 0. */
export type Command = (world: World, options: Options, stay: () => Promise<number>) => Promise<number>;

/** Resolves at Ctrl-C, or when somebody asks the process to end. Listens on: a signal without a listener would end it at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

/** Ends the world, whether it is up, still starting or has failed to start. */
async function close(starting: Promise<World>): Promise<void> {
  const timer = setTimeout(() => process.exit(1), END_WITHIN_MS);
  const world = await starting.catch(() => undefined);
  await world?.close();
  clearTimeout(timer);
}

/** Said at once, as ending takes a moment in which nothing else shows that the signal was heard. */
function describeEnd(directory: string, { directory: given }: Options): string {
  return given === undefined
    ? `ending, and removing the temporary folder ${directory}`
    : `ending; the state is kept in ${directory}`;
}

async function runIn(directory: string, options: Options, command: Command): Promise<number> {
  let isStaying = false;
  const giveUp = new AbortController();
  const tell = (what: string) => console.error(`… ${what}`);
  const signalled = untilSignal().then(() => {
    tell(describeEnd(directory, options));
    return isStaying ? 0 : INTERRUPTED;
  });
  const stay = () => {
    isStaying = true;
    return signalled;
  };
  const starting = startWorld({ directory, port: options.port, tell, signal: giveUp.signal });
  try {
    return await Promise.race([starting.then((world) => command(world, options, stay)), signalled]);
  } finally {
    giveUp.abort();
    await close(starting);
  }
}

function complain(error: unknown): number {
  console.error(error instanceof Error && error.name !== 'Error' ? error.message : error);
  if (!(error instanceof BadOption)) return 1;
  console.error('--help shows the options.');
  return 2;
}

async function remove(directory: string): Promise<void> {
  // A host's process that is just ending may still write.
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function start(options: Options, command: Command): Promise<number> {
  const directory = await takeStateFolder(options.directory);
  let hasFailed = false;
  try {
    const code = await runIn(directory, options, command);
    hasFailed = code !== 0 && code !== INTERRUPTED;
    return code;
  } catch (error) {
    // Then nothing has started, and there is nothing to look at.
    hasFailed = !(error instanceof PortTaken);
    throw error;
  } finally {
    await leaveStateFolder(directory);
    if (hasFailed) console.error(`Logs and state are kept in ${directory}`);
    else if (options.directory === undefined) await remove(directory);
  }
}

/** Runs a command of this folder: reads the options, starts the world, ends it whatever happens, and exits with the command's code. */
export async function runCommand(help: string, command: Command): Promise<never> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.help) process.exit(await start(options, command));
    console.log(help);
    process.exit(0);
  } catch (error) {
    process.exit(complain(error));
  }
}
