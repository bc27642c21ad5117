/**
 * The part of psql that a question to a database uses, run as `psql` on machines without one: `-X -A -t -q -v ON_ERROR_STOP=1 -c <sql>`,
 * with the connection from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGCONNECT_TIMEOUT and PGOPTIONS.
 * Exit codes are psql's: 1 usage or an error of the server's, 2 no connection.
 */
import { parseArgs } from 'node:util';
import { Client, type QueryArrayResult } from 'pg';

const flag = { type: 'boolean' } as const;
const options = {
  'no-psqlrc': { ...flag, short: 'X' },
  'no-align': { ...flag, short: 'A' },
  'tuples-only': { ...flag, short: 't' },
  quiet: { ...flag, short: 'q' },
  set: { type: 'string', short: 'v', multiple: true },
  command: { type: 'string', short: 'c' },
} as const;

function quit(code: number, message: string): never {
  process.stderr.write(`psql: ${message}\n`);
  process.exit(code);
}

function readCommand(): string {
  try {
    const { command } = parseArgs({ options }).values;
    if (command !== undefined) return command;
  } catch (error) {
    quit(1, error instanceof Error ? error.message : String(error));
  }
  quit(1, 'error: a command is read from -c only');
}

async function connect(): Promise<Client> {
  const { PGOPTIONS, PGCONNECT_TIMEOUT } = process.env;
  const client = new Client({
    ...(PGOPTIONS && { options: PGOPTIONS }),
    ...(PGCONNECT_TIMEOUT && { connectionTimeoutMillis: Number(PGCONNECT_TIMEOUT) * 1000 }),
    ssl: false,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    return quit(2, `error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const command = readCommand();
const client = await connect();
try {
  const result: QueryArrayResult | QueryArrayResult[] = await client.query({
    text: command,
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  for (const { rows } of [result].flat()) for (const row of rows) process.stdout.write(`${row.join('|')}\n`);
} catch (error) {
  process.stderr.write(`ERROR:  ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await client.end();
}
