/** The thread that a function runs in: loads its handler, then answers one invocation at a time. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { SandboxData, SandboxMessage, SandboxRequest } from './lambda-sandbox.ts';

if (!parentPort) throw new Error('This runs in a thread that lambda-threads.ts starts.');
const port = parentPort;
const [{ deployed, environment }] = (await once(port, 'message')) as [SandboxData];
Object.assign(process.env, environment);

type Handler = (event: unknown, context: object) => unknown;

function post(message: SandboxMessage): void {
  port.postMessage(message);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] });
}

/** As Lambda's runtime does: all but `.mjs` by `require`, which is spared the question whether a `.js` is an ES module. */
async function load(): Promise<Handler> {
  const { file, exportName, handler: name } = deployed;
  const module = extname(file) === '.mjs' ? await import(pathToFileURL(file).href) : createRequire(file)(file);
  const handler = module[exportName] ?? module.default?.[exportName];
  if (typeof handler === 'function') return handler;
  throw Object.assign(new Error(`${name} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
}

function contextOf(request: SandboxRequest): object {
  return {
    awsRequestId: request.requestId,
    functionName: deployed.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: deployed.arn,
    memoryLimitInMB: String(deployed.memoryMb),
    logGroupName: `/aws/lambda/${deployed.name}`,
    logStreamName: 'laptop',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, request.deadline - Date.now()),
  };
}

async function answer(handler: Handler, request: SandboxRequest): Promise<void> {
  try {
    const result = await handler(JSON.parse(request.payload), contextOf(request));
    post({ kind: 'answer', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    post({ kind: 'error', payload: describeError(error) });
  }
}

try {
  const handler = await load();
  port.on('message', (request: SandboxRequest) => void answer(handler, request));
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'init-error', payload: describeError(error) });
}
