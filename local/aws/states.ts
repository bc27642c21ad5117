/** Step Functions of the laptop AWS: runs the deployed definitions. */
import { AwsError, type Call, type InvokeFunction, type Operation, type PublishEvent, type Service } from './service.ts';
import { countTransitions, type Execution, type Machine } from './states/execution.ts';
import { Executions } from './states/executions.ts';
import { PAYLOAD_LIMIT, StateFailure } from './states/failures.ts';
import { page } from './states/paging.ts';
import { compile } from './states/program.ts';

/** A state machine as it is deployed, intrinsics resolved. */
export interface MachineSource {
  readonly arn: string;
  readonly name: string;
  readonly definition: object;
  /** Asks for the machine's own role, not for the caller. */
  readonly authorize: Call['authorize'];
  readonly roleArn: string;
}

export interface StatesOptions {
  readonly machines: readonly MachineSource[];
  readonly invoke: InvokeFunction;
  readonly publish: PublishEvent;
  readonly now?: () => Date;
}

export interface States extends Service {
  /** State transitions of an execution so far, retries and the executions it started included. */
  transitions(executionArn: string): number;
}

/** Makes the service. Throws `DefinitionError` for a definition that can't be run here as AWS would run it. */
export function createStates({ machines, invoke, publish, now = () => new Date() }: StatesOptions): States {
  const clock = () => now().getTime();
  const deployed = machines.map((machine): Machine => {
    return { ...machine, program: compile(machine.name, machine.definition), createdAt: clock() };
  });
  const executions = new Executions(deployed, invoke, publish, clock);
  return {
    scope: 'states',
    protocol: 'json',
    operations: {
      ...machineOperations(deployed, executions),
      ...executionOperations(executions),
      ...tokenOperations(executions),
    },
    transitions: (executionArn) => countTransitions(executions.execution(executionArn)),
    close: async () => executions.close(),
  };
}

function machineOperations(machines: readonly Machine[], executions: Executions): Record<string, Operation> {
  return {
    async DescribeStateMachine({ stateMachineArn }, call) {
      await call.authorize('states:DescribeStateMachine', [stateMachineArn]);
      const machine = executions.machine(stateMachineArn);
      const definition = JSON.stringify(machine.definition);
      return { ...summaryOf(machine), status: 'ACTIVE', definition, roleArn: machine.roleArn };
    },

    async ListStateMachines({ maxResults, nextToken }, call) {
      await call.authorize('states:ListStateMachines', ['*']);
      const { items, ...next } = page(machines, { keyOf: ({ arn }) => arn, maxResults, nextToken });
      return { stateMachines: items.map(summaryOf), ...next };
    },
  };
}

function executionOperations(executions: Executions): Record<string, Operation> {
  return {
    async StartExecution({ stateMachineArn, name, input }, call) {
      await call.authorize('states:StartExecution', [stateMachineArn]);
      const { arn, startedAt } = executions.start(stateMachineArn, name, input);
      return { executionArn: arn, startDate: seconds(startedAt) };
    },

    async DescribeExecution({ executionArn }, call) {
      await call.authorize('states:DescribeExecution', [executionArn]);
      return description(executions.execution(executionArn));
    },

    async StopExecution({ executionArn, error, cause }, call) {
      await call.authorize('states:StopExecution', [executionArn]);
      const execution = executions.execution(executionArn);
      executions.stop(execution, { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) });
      return { stopDate: seconds(execution.stoppedAt) };
    },

    async ListExecutions({ stateMachineArn, statusFilter, maxResults, nextToken }, call) {
      await call.authorize('states:ListExecutions', [stateMachineArn]);
      const all = executions.of(executions.machine(stateMachineArn));
      const matches = ({ status }: Execution) => !statusFilter || status === statusFilter;
      const { items, ...next } = page(all, { keyOf: ({ arn }) => arn, maxResults, nextToken, matches });
      return { executions: items.map(listing), ...next };
    },

    async GetExecutionHistory({ executionArn, reverseOrder, maxResults, nextToken }, call) {
      await call.authorize('states:GetExecutionHistory', [executionArn]);
      const { events } = executions.execution(executionArn).history;
      const ordered = reverseOrder ? events.toReversed() : events;
      const { items, ...next } = page(ordered, { keyOf: ({ id }) => String(id), maxResults, nextToken });
      return { events: items, ...next };
    },
  };
}

function tokenOperations({ tokens }: Executions): Record<string, Operation> {
  return {
    async SendTaskSuccess({ taskToken, output }, call) {
      await call.authorize('states:SendTaskSuccess', ['*']);
      const result = parseOutput(output);
      tokens.answer(taskToken).resolve(result);
      return {};
    },

    async SendTaskFailure({ taskToken, error, cause }, call) {
      await call.authorize('states:SendTaskFailure', ['*']);
      tokens.answer(taskToken).reject(new StateFailure(error ?? 'States.TaskFailed', cause ?? ''));
      return {};
    },
  };
}

function parseOutput(output: unknown): unknown {
  try {
    if (Buffer.byteLength(String(output)) <= PAYLOAD_LIMIT) return JSON.parse(String(output));
  } catch {
    // answered below, as a too large one is
  }
  throw new AwsError('InvalidOutput', "Invalid Output: 'The output is no JSON text of at most 262144 bytes'");
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function summaryOf({ arn, name, createdAt }: Machine): object {
  return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: seconds(createdAt) };
}

function listing({ arn, name, machine, status, startedAt, stoppedAt }: Execution): object {
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate: seconds(startedAt),
    stopDate: seconds(stoppedAt),
    redriveCount: 0,
  };
}

function description(execution: Execution): object {
  const { status, input, outcome } = execution;
  return {
    ...listing(execution),
    input,
    inputDetails: { included: true },
    ...outcome,
    ...(outcome.output === undefined ? {} : { outputDetails: { included: true } }),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: `Execution is ${status}; the laptop's Step Functions do not redrive`,
  };
}
