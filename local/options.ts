import { parseArgs } from 'node:util';

/** What the commands of this folder take. */
export interface Options {
  /** Port of the laptop AWS; 0: any. */
  readonly port: number;
  /** State folder to use and keep; undefined: a temporary one that goes with the command. */
  readonly directory: string | undefined;
  readonly demo: boolean;
  readonly help: boolean;
}

/** An option that cannot be used; `message` says which and what it takes. */
export class BadOption extends Error {
  override readonly name = 'BadOption';
}

const DEFAULT_PORT = 4566;

/** Lines about the options that every command takes. */
export const OPTIONS_HELP = `  --port <number>  port of 127.0.0.1 that AWS listens on; 0: any free one (default ${DEFAULT_PORT})
  --dir <folder>   state folder, kept when the command ends (default: a temporary one, removed)
  --help           this text`;

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new BadOption(`--port must be a number from 0 to 65535, not ${JSON.stringify(text)}`);
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { port: text, dir: text, demo: flag, help: { ...flag, short: 'h' } } }).values;
  } catch (error) {
    throw new BadOption(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Reads the command line. Throws `BadOption`. */
export function readOptions(args: readonly string[]): Options {
  const { port, dir, demo, help } = parse(args);
  if (dir === '') throw new BadOption('--dir must name a folder');
  // The demonstration needs no known address, and may run beside a service that has the default one.
  const fallback = demo ? 0 : DEFAULT_PORT;
  return { port: port === undefined ? fallback : portOf(port), directory: dir, demo, help };
}
