import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHost, type Host, type HostOptions } from '../../local/aws/host/host.ts';
import { ACCOUNT_ID, AwsError, type BusEvent, type Call, REGION } from '../../local/aws/service.ts';
import { createSsm, type Ssm, type SsmOptions } from '../../local/aws/ssm.ts';

const made: { ssm: Ssm; directory: string }[] = [];
const DOCUMENT_ARN = `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:document/Test`;

interface Laptop {
  readonly ssm: Ssm;
  readonly directory: string;
  readonly hosts: readonly Host[];
  readonly calls: { action: string; resources: readonly string[]; context: unknown }[];
  // biome-ignore lint/suspicious/noExplicitAny: the wire gives no types
  call(operation: string, input?: object): Promise<any>;
}

type Step = { name?: string; script: string[]; timeoutSeconds?: number; onFailure?: string; finallyStep?: boolean };

function content(steps: readonly Step[], parameters: object = {}): object {
  const mainSteps = steps.map(({ name = 'run', script, timeoutSeconds, ...rest }) => ({
    action: 'aws:runShellScript',
    name,
    inputs: { runCommand: script, ...(timeoutSeconds && { timeoutSeconds }) },
    ...rest,
  }));
  return { schemaVersion: '2.2', description: 'A test', parameters, mainSteps };
}

interface LaptopOptions extends Partial<Omit<SsmOptions, 'documents'>> {
  readonly hosts?: number;
  readonly host?: Partial<HostOptions>;
}

/** A laptop with one document `Test` and hosts `i-1`, `i-2`, … that are tagged `Team=a`. */
function laptop(document: object, { hosts: number = 1, host = {}, ...options }: LaptopOptions = {}): Laptop {
  const directory = mkdtempSync(join(tmpdir(), 'ssm-'));
  const ssm = createSsm({ directory, documents: [{ name: 'Test', arn: DOCUMENT_ARN, content: document }], ...options });
  made.push({ ssm, directory });
  const hosts = Array.from({ length: number }, (_, index) => {
    const id = `i-${index + 1}`;
    return createHost({
      id,
      directory: join(directory, id),
      tags: { Team: 'a', Name: id },
      address: `127.0.1.${index + 1}`,
      ...host,
    });
  });
  hosts.forEach(ssm.registerHost);
  const calls: Laptop['calls'] = [];
  const call = async (operation: string, input: object = {}) => {
    const authorize: Call['authorize'] = async (action, resources, context) => void calls.push({ action, resources, context });
    const signed = { operation, caller: { arn: 'arn:aws:iam::1:user/x', accessKeyId: 'x', policies: [] }, authorize };
    return await ssm.operations[operation]?.(input, signed);
  };
  return { ssm, directory, hosts, calls, call };
}

async function send(of: Laptop, Parameters: Record<string, string[]> = {}, rest: object = {}): Promise<string> {
  const InstanceIds = of.hosts.map(({ id }) => id);
  return (await of.call('SendCommand', { DocumentName: 'Test', InstanceIds, Parameters, ...rest })).Command.CommandId;
}

async function ended(of: Laptop, CommandId: string, rest: object = {}) {
  return await vi.waitFor(
    async () => {
      const answer = await of.call('GetCommandInvocation', { CommandId, InstanceId: 'i-1', ...rest });
      expect(answer.Status).not.toMatch(/Pending|InProgress|Cancelling/);
      return answer;
    },
    { timeout: 10_000, interval: 30 },
  );
}

async function output(document: object, parameters: Record<string, string[]> = {}, options: LaptopOptions = {}) {
  const one = laptop(document, options);
  return await ended(one, await send(one, parameters));
}

async function standings(of: Laptop, CommandId: string): Promise<string[]> {
  const { CommandInvocations } = await of.call('ListCommandInvocations', { CommandId });
  return CommandInvocations.map((invocation: { StatusDetails: string }) => invocation.StatusDetails);
}

const parameter = (rules: object = {}) => ({ word: { type: 'String', interpolationType: 'ENV_VAR', ...rules } });
const ECHO = content([{ script: ['printf "%s" "$SSM_word"'] }], parameter());

afterEach(async () => {
  for (const { ssm, directory } of made.splice(0)) {
    await ssm.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

describe('a document on a host', () => {
  it('runs as sh with the agent’s environment, in its orchestration folder', async () => {
    const script = [
      'env | cut -d= -f1 | sort | tr "\\n" " "',
      'echo "$AWS_SSM_INSTANCE_ID $AWS_SSM_REGION_NAME"',
      'pwd',
      'echo oops >&2',
    ];
    const answer = await output(content([{ script }], parameter({ default: 'x' })));
    const [variables, folder] = answer.StandardOutputContent.split('\n');
    const host = 'HOST_ADDRESS HOST_KEEPER HOST_PATH HOST_ROOT';
    expect(variables).toBe(`AWS_SSM_INSTANCE_ID AWS_SSM_REGION_NAME ${host} LANG PATH PWD SSM_word i-1 ${REGION}`);
    expect(folder).toBe(`/var/lib/amazon/ssm/i-1/document/orchestration/${answer.CommandId}/run`);
    expect(answer).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      PluginName: 'run',
      StandardErrorContent: 'oops\n',
    });
    expect(answer.ExecutionElapsedTime).toMatch(/^PT[\d.]+S$/);
  });

  it('honours a shebang', async () => {
    expect(
      (await output(content([{ script: ['#!/bin/bash', 'set -o pipefail', 'echo "$BASH_VERSION"'] }]))).StandardOutputContent,
    ).toMatch(/^\d/);
  });

  it.each([
    "'; touch hacked; echo '",
    '$(touch hacked)',
    '`touch hacked`',
    'a\ntouch hacked\n',
    '"; touch hacked #',
    '$IFS',
    '%s %n',
    'ünïcode 🙂',
  ])('hands over %j literally', async (word) => {
    const one = laptop(ECHO);
    const answer = await ended(one, await send(one, { word: [word] }));
    expect(answer.StandardOutputContent).toBe(word);
    expect(
      existsSync(join(one.directory, `i-1/var/lib/amazon/ssm/i-1/document/orchestration/${answer.CommandId}/run/hacked`)),
    ).toBe(false);
  });

  it('sees paths and URLs as its own and answers in the caller’s words', async () => {
    const one = laptop(
      content([{ script: ['echo "$SSM_word"', 'echo found > "$(echo "$SSM_word" | cut -d, -f1)"'] }], parameter()),
    );
    const answer = await ended(one, await send(one, { word: ['/tmp/x,http://localhost:8000/health'] }));
    expect(answer.StandardOutputContent).toBe('/tmp/x,http://localhost:8000/health\n');
    expect(readFileSync(join(one.directory, 'i-1/tmp/x'), 'utf8')).toBe('found\n');
  });

  it('does not know SSM_ variables when its agent is too old', async () => {
    expect((await output(ECHO, { word: ['x'] }, { host: { agentVersion: '3.3.987.0' } })).StandardOutputContent).toBe('');
  });

  it('cuts output at the real limits and keeps the head; the log has everything', async () => {
    const one = laptop(
      content([{ script: ['echo first', 'head -c 30000 /dev/zero | tr "\\0" o', 'head -c 30000 /dev/zero | tr "\\0" e >&2'] }]),
    );
    const CommandId = await send(
      one,
      {},
      { CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: '/ssm/test' } },
    );
    const answer = await ended(one, CommandId);
    expect(answer.StandardOutputContent).toMatch(/^first\no+--output truncated--$/);
    expect(answer.StandardOutputContent).toHaveLength(24_000);
    expect(answer.StandardErrorContent).toHaveLength(8_000);
    const { CommandInvocations } = await one.call('ListCommandInvocations', { CommandId, Details: true });
    expect(CommandInvocations[0].CommandPlugins[0].Output).toHaveLength(2_500);
    expect(readFileSync(join(one.directory, 'logs/ssm/test', CommandId, 'i-1/run/stdout'), 'utf8')).toHaveLength(30_006);
  });

  it('reports a script’s exit code', async () => {
    const answer = await output(content([{ script: ['echo why >&2', 'exit 7'] }]));
    expect(answer).toMatchObject({
      Status: 'Failed',
      ResponseCode: 7,
      StandardErrorContent: 'why\nfailed to run commands: exit status 7',
    });
  });

  it('goes on after a failed step, unless the step says exit; a finally step always runs', async () => {
    const steps = [
      { name: 'first', script: ['exit 1'] },
      { name: 'second', script: ['echo 2; exit 2'], onFailure: 'exit' },
      { name: 'third', script: ['echo 3'] },
      { name: 'last', script: ['echo 4'], finallyStep: true },
    ];
    const one = laptop(content(steps));
    const CommandId = await send(one);
    await ended(one, CommandId, { PluginName: 'last' });
    const read = async (PluginName: string) =>
      (await one.call('GetCommandInvocation', { CommandId, InstanceId: 'i-1', PluginName })).StandardOutputContent;
    expect([await read('second'), await read('third'), await read('last')]).toEqual(['2\n', '', '4\n']);
    await expect(one.call('GetCommandInvocation', { CommandId, InstanceId: 'i-1' })).rejects.toThrow(/first, second/);
    expect(await standings(one, CommandId)).toEqual(['Failed']);
  });

  it('reboots on exit code 194 and runs the step again', async () => {
    const one = laptop(
      content(
        [{ script: ['[ -e "$SSM_word" ] && exec systemctl is-active enabled other', 'touch "$SSM_word"; exit 194'] }],
        parameter(),
      ),
    );
    const [host] = one.hosts as [Host];
    for (const name of ['enabled', 'other'])
      writeFileSync(join(host.directory, `etc/systemd/system/${name}.service`), '[Service]\nExecStart=/bin/sleep 600\n');
    await host.systemctl('enable', 'enabled');
    await host.systemctl('start', 'enabled', 'other');
    const answer = await ended(one, await send(one, { word: ['/tmp/rebooted'] }));
    expect(answer).toMatchObject({ ResponseCode: 0, StandardOutputContent: 'active\ninactive\n' });
  });
});

describe('time-out and cancel', () => {
  const LONG = content([{ script: ['sleep 600 & echo $!', 'wait'], timeoutSeconds: 10 }]);

  async function grandchild(of: Laptop, CommandId: string): Promise<number> {
    const file = join(of.directory, `i-1/var/lib/amazon/ssm/i-1/document/orchestration/${CommandId}/run/stdout`);
    return await vi.waitFor(() => Number(readFileSync(file, 'utf8') || expect.fail()));
  }

  const gone = (pid: number) => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

  it('kills the whole group when the execution time-out is over', async () => {
    const one = laptop(LONG, { secondsMs: 60 });
    const CommandId = await send(one);
    const pid = await grandchild(one, CommandId);
    expect(gone(pid)).toBe(false);
    expect(await ended(one, CommandId)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
      ResponseCode: 137,
    });
    expect(gone(pid)).toBe(true);
  });

  it('kills the whole group on cancel', async () => {
    const one = laptop(LONG);
    const CommandId = await send(one);
    const pid = await grandchild(one, CommandId);
    await one.call('CancelCommand', { CommandId });
    expect(await ended(one, CommandId)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled' });
    expect(gone(pid)).toBe(true);
    expect((await one.call('ListCommands', { CommandId })).Commands[0].Status).toBe('Cancelled');
  });

  it('refuses to cancel what it does not know', async () => {
    const one = laptop(ECHO);
    await expect(one.call('CancelCommand', { CommandId: 'x' })).rejects.toMatchObject({ code: 'InvalidCommandId' });
  });
});

describe('hosts', () => {
  it('an offline host leaves its invocation in progress until the delivery time-out', async () => {
    const one = laptop(ECHO, { secondsMs: 15 });
    one.ssm.setOnline('i-1', false);
    const CommandId = await send(one, { word: ['x'] }, { TimeoutSeconds: 30 });
    await sleep(200);
    expect(await standings(one, CommandId)).toEqual(['InProgress']);
    expect(await ended(one, CommandId)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'DeliveryTimedOut',
      ResponseCode: -1,
    });
  });

  it('an offline host that comes back in time runs the command', async () => {
    const one = laptop(ECHO);
    one.ssm.setOnline('i-1', false);
    const CommandId = await send(one, { word: ['x'] });
    await sleep(200);
    one.ssm.setOnline('i-1', true);
    expect(await ended(one, CommandId)).toMatchObject({ Status: 'Success', StandardOutputContent: 'x' });
  });

  it('a host that goes offline in the middle reports when it is back', async () => {
    const one = laptop(content([{ script: ['sleep 0.2; echo done'] }]));
    const CommandId = await send(one);
    await sleep(100);
    one.ssm.setOnline('i-1', false);
    await sleep(500);
    expect(await standings(one, CommandId)).toEqual(['InProgress']);
    one.ssm.setOnline('i-1', true);
    expect(await ended(one, CommandId)).toMatchObject({ Status: 'Success', StandardOutputContent: 'done\n' });
  });

  it('an undeliverable invocation does not keep the command from reading Success', async () => {
    const one = laptop(ECHO, { hosts: 3, secondsMs: 10 });
    one.ssm.setOnline('i-2', false);
    one.ssm.setOnline('i-3', false);
    const CommandId = await send(one, { word: ['x'] }, { TimeoutSeconds: 30 });
    one.ssm.terminate('i-2');
    one.ssm.terminate('i-3');
    await vi.waitFor(async () => expect(await standings(one, CommandId)).toEqual(['Success', 'Undeliverable', 'Undeliverable']), {
      timeout: 5000,
    });
    expect((await one.call('ListCommands', { CommandId })).Commands[0]).toMatchObject({
      Status: 'Success',
      TargetCount: 3,
      CompletedCount: 3,
      ErrorCount: 0,
    });
    await expect(send(one, { word: ['x'] })).rejects.toMatchObject({ code: 'InvalidInstanceId' });
    expect((await one.call('DescribeInstanceInformation')).InstanceInformationList).toHaveLength(1);
  });

  it('never runs on more than MaxConcurrency hosts at once', async () => {
    const script = [
      'mkdir -p "$SSM_word"',
      'touch "$SSM_word/$AWS_SSM_INSTANCE_ID"; ls "$SSM_word" | wc -l; sleep 0.3',
      'rm "$SSM_word/$AWS_SSM_INSTANCE_ID"',
    ];
    const one = laptop(content([{ script }], parameter()), { hosts: 4 });
    // Relative to the orchestration folder of each host: out of it to a folder that all hosts share.
    const CommandId = await send(one, { word: ['../../../../../../../../../../shared'] }, { MaxConcurrency: '50%' });
    await vi.waitFor(async () => expect(await standings(one, CommandId)).toEqual(Array(4).fill('Success')), { timeout: 10_000 });
    const { CommandInvocations } = await one.call('ListCommandInvocations', { CommandId, Details: true });
    const seen = CommandInvocations.map(({ CommandPlugins: [step] }: { CommandPlugins: { Output: string }[] }) =>
      Number(step?.Output),
    );
    expect(Math.max(...seen)).toBe(2);
  });

  it('stops sending once more than MaxErrors hosts failed', async () => {
    const one = laptop(content([{ script: ['exit 1'] }]), { hosts: 4 });
    const CommandId = await send(one, {}, { MaxConcurrency: '1', MaxErrors: '1' });
    await vi.waitFor(
      async () => expect(await standings(one, CommandId)).toEqual(['Failed', 'Failed', 'Terminated', 'Terminated']),
      { timeout: 5000 },
    );
    expect((await one.call('ListCommands', { CommandId })).Commands[0].Status).toBe('Failed');
  });

  it('are described, filtered and paged', async () => {
    const one = laptop(ECHO, { hosts: 7 });
    one.ssm.setOnline('i-2', false);
    const ids = async (...Filters: object[]) => {
      const { InstanceInformationList } = await one.call('DescribeInstanceInformation', { Filters });
      return InstanceInformationList.map((instance: { InstanceId: string }) => instance.InstanceId);
    };
    expect(await ids({ Key: 'PingStatus', Values: ['ConnectionLost'] })).toEqual(['i-2']);
    expect(await ids({ Key: 'tag:Name', Values: ['i-3', 'i-4'] }, { Key: 'InstanceIds', Values: ['i-4', 'i-5'] })).toEqual([
      'i-4',
    ]);
    expect(await ids({ Key: 'tag:Team', Values: ['b'] })).toEqual([]);
    await expect(ids({ Key: 'Colour', Values: ['b'] })).rejects.toMatchObject({ code: 'InvalidFilterKey' });
    const first = await one.call('DescribeInstanceInformation', { MaxResults: 5 });
    expect(first.InstanceInformationList[0]).toMatchObject({
      InstanceId: 'i-1',
      IPAddress: '127.0.1.1',
      PlatformType: 'Linux',
      AgentVersion: '3.3.2746.0',
    });
    const second = await one.call('DescribeInstanceInformation', { MaxResults: 5, NextToken: first.NextToken });
    expect([first.InstanceInformationList.length, second.InstanceInformationList.length, second.NextToken]).toEqual([
      5,
      2,
      undefined,
    ]);
  });
});

describe('SendCommand', () => {
  it('is not known for a moment', async () => {
    const one = laptop(ECHO);
    const CommandId = await send(one, { word: ['x'] });
    await expect(one.call('GetCommandInvocation', { CommandId, InstanceId: 'i-1' })).rejects.toMatchObject({
      code: 'InvocationDoesNotExist',
    });
    expect((await one.call('ListCommandInvocations', { CommandId })).CommandInvocations).toEqual([]);
    expect((await one.call('ListCommands', { CommandId })).Commands).toEqual([]);
    await ended(one, CommandId);
    expect((await one.call('ListCommands', { CommandId })).Commands).toHaveLength(1);
  });

  it('is authorized on the document and on every instance with its tags', async () => {
    const one = laptop(ECHO, { hosts: 2 });
    await send(one, { word: ['x'] });
    const arn = (id: string) => `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:instance/${id}`;
    expect(one.calls.map(({ resources }) => resources[0])).toEqual([DOCUMENT_ARN, arn('i-1'), arn('i-2')]);
    expect(one.calls[1]?.context).toEqual({
      'aws:ResourceTag/Team': 'a',
      'ssm:resourceTag/Team': 'a',
      'aws:ResourceTag/Name': 'i-1',
      'ssm:resourceTag/Name': 'i-1',
    });
  });

  it.each([
    [{ DocumentName: 'None' }, 'InvalidDocument'],
    [{ DocumentVersion: '9' }, 'InvalidDocumentVersion'],
    [{ InstanceIds: ['i-9'] }, 'InvalidInstanceId'],
    [{ InstanceIds: ['i-1', 'i-1'] }, 'DuplicateInstanceId'],
    [{ InstanceIds: [] }, 'ValidationException'],
    [{ InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${index}`) }, 'ValidationException'],
    [{ TimeoutSeconds: 29 }, 'ValidationException'],
    [{ TimeoutSeconds: 2_592_001 }, 'ValidationException'],
    [{ Comment: 'x'.repeat(101) }, 'ValidationException'],
    [{ MaxConcurrency: '0' }, 'ValidationException'],
    [{ MaxErrors: '101%' }, 'ValidationException'],
    [{ Parameters: {} }, 'InvalidParameters'],
    [{ Parameters: { word: ['a', 'b'] } }, 'InvalidParameters'],
    [{ Parameters: { word: ['x'], other: ['x'] } }, 'InvalidParameters'],
    [{ Parameters: { word: ['x; rm -rf /'] } }, 'InvalidParameters'],
    [{ Parameters: { word: ['x\n$(id)'] } }, 'InvalidParameters'],
    [{ Parameters: { word: ['x\n'] } }, 'InvalidParameters'],
    [{ Parameters: { word: ['toolong'] } }, 'InvalidParameters'],
    [{ Parameters: { word: [''] } }, 'InvalidParameters'],
  ])('refuses %j as %s', async (input, code) => {
    const one = laptop(content([{ script: ['true'] }], parameter({ allowedPattern: '^[a-z]+$', maxChars: 5, minChars: 1 })));
    const call = one.call('SendCommand', { DocumentName: 'Test', InstanceIds: ['i-1'], Parameters: { word: ['x'] }, ...input });
    await expect(call).rejects.toMatchObject({ code });
    expect((await one.call('ListCommands')).Commands).toEqual([]);
  });

  it('takes the document by ARN, defaults and allowed values', async () => {
    const one = laptop(content([{ script: ['echo "$SSM_word"'] }], parameter({ default: 'a', allowedValues: ['a', 'b'] })));
    const CommandId = await send(one, {}, { DocumentName: DOCUMENT_ARN });
    expect((await ended(one, CommandId)).StandardOutputContent).toBe('a\n');
    await expect(send(one, { word: ['c'] })).rejects.toMatchObject({ code: 'InvalidParameters' });
  });

  it('is found again by its comment, page by page, newest first', async () => {
    const one = laptop(content([{ script: ['true'] }]));
    for (const Comment of ['one', 'two', 'three']) await ended(one, await send(one, {}, { Comment }));
    const first = await one.call('ListCommands', { MaxResults: 2 });
    const second = await one.call('ListCommands', { MaxResults: 2, NextToken: first.NextToken });
    expect([...first.Commands, ...second.Commands].map(({ Comment }) => Comment)).toEqual(['three', 'two', 'one']);
    await expect(one.call('ListCommands', { NextToken: 'bad' })).rejects.toMatchObject({ code: 'InvalidNextToken' });
  });

  it('tells the bus about every change', async () => {
    const events: BusEvent[] = [];
    const one = laptop(content([{ script: ['true'] }]), { publish: (event) => void events.push(event) });
    await ended(one, await send(one));
    expect(events.map(({ detailType, detail }) => [detailType, (detail as { status: string }).status])).toEqual([
      ['EC2 Command Invocation Status-change Notification', 'InProgress'],
      ['EC2 Command Status-change Notification', 'InProgress'],
      ['EC2 Command Invocation Status-change Notification', 'Success'],
      ['EC2 Command Status-change Notification', 'Success'],
    ]);
  });
});

describe('documents', () => {
  it('are described with their parameters and content', async () => {
    const one = laptop(ECHO);
    const { Document } = await one.call('DescribeDocument', { Name: 'Test' });
    expect(Document).toMatchObject({
      Name: 'Test',
      SchemaVersion: '2.2',
      Status: 'Active',
      Parameters: [{ Name: 'word', Type: 'String' }],
    });
    expect(JSON.parse((await one.call('GetDocument', { Name: DOCUMENT_ARN })).Content)).toEqual(ECHO);
    await expect(one.call('GetDocument', { Name: 'None' })).rejects.toMatchObject({ code: 'InvalidDocument' });
  });

  it.each([
    ['textual substitution', content([{ script: ['echo {{ word }}'] }], parameter())],
    ['a parameter that is not an environment variable', content([{ script: ['true'] }], { word: { type: 'String' } })],
    ['another schema', { ...content([{ script: ['true'] }]), schemaVersion: '0.3' }],
    ['another action', { schemaVersion: '2.2', mainSteps: [{ action: 'aws:runDocument', name: 'other', inputs: {} }] }],
  ])('are refused with %s', (_, document) => {
    const documents = [{ name: 'Test', arn: DOCUMENT_ARN, content: document }];
    expect(() => createSsm({ directory: tmpdir(), documents })).toThrow(AwsError);
  });
});

describe('close', () => {
  it('ends commands and services', async () => {
    const one = laptop(content([{ script: ['systemctl start app; sleep 600'] }]));
    const [host] = one.hosts as [Host];
    mkdirSync(join(host.directory, 'etc/systemd/system'), { recursive: true });
    writeFileSync(join(host.directory, 'etc/systemd/system/app.service'), '[Service]\nExecStart=/bin/sleep 600\n');
    await send(one);
    await vi.waitFor(async () => expect((await host.systemctl('is-active', 'app')).exitCode).toBe(0), { timeout: 5000 });
    await one.ssm.close();
    expect((await host.systemctl('is-active', 'app')).stdout).toBe('inactive\n');
  });
});
