/** The thread that a function runs in: loads its handler, then answers one invocation at a time. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { SandboxData, SandboxMessage, SandboxRequest } from './lambda-sandbox.ts';

const data = workerData as SandboxData;
type Handler = (event: unknown, context: object) => unknown;

function post(message: SandboxMessage): void {
  parentPort?.postMessage(message);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] });
}

async function load(): Promise<Handler> {
  const module = await import(pathToFileURL(data.file).href);
  const handler = module[data.exportName] ?? module.default?.[data.exportName];
  if (typeof handler === 'function') return handler;
  throw Object.assign(new Error(`${data.handler} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
}

function contextOf(request: SandboxRequest): object {
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
  parentPort?.on('message', (request: SandboxRequest) => void answer(handler, request));
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'init-error', payload: describeError(error) });
}
