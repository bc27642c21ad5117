import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { createIam } from '../../local/aws/iam.ts';
import { listen } from '../../local/aws/server.ts';
import { type BusEvent, type InvocationResult, REGION } from '../../local/aws/service.ts';
import { createStates } from '../../local/aws/states.ts';
import { until } from '../../local/until.ts';
import { fakeCall } from './fake-call.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test knows the payload of its function
export type Handler = (payload: any) => unknown;

export interface WorldOptions {
  readonly machines: Readonly<Record<string, object>>;
  readonly functions?: Readonly<Record<string, Handler>>;
  /** Actions that the machines' roles may not do. */
  readonly denied?: readonly string[];
}

export const machineArn = (name: string) => `arn:aws:states:${REGION}:123456789012:stateMachine:${name}`;
export const functionArn = (name: string) => `arn:aws:lambda:${REGION}:123456789012:function:${name}`;

export const INVOKE = 'arn:aws:states:::lambda:invoke';
export const invoke = (name: string, more: object = { End: true }) => ({
  Type: 'Task',
  Resource: INVOKE,
  Parameters: { FunctionName: functionArn(name), 'Payload.$': '$' },
  OutputPath: '$.Payload',
  TimeoutSeconds: 5,
  ...more,
});
export const approval = (more: object = { End: true }) => ({
  Type: 'Task',
  Resource: `${INVOKE}.waitForTaskToken`,
  Parameters: { FunctionName: functionArn('ask'), Payload: { 'token.$': '$$.Task.Token', 'state.$': '$$.State.Name' } },
  TimeoutSeconds: 5,
  ...more,
});
export const nested = (name: string, more: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::states:startExecution.sync:2',
  Parameters: { StateMachineArn: machineArn(name), 'Input.$': '$' },
  TimeoutSeconds: 5,
  ...more,
});
export const single = (state: object) => ({ StartAt: 'Only', States: { Only: state } });
export const sequence = (first: object, second: object = { Type: 'Succeed' }) => ({
  StartAt: 'First',
  States: { First: first, Second: second },
});

/** What a function that throws answers, as Lambda answers it. */
export function thrown(errorType: string, errorMessage: string): InvocationResult {
  return { functionError: 'Unhandled', payload: { errorType, errorMessage, trace: [] } };
}

/** Step Functions behind a real port, asked by the real client; functions are plain ones. */
export async function startWorld({ machines, functions = {}, denied = [] }: WorldOptions) {
  const published: BusEvent[] = [];
  const invoked: { readonly name: string; readonly payload: unknown }[] = [];
  const role = fakeCall(denied);
  const states = createStates({
    machines: Object.entries(machines).map(([name, definition]) => ({
      name,
      definition,
      arn: machineArn(name),
      roleArn: `arn:aws:iam::123456789012:role/${name}`,
      authorize: role.authorize,
    })),
    invoke: async (arn, payload) => {
      const name = arn.split(':').at(-1) ?? '';
      invoked.push({ name, payload });
      const answer = await functions[name]?.(payload);
      return isThrown(answer) ? answer : { payload: answer };
    },
    publish: (event) => published.push(event),
  });
  const iam = createIam([]);
  const credentials = iam.addUser('operator', [{ Statement: [{ Effect: 'Allow', Action: 'states:*', Resource: '*' }] }]);
  const server = await listen(0, () => ({ iam, services: [states], restServices: [] }));
  const client = new SFNClient({ endpoint: server.endpoint, region: REGION, credentials, maxAttempts: 1 });

  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  const start = async (name: string, input: unknown = {}, executionName?: string) => {
    const request = {
      stateMachineArn: machineArn(name),
      input: JSON.stringify(input),
      ...(executionName && { name: executionName }),
    };
    return (await client.send(new StartExecutionCommand(request))).executionArn ?? '';
  };
  const ended = (arn: string) =>
    until('end', 20_000, async () => ((await describe(arn)).status === 'RUNNING' ? undefined : describe(arn)), 10);
  return {
    client,
    states,
    published,
    invoked,
    role,
    describe,
    start,
    ended,
    run: async (name: string, input: unknown = {}) => ended(await start(name, input)),
    history: async (executionArn = ''): Promise<HistoryEvent[]> =>
      (await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events ?? [],
    [Symbol.asyncDispose]: async () => {
      await states.close?.();
      await server.close();
    },
  };
}

function isThrown(answer: unknown): answer is InvocationResult {
  return typeof answer === 'object' && answer !== null && 'functionError' in answer;
}
