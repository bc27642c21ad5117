/** Faults that strike one stage only, and what a rollback left behind in AWS. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { paginateListCommands, SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import type { RollbackEvent } from '../../lib/contracts.ts';
import type { CallFault } from '../../local/aws/call-faults.ts';
import type { Fault } from '../../local/aws/lambda-faults.ts';
import { ACCOUNT_ID, REGION } from '../../local/aws/service.ts';
import type { TopicMessage } from '../../local/aws/sns.ts';
import { STAGE } from '../../local/package.ts';
import { until } from '../../local/until.ts';
import { signedFetch } from '../local/signed-fetch.ts';
import type { Stage, Theatre } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test knows the payload that it waits for
type When = (payload: any) => boolean;

/**
 * Makes a function fail for one stage; steps are told by `application`, events by the input of the execution that they are about. All of
 * it has to strike by the time that `expectOrder` asks, unless the fault has another owner.
 */
export const strike = (theatre: Theatre, { application }: Stage, name: string, fault: Fault): void =>
  theatre.aws.lambda.inject(theatre.functionName(name), {
    owner: application,
    ...fault,
    when: (payload) =>
      (payload.application === application || JSON.parse(payload.detail?.input ?? '{}').application === application) &&
      (fault.when?.(payload) ?? true),
  });

/** True for a host command's step of this action, and wave if told. */
export const during =
  (action: string, wave?: number): When =>
  (payload) =>
    payload.action === action && (wave === undefined || payload.wave.index === wave);

/** The kinds of fault that a step may meet once and go on from. */
export const lostAnswer: Fault = { kind: 'lost-response' };
export const throttled: Fault = { kind: 'throttle' };
export const unavailable: Fault = { kind: 'service' };
export const killedAfter = (afterMs: number): Fault => ({ kind: 'timeout', afterMs });
/** For good: no machine retries it. */
export const defect: Fault = { kind: 'throw', errorType: 'TypeError', message: 'x is not a function' };

/** Resolves when a rollback comes to a function; it is throttled from then on, so that the machine stays in this state. */
export const arrival = (theatre: Theatre, stage: Stage, name: string, when: When = () => true): Promise<void> =>
  new Promise((resolve) => {
    let arrived: string | undefined;
    const arrive: When = (payload) => {
      if (!when(payload) || (arrived ?? payload.rollbackId) !== payload.rollbackId) return false;
      arrived = payload.rollbackId;
      resolve();
      return true;
    };
    strike(theatre, stage, name, { kind: 'throttle', times: 6, owner: 'until it is stopped', when: arrive });
  });

const clientOptions = ({ aws }: Theatre) => ({ endpoint: aws.endpoint, region: REGION, credentials: aws.credentials('admin') });

/** Stops the execution of a rollback, or of a backup, as a person in the console. */
export const stopExecution = async (theatre: Theatre, id: string, machine: 'rollback' | 'backup' = 'rollback'): Promise<void> => {
  const executionArn = `arn:aws:states:${REGION}:${ACCOUNT_ID}:execution:rollback-${STAGE}-${machine}:${id}`;
  await new SFNClient(clientOptions(theatre)).send(new StopExecutionCommand({ executionArn, cause: 'stopped by a person' }));
};

/**
 * `<action> <wave>` of every command that was sent for a rollback, but for inspections, which change nothing. Those that run side by side
 * before any change are in alphabetical order.
 */
export const commandsSent = async (theatre: Theatre, rollbackId: string): Promise<string[]> => {
  const comments: string[] = [];
  for await (const { Commands = [] } of paginateListCommands({ client: new SSMClient(clientOptions(theatre)) }, {}))
    comments.push(...Commands.flatMap(({ Comment = '' }) => (Comment.startsWith(`${rollbackId} `) ? Comment : [])));
  const sent = comments
    .map((comment) => comment.slice(rollbackId.length + 1))
    .filter((comment) => comment !== 'inspect')
    .toReversed();
  const isAside = (command: string) => /^(capture|prepare) /.test(command);
  return [...sent.filter(isAside).toSorted(), ...sent.filter((command) => !isAside(command))];
};

/** Writes into an item of the service's tables, as nobody but an administrator can. */
export const writeItem = async (
  theatre: Theatre,
  table: 'registry' | 'log',
  Key: { readonly pk: string; readonly sk: string },
  name: string,
  value: unknown,
): Promise<void> => {
  const tables = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(theatre)));
  const update = {
    UpdateExpression: value === undefined ? 'REMOVE #name' : 'SET #name = :value',
    ExpressionAttributeNames: { '#name': name },
    ...(value === undefined ? {} : { ExpressionAttributeValues: { ':value': value } }),
  };
  await tables.send(new UpdateCommand({ TableName: `rollback-${STAGE}-${table}`, Key, ...update }));
};

/** Lets the plan of a rollback be too old from now on, as if a state of its machine had taken hours. */
export const expirePlan = async (theatre: Theatre, rollbackId: string): Promise<void> => {
  const tables = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(theatre)));
  const Key = { pk: `ROLLBACK#${rollbackId}`, sk: 'PLAN' };
  const { Item } = await tables.send(new GetCommand({ TableName: `rollback-${STAGE}-log`, Key, ConsistentRead: true }));
  const plan = JSON.parse(gunzipSync(Item?.compressed).toString());
  const expiresAt = new Date(Date.now() - 1000).toISOString();
  await writeItem(theatre, 'log', Key, 'compressed', gzipSync(JSON.stringify({ ...plan, expiresAt })));
};

/** What people were told of a rollback's end; they hear of it a moment after the log has it. */
export const lettersOf = ({ aws }: Theatre, rollbackId: string): Promise<readonly TopicMessage[]> =>
  until(`a letter about ${rollbackId}`, 10_000, async () => {
    const letters = aws.template
      .ofType('AWS::SNS::Topic')
      .flatMap(({ arn }) => aws.sns.messages(arn))
      .filter(({ subject, message }) => message.includes(rollbackId) && !subject?.endsWith('awaits approval'));
    return letters.length > 0 ? letters : undefined;
  });

/** Holds one call of the API from the moment when it has begun until it is told to go on. */
export const holdCall = (
  { aws }: Theatre,
  service: string,
  operation: string,
  when: NonNullable<CallFault['when']>,
): { readonly begun: Promise<void>; goOn(): void } => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const begin: CallFault['when'] = (...call) => {
    const strikes = when(...call);
    if (strikes) begun.resolve();
    return strikes;
  };
  aws.faults.inject({ service, operation, kind: 'late', until: goOn.promise, when: begin });
  return { begun: begun.promise, goOn: goOn.resolve };
};

/** True for the call by which the rollback of a stage takes the lock. */
export const isTakingLock =
  ({ functionName }: Theatre, { application }: Stage): NonNullable<CallFault['when']> =>
  ({ Key }, caller) =>
    Key.pk.S === `LOCK#${application}` && caller.endsWith(functionName('acquireLock'));

/** True for the call that sends the first wave of an action to the stage's hosts. */
export const isSending =
  ({ hosts }: Stage, action: string): NonNullable<CallFault['when']> =>
  ({ Comment, InstanceIds: [id] }) =>
    hosts.some((host) => host.id === id) && Comment.endsWith(` ${action} 0`);

/** Makes the function that hears of alarms fail for one of them. */
export const strikeAlarm = ({ aws, functionName }: Theatre, { application }: Stage, alarm: string, fault: Fault): void =>
  aws.lambda.inject(functionName('alarmChanged'), {
    owner: application,
    ...fault,
    when: ({ detail }) => detail.alarmName === alarm,
  });

/** Asserts that nothing was put on record twice. */
export const expectNoEventTwice = (events: readonly RollbackEvent[]): void => {
  const keys = events.map(({ key }) => key);
  expect(keys).toEqual([...new Set(keys)]);
};

/** The event about a rollback that ended in the queue of what could not be handled; taken out of it. */
export const undelivered = ({ aws }: Theatre, rollbackId: string): Promise<object> =>
  until(`an event about ${rollbackId} in the queue`, 30_000, async () => {
    const QueueUrl = `${aws.endpoint}/${ACCOUNT_ID}/rollback-${STAGE}-undelivered-events`;
    const answer = await signedFetch(aws.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
      body: JSON.stringify({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      service: 'sqs',
      credentials: aws.credentials('admin'),
    });
    const { Messages = [] } = (await answer.json()) as { Messages?: { Body: string }[] };
    const events = Messages.map(({ Body }) => JSON.parse(Body).requestPayload);
    return events.find((event) => event?.detail.name === rollbackId);
  });

/** Hands an event to its function once more, as a person does with one from the queue. */
export const sendAgain = async (theatre: Theatre, name: string, event: object): Promise<void> => {
  theatre.aws.asyncInvocations.invokeAsync(theatre.aws.lambda.find(theatre.functionName(name)).arn, event);
};
