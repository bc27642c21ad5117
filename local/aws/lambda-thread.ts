/** The thread that a function runs in: loads its handler, then answers one invocation at a time. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { SandboxData, SandboxMessage, SandboxRequest } from './lambda-sandbox.ts';

type Handler = (event: unknown, context: object) => unknown;

function post(message: SandboxMessage): void {
  parentPort?.postMessage(message);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] });
}

/** As Lambda's runtime does: all but `.mjs` by `require`, which is spared the question whether a `.js` is an ES module. */
async function load(data: SandboxData): Promise<Handler> {
  Object.assign(process.env, data.environment);
  const module =
    extname(data.file) === '.mjs' ? await import(pathToFileURL(data.file).href) : createRequire(data.file)(data.file);
  const handler = module[data.exportName] ?? module.default?.[data.exportName];
  if (typeof handler === 'function') return handler;
  throw Object.assign(new Error(`${data.handler} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
}

function contextOf(data: SandboxData, request: SandboxRequest): object {
  return {
    awsRequestId: request.requestId,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMb),
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: 'laptop',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, request.deadline - Date.now()),
  };
}

async function answer(data: SandboxData, handler: Handler, request: SandboxRequest): Promise<void> {
  try {
    const result = await handler(JSON.parse(request.payload), contextOf(data, request));
    post({ kind: 'answer', payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    post({ kind: 'error', payload: describeError(error) });
  }
}

if (parentPort) {
  const [data] = (await once(parentPort, 'message')) as [SandboxData];
  try {
    const handler = await load(data);
    parentPort.on('message', (request: SandboxRequest) => void answer(data, handler, request));
    post({ kind: 'ready' });
  } catch (error) {
    post({ kind: 'init-error', payload: describeError(error) });
  }
}
