import { createHash } from 'node:crypto';
import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { config } from '../config.ts';
import { ExecutionInput } from '../contracts.ts';
import { ExecutionNameTaken, TokenSpent } from '../errors.ts';
import { clientDefaults, isError } from './client.ts';

const client = new SFNClient(clientDefaults);
const CAUSE_LENGTH = 32_768;
const ERROR_LENGTH = 256;

/** ARN that the execution of a rollback has or would have: it is named by the rollback's id. */
export function executionArnOf(rollbackId: string): string {
  return `${config.rollbackMachineArn.replace(':stateMachine:', ':execution:')}:${rollbackId}`;
}

/**
 * Starts the workflow of a rollback; again with the same rollback it answers the execution that was started before, whether it
 * still runs or not. Throws `ExecutionNameTaken` when an execution of that name has another input.
 */
export async function startRollback({ rollbackId, application }: ExecutionInput): Promise<string> {
  const request = {
    stateMachineArn: config.rollbackMachineArn,
    name: rollbackId,
    input: JSON.stringify({ rollbackId, application }),
  };
  try {
    const { executionArn } = await client.send(new StartExecutionCommand(request));
    return executionArn ?? executionArnOf(rollbackId);
  } catch (error) {
    if (!isError(error, 'ExecutionAlreadyExists')) throw error;
    if (await isExecutionOf({ rollbackId, application })) return executionArnOf(rollbackId);
    throw new ExecutionNameTaken(rollbackId, error);
  }
}

async function isExecutionOf({ rollbackId, application }: ExecutionInput): Promise<boolean> {
  const { input } = await client.send(new DescribeExecutionCommand({ executionArn: executionArnOf(rollbackId) }));
  const started = ExecutionInput.safeParse(JSON.parse(input ?? 'null'));
  return started.success && started.data.rollbackId === rollbackId && started.data.application === application;
}

/** Whether the workflow of a rollback was ever started; it says so also of one that is over. */
export async function wasStarted(rollbackId: string): Promise<boolean> {
  try {
    await client.send(new DescribeExecutionCommand({ executionArn: executionArnOf(rollbackId) }));
    return true;
  } catch (error) {
    if (isError(error, 'ExecutionDoesNotExist')) return false;
    throw error;
  }
}

/** Starts to record the frontend of a release; one that was started before, running or not, stays the only one. */
export async function startRecording(release: { readonly application: string; readonly version: string }): Promise<void> {
  const { application, version } = release;
  // Versions may hold characters that a name may not.
  const name = `${application}-${createHash('sha256').update(version).digest('hex').slice(0, 20)}`;
  await startOnce(config.releaseMachineArn, name, { application, version });
}

/** Starts to make a backup; one that was started before, running or not, stays the only one. */
export async function startBackup(backup: { readonly application: string; readonly backupId: string }): Promise<void> {
  const { application, backupId } = backup;
  await startOnce(config.backupMachineArn, backupId, { application, backupId });
}

async function startOnce(stateMachineArn: string, name: string, input: object): Promise<void> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  } catch (error) {
    if (!isError(error, 'ExecutionAlreadyExists')) throw error;
  }
}

/** Lets the waiting state go on with `output`. Throws `TokenSpent` when nothing waits for this token any more. */
export async function approve(token: string, output: object): Promise<void> {
  await spend(client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) })));
}

/** Fails the waiting state with an error that its Catch names. Throws `TokenSpent` when nothing waits for this token any more. */
export async function reject(token: string, errorName: string, cause: string): Promise<void> {
  const reason = { error: errorName.slice(0, ERROR_LENGTH), cause: cause.slice(0, CAUSE_LENGTH) };
  await spend(client.send(new SendTaskFailureCommand({ taskToken: token, ...reason })));
}

/** A token that is spent may have been so by one's own first attempt that timed out: ask for the rollback's status. */
async function spend(sent: Promise<unknown>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    throw isError(error, 'TaskTimedOut', 'InvalidToken', 'TaskDoesNotExist') ? new TokenSpent(error) : error;
  }
}
