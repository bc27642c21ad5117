/** Faults that strike one stage only, and what a rollback left behind in AWS. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { paginateListCommands, SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import type { RollbackEvent } from '../../lib/contracts.ts';
import type { Fault } from '../../local/aws/lambda-faults.ts';
import { ACCOUNT_ID, REGION } from '../../local/aws/service.ts';
import type { TopicMessage } from '../../local/aws/sns.ts';
import { STAGE } from '../../local/package.ts';
import type { Stage, Theatre } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test knows the payload that it waits for
type When = (payload: any) => boolean;

/** Makes a function fail for one stage; steps are told by `application`, events by the input of the execution that they are about. */
export const strike = (theatre: Theatre, { application }: Stage, name: string, fault: Fault): void =>
  theatre.aws.lambda.inject(theatre.functionName(name), {
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

/** Resolves when the function is invoked for the stage; it is throttled from then on, so that the machine stays in this state. */
export const arrival = (theatre: Theatre, stage: Stage, name: string, when: When = () => true): Promise<void> =>
  new Promise((resolve) => {
    const arrive: When = (payload) => {
      if (!when(payload)) return false;
      resolve();
      return true;
    };
    strike(theatre, stage, name, { kind: 'throttle', times: 6, when: arrive });
  });

const clientOptions = ({ aws }: Theatre) => ({ endpoint: aws.endpoint, region: REGION, credentials: aws.credentials('admin') });

/** Stops the execution of a rollback, as a person in the console. */
export const stopExecution = async (theatre: Theatre, rollbackId: string): Promise<void> => {
  const executionArn = `arn:aws:states:${REGION}:${ACCOUNT_ID}:execution:rollback-${STAGE}-rollback:${rollbackId}`;
  await new SFNClient(clientOptions(theatre)).send(new StopExecutionCommand({ executionArn, cause: 'stopped by a person' }));
};

/** `<action> <wave>` of every command that was sent for a rollback, but for inspections, which change nothing. */
export const commandsSent = async (theatre: Theatre, rollbackId: string): Promise<string[]> => {
  const comments: string[] = [];
  for await (const { Commands = [] } of paginateListCommands({ client: new SSMClient(clientOptions(theatre)) }, {}))
    comments.push(...Commands.flatMap(({ Comment = '' }) => (Comment.startsWith(`${rollbackId} `) ? Comment : [])));
  return comments
    .map((comment) => comment.slice(rollbackId.length + 1))
    .filter((comment) => comment !== 'inspect')
    .toReversed();
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

/** What people were told of a rollback. */
export const letters = ({ aws }: Theatre, rollbackId: string): readonly TopicMessage[] =>
  aws.template
    .ofType('AWS::SNS::Topic')
    .flatMap(({ arn }) => aws.sns.messages(arn))
    .filter(({ message }) => message.includes(rollbackId));

/** Asserts that nothing was put on record twice. */
export const expectNoEventTwice = (events: readonly RollbackEvent[]): void => {
  const keys = events.map(({ key }) => key);
  expect(keys).toEqual([...new Set(keys)]);
};
