import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Iam } from './iam.ts';
import { type DeployedFunction, deployFunctions, environmentOf } from './lambda-code.ts';
import { type Fault, Faults } from './lambda-faults.ts';
import { type Outcome, Sandbox, timeoutPayload } from './lambda-sandbox.ts';
import { buildThread, Threads } from './lambda-threads.ts';
import { AwsError, type InvocationResult, type InvokeFunction } from './service.ts';
import type { Resource } from './template.ts';

/** Bytes of a synchronous invocation's request or response. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** Warm sandboxes that a function keeps; more are ended after their invocation. */
const IDLE_LIMIT = 6;

export interface LambdaOptions {
  /** Where the zip of each function is. */
  readonly packageDirectory: string;
  /** Where bundles are unpacked to (`functions/`) and logs are written to (`logs/<function>.log`). */
  readonly directory: string;
  readonly endpoint: string;
  readonly functions: readonly Resource[];
  readonly iam: Iam;
}

export interface Lambda {
  readonly invoke: InvokeFunction;
  /** The deployed function of an ARN (with or without a qualifier) or name. Throws `ResourceNotFoundException`. */
  find(nameOrArn: string): DeployedFunction;
  /** Makes coming invocations of a function fail; `functionName` is its deployed name or ARN. */
  inject(functionName: string, fault: Fault): void;
  /** The faults of an owner that have not struck yet, in words. */
  leftFaults(owner: string): string[];
  /** Ends every warm sandbox that has nothing to do: the next invocation of each function starts cold. */
  cool(): Promise<void>;
  /** The file that a function's output goes to. */
  logFile(functionName: string): string;
  close(): Promise<void>;
}

interface Pool {
  readonly deployed: DeployedFunction;
  readonly log: WriteStream;
  readonly idle: Sandbox[];
  readonly busy: Set<Sandbox>;
  open(): Sandbox;
}

/** Lambda: runs the packaged bundles, each in threads of its own with its role's session and nothing of this process's environment. */
export async function createLambda(options: LambdaOptions): Promise<Lambda> {
  const deployed = await deployFunctions(options.functions, options.packageDirectory, join(options.directory, 'functions'));
  const logs = join(options.directory, 'logs');
  await mkdir(logs, { recursive: true });
  const logFile = (name: string) => join(logs, `${name}.log`);
  const isBusy = () => [...pools.values()].some(({ busy }) => busy.size > 0);
  const memoryMb = commonest(deployed.map((one) => one.memoryMb));
  const threads = new Threads(await buildThread(options.directory), memoryMb, isBusy);
  const pools = new Map(deployed.map((one) => [one.name, createPool(one, threads, logFile(one.name), options)]));
  const faults = new Faults();
  const find = (nameOrArn: string) => findPool(pools, nameOrArn);

  return {
    invoke: (functionArn, payload) => {
      const pool = find(functionArn);
      return invokeOnce(pool, payload, faults.take(pool.deployed.name, payload));
    },
    find: (nameOrArn) => find(nameOrArn).deployed,
    inject: (functionName, fault) => faults.add(find(functionName).deployed.name, fault),
    leftFaults: (owner) => faults.left(owner),
    logFile: (functionName) => logFile(find(functionName).deployed.name),
    cool: async () => {
      await Promise.all([...pools.values()].flatMap(({ idle }) => idle.splice(0)).map((sandbox) => sandbox.terminate()));
    },
    close: async () => {
      await Promise.all([threads.close(), ...[...pools.values()].map(closePool)]);
    },
  };
}

function commonest(sizes: readonly number[]): number {
  const counted = Map.groupBy(sizes, (size) => size);
  return [...counted.values()].sort((one, other) => other.length - one.length)[0]?.[0] ?? 0;
}

function createPool(deployed: DeployedFunction, threads: Threads, logFile: string, { endpoint, iam }: LambdaOptions): Pool {
  const log = createWriteStream(logFile, { flags: 'a' });
  // Many sandboxes pipe into the one log.
  log.setMaxListeners(0);
  const session = iam.assumeRole(deployed.roleArn, deployed.name);
  const open = () => new Sandbox(threads.take(deployed.memoryMb), deployed, environmentOf(deployed, endpoint, session), log);
  return { deployed, log, idle: [], busy: new Set(), open };
}

function findPool(pools: ReadonlyMap<string, Pool>, nameOrArn: string): Pool {
  const name = nameOrArn.startsWith('arn:') ? nameOrArn.split(':')[6] : nameOrArn.split(':')[0];
  const pool = pools.get(name ?? '');
  if (!pool) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
  return pool;
}

async function invokeOnce(pool: Pool, payload: unknown, fault: Fault | undefined): Promise<InvocationResult> {
  const text = JSON.stringify(payload ?? null);
  if (Buffer.byteLength(text) > PAYLOAD_LIMIT) {
    const message = `Request must be smaller than ${PAYLOAD_LIMIT} bytes for the InvokeFunction operation`;
    throw new AwsError('RequestTooLargeException', message, 413);
  }
  if (fault?.kind === 'service') throw serviceException();
  if (fault?.kind === 'throttle' || pool.busy.size >= pool.deployed.reservedConcurrency) {
    throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  }
  if (fault?.kind === 'throw') {
    return { functionError: 'Unhandled', payload: { errorType: fault.errorType, errorMessage: fault.message, trace: [] } };
  }
  const outcome = await run(pool, text, fault?.kind === 'timeout' ? fault.afterMs : undefined);
  if (fault?.kind === 'lost-response') throw serviceException();
  return resultOf(outcome);
}

async function run(pool: Pool, payload: string, killAfterMs: number | undefined): Promise<Outcome> {
  const requestId = randomUUID();
  const sandbox = pool.idle.pop() ?? pool.open();
  const started = Date.now();
  pool.busy.add(sandbox);
  note(pool, `START RequestId: ${requestId} Version: $LATEST\n`);
  try {
    const outcome = await sandbox.invoke(requestId, payload, killAfterMs ?? pool.deployed.timeoutMs);
    if (outcome.failed) note(pool, `ERROR Invoke Error ${outcome.payload}\n`);
    await keepOrEnd(pool, sandbox, outcome.alive && killAfterMs === undefined);
    return killAfterMs === undefined
      ? outcome
      : { ...outcome, failed: true, payload: timeoutPayload(requestId, pool.deployed.timeoutMs) };
  } finally {
    pool.busy.delete(sandbox);
    note(pool, `END RequestId: ${requestId}\nREPORT RequestId: ${requestId}\tDuration: ${Date.now() - started} ms\n`);
  }
}

/** What a function still says after the laptop AWS was closed is lost, as nobody keeps its log any more. */
function note(pool: Pool, text: string): void {
  if (pool.log.writable) pool.log.write(text);
}

async function keepOrEnd(pool: Pool, sandbox: Sandbox, isReusable: boolean): Promise<void> {
  if (isReusable && pool.idle.length < IDLE_LIMIT) pool.idle.push(sandbox);
  else await sandbox.terminate();
}

function resultOf(outcome: Outcome): InvocationResult {
  const size = Buffer.byteLength(outcome.payload);
  if (size > PAYLOAD_LIMIT) {
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`;
    return { functionError: 'Unhandled', payload: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
  }
  const payload: unknown = JSON.parse(outcome.payload);
  return outcome.failed ? { payload, functionError: 'Unhandled' } : { payload };
}

function serviceException(): AwsError {
  return new AwsError('ServiceException', 'The AWS Lambda service encountered an internal error.', 500);
}

async function closePool(pool: Pool): Promise<void> {
  await Promise.all([...pool.idle.splice(0), ...pool.busy].map((sandbox) => sandbox.terminate()));
  await new Promise<void>((resolve) => pool.log.end(resolve));
}
