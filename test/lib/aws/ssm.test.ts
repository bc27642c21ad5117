import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { findCommand, findHosts, invocationOutput, invocations, sendCommand } from '../../../lib/aws/ssm.ts';
import { awsError, timeout } from '../faults.ts';

const ssm = mockClient(SSMClient);
const request = {
  document: 'inspect-host',
  hosts: ['i-1', 'i-2'],
  parameters: { Directory: '/srv' },
  comment: 'shop-1 inspect 0',
};

beforeEach(() => {
  ssm.reset();
  vi.stubEnv('DOCUMENT_PREFIX', 'rollback-test-');
});

describe('finding hosts', () => {
  it('asks for all tags at once and reads every page', async () => {
    const host = (id: string, ping: 'Online' | 'ConnectionLost') => ({ InstanceId: id, PingStatus: ping, AgentVersion: '3.3' });
    ssm
      .on(DescribeInstanceInformationCommand)
      .resolvesOnce({ InstanceInformationList: [host('i-2', 'ConnectionLost')], NextToken: 'more' })
      .resolvesOnce({ InstanceInformationList: [{ ...host('i-1', 'Online'), IPAddress: '10.0.0.1' }] });
    expect(await findHosts({ Application: 'shop', Stage: 'live' })).toEqual([
      { id: 'i-1', online: true, agentVersion: '3.3', address: '10.0.0.1' },
      { id: 'i-2', online: false, agentVersion: '3.3', address: null },
    ]);
    expect(ssm).toHaveReceivedNthCommandWith(DescribeInstanceInformationCommand, 2, {
      Filters: [
        { Key: 'tag:Application', Values: ['shop'] },
        { Key: 'tag:Stage', Values: ['live'] },
      ],
      MaxResults: 50,
      NextToken: 'more',
    });
  });
});

describe('sending a command', () => {
  it('names the own document, the hosts and a delivery time-out', async () => {
    ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
    expect(await sendCommand({ ...request, comment: 'x'.repeat(120) })).toBe('c-1');
    expect(ssm).toHaveReceivedCommandOnce(SendCommandCommand);
    expect(ssm.commandCalls(SendCommandCommand)[0]?.args[0].input).toEqual({
      DocumentName: 'rollback-test-inspect-host',
      InstanceIds: ['i-1', 'i-2'],
      Parameters: { Directory: ['/srv'] },
      TimeoutSeconds: 60,
      Comment: 'x'.repeat(100),
    });
  });

  it('sends again what was throttled', async () => {
    ssm
      .on(SendCommandCommand)
      .rejectsOnce(awsError('ThrottlingException'))
      .resolves({ Command: { CommandId: 'c-1' } });
    expect(await sendCommand(request)).toBe('c-1');
  });

  it.each([
    ['no answer', timeout()],
    ['a server error', awsError('InternalServerError', 500)],
  ])('never sends again after %s', async (_what, fault) => {
    ssm.on(SendCommandCommand).rejects(fault);
    await expect(sendCommand(request)).rejects.toMatchObject({ name: 'CommandSendUnclear', retryable: true, cause: fault });
    expect(ssm).toHaveReceivedCommandTimes(SendCommandCommand, 1);
  });

  it('passes a refusal on, since nothing was sent', async () => {
    ssm.on(SendCommandCommand).rejects(awsError('InvalidDocument'));
    await expect(sendCommand(request)).rejects.toMatchObject({ name: 'InvalidDocument' });
    expect(ssm).toHaveReceivedCommandTimes(SendCommandCommand, 1);
  });

  it('names the hosts that take no command, as AWS names them or else by who is not online', async () => {
    const refused = Object.assign(awsError('InvalidInstanceId'), {
      message: 'Instances [[i-2]] not in a valid state for account',
    });
    ssm.on(SendCommandCommand).rejectsOnce(refused).rejectsOnce(awsError('InvalidInstanceId'));
    await expect(sendCommand(request)).rejects.toMatchObject({ name: 'HostsUnreachable', hosts: ['i-2'], cause: refused });
    ssm
      .on(DescribeInstanceInformationCommand)
      .resolves({ InstanceInformationList: [{ InstanceId: 'i-2', PingStatus: 'Online' }] });
    await expect(sendCommand(request)).rejects.toMatchObject({ name: 'HostsUnreachable', hosts: ['i-1'] });
    expect(ssm).toHaveReceivedCommandTimes(SendCommandCommand, 2);
  });

  it('passes on that a host is refused when nobody says which', async () => {
    ssm.on(SendCommandCommand).rejects(awsError('InvalidInstanceId'));
    const online = ['i-1', 'i-2'].map((InstanceId) => ({ InstanceId, PingStatus: 'Online' as const }));
    ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: online });
    await expect(sendCommand(request)).rejects.toMatchObject({ name: 'InvalidInstanceId' });
  });

  it('says which variable is missing', async () => {
    vi.stubEnv('DOCUMENT_PREFIX', '');
    await expect(sendCommand(request)).rejects.toThrow('DOCUMENT_PREFIX');
  });
});

describe('finding a command after an unclear attempt', () => {
  it('looks through all pages for the comment and answers the first that was sent', async () => {
    const command = (CommandId: string, Comment: string, minute: number) => ({
      CommandId,
      Comment,
      RequestedDateTime: new Date(Date.UTC(2026, 10, 22, 3, minute)),
    });
    ssm
      .on(ListCommandsCommand)
      .resolvesOnce({ Commands: [command('second', 'ours', 2), command('other', 'theirs', 0)], NextToken: 'more' })
      .resolvesOnce({ Commands: [command('first', 'ours', 1)] });
    expect(await findCommand('ours', '2026-11-22T03:00:30.500Z')).toBe('first');
    expect(ssm).toHaveReceivedCommandWith(ListCommandsCommand, {
      Filters: [{ key: 'InvokedAfter', value: '2026-11-22T02:59:30Z' }],
    });
  });

  it('answers null when there is none', async () => {
    ssm.on(ListCommandsCommand).resolves({ Commands: [] });
    expect(await findCommand('ours', '2026-11-22T03:00:00.000Z')).toBeNull();
  });
});

describe('the invocations of a command', () => {
  it('come with the output of each host, standard error apart', async () => {
    const invocation = (InstanceId: string, Status: 'Success' | 'Failed', Output: string) => ({
      InstanceId,
      Status,
      StatusDetails: Status,
      CommandPlugins: [{ Output }],
    });
    ssm
      .on(ListCommandInvocationsCommand)
      .resolvesOnce({ CommandInvocations: [invocation('i-1', 'Success', '{"ok":true}\n')], NextToken: 'more' })
      .resolvesOnce({
        CommandInvocations: [
          invocation('i-2', 'Failed', '{"ok":false}\n\n----------ERROR-------\nfailed to run commands: exit status 1'),
          { InstanceId: 'i-3', Status: 'InProgress', StatusDetails: 'InProgress' },
        ],
      });
    expect(await invocations('c-1')).toEqual([
      { host: 'i-1', status: 'Success', statusDetails: 'Success', output: '{"ok":true}\n', errorOutput: '' },
      {
        host: 'i-2',
        status: 'Failed',
        statusDetails: 'Failed',
        output: '{"ok":false}\n',
        errorOutput: 'failed to run commands: exit status 1',
      },
      { host: 'i-3', status: 'InProgress', statusDetails: 'InProgress', output: '', errorOutput: '' },
    ]);
    expect(ssm).toHaveReceivedCommandWith(ListCommandInvocationsCommand, { CommandId: 'c-1', Details: true, MaxResults: 50 });
  });

  it('are not there yet right after sending', async () => {
    ssm.on(ListCommandInvocationsCommand).rejects(awsError('InvalidCommandId'));
    ssm.on(GetCommandInvocationCommand).rejects(awsError('InvocationDoesNotExist'));
    expect(await invocations('c-1')).toEqual([]);
    expect(await invocationOutput('c-1', 'i-1')).toBeNull();
  });

  it('pass other errors on', async () => {
    ssm.on(ListCommandInvocationsCommand).rejects(awsError('AccessDeniedException'));
    ssm.on(GetCommandInvocationCommand).rejects(awsError('AccessDeniedException'));
    await expect(invocations('c-1')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(invocationOutput('c-1', 'i-1')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('have a longer output each', async () => {
    ssm
      .on(GetCommandInvocationCommand, { CommandId: 'c-1', InstanceId: 'i-1' })
      .resolves({ StandardOutputContent: 'x'.repeat(24_000) });
    expect(await invocationOutput('c-1', 'i-1')).toHaveLength(24_000);
  });
});
