import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { approve, executionArnOf, reject, startRollback } from '../../../lib/aws/stepfunctions.ts';
import { awsError } from '../faults.ts';

const states = mockClient(SFNClient);
const input = { rollbackId: 'shop-1', application: 'shop' };
const arn = 'arn:aws:states:eu-central-1:123456789012:execution:Rollback:shop-1';

beforeEach(() => {
  states.reset();
  vi.stubEnv('ROLLBACK_MACHINE_ARN', 'arn:aws:states:eu-central-1:123456789012:stateMachine:Rollback');
});

describe('starting a rollback', () => {
  it('names the execution by the rollback', async () => {
    states.on(StartExecutionCommand).resolves({ executionArn: arn });
    expect(await startRollback(input)).toBe(arn);
    expect(executionArnOf('shop-1')).toBe(arn);
    expect(states).toHaveReceivedCommandWith(StartExecutionCommand, {
      stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:Rollback',
      name: 'shop-1',
      input: '{"rollbackId":"shop-1","application":"shop"}',
    });
  });

  it('answers the execution that was started before, however it ended', async () => {
    states.on(StartExecutionCommand).rejects(awsError('ExecutionAlreadyExists'));
    states.on(DescribeExecutionCommand, { executionArn: arn }).resolves({ status: 'SUCCEEDED', input: JSON.stringify(input) });
    expect(await startRollback(input)).toBe(arn);
  });

  it('does not take another execution of that name for its own', async () => {
    states.on(StartExecutionCommand).rejects(awsError('ExecutionAlreadyExists'));
    states.on(DescribeExecutionCommand).resolves({ input: '{"rollbackId":"shop-1","application":"other"}' });
    await expect(startRollback(input)).rejects.toMatchObject({ name: 'ExecutionNameTaken', retryable: false });
  });

  it('passes other errors on', async () => {
    states.on(StartExecutionCommand).rejects(awsError('ExecutionLimitExceeded'));
    await expect(startRollback(input)).rejects.toMatchObject({ name: 'ExecutionLimitExceeded' });
  });
});

describe('deciding', () => {
  it('goes on with the output or fails with the error', async () => {
    states.on(SendTaskSuccessCommand).resolves({});
    states.on(SendTaskFailureCommand).resolves({});
    await approve('token', { approvedBy: 'ana' });
    await reject('token', 'Rejected', 'too risky');
    expect(states).toHaveReceivedCommandWith(SendTaskSuccessCommand, { taskToken: 'token', output: '{"approvedBy":"ana"}' });
    expect(states).toHaveReceivedCommandWith(SendTaskFailureCommand, {
      taskToken: 'token',
      error: 'Rejected',
      cause: 'too risky',
    });
  });

  it.each(['TaskTimedOut', 'InvalidToken', 'TaskDoesNotExist'])('says that nobody waits any more on %s', async (name) => {
    states.on(SendTaskSuccessCommand).rejects(awsError(name));
    await expect(approve('token', {})).rejects.toMatchObject({ name: 'TokenSpent', status: 409, cause: { name } });
  });

  it('passes other errors on', async () => {
    states.on(SendTaskFailureCommand).rejects(awsError('ThrottlingException'));
    await expect(reject('token', 'Rejected', '')).rejects.toMatchObject({ name: 'ThrottlingException' });
  });
});
