import { GetExecutionHistoryCommand, type HistoryEvent } from '@aws-sdk/client-sfn';
import { ACCOUNT_ID, REGION } from './aws/service.ts';
import { STAGE } from './package.ts';
import type { World } from './world.ts';

async function historyOf(world: World, executionArn: string): Promise<readonly HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await world.states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }));
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
}

/** The executions that an execution started and waited for. */
function nestedExecutions(events: readonly HistoryEvent[]): readonly string[] {
  const outputs = events.flatMap(({ taskSubmittedEventDetails: details }) =>
    details?.resourceType === 'states' && details.output ? [details.output] : [],
  );
  return outputs.map((output) => (JSON.parse(output) as { readonly ExecutionArn: string }).ExecutionArn);
}

async function countIn(world: World, executionArn: string): Promise<number> {
  const events = await historyOf(world, executionArn);
  const own = events.filter(({ type }) => type?.endsWith('StateEntered')).length;
  const nested = await Promise.all(nestedExecutions(events).map((arn) => countIn(world, arn)));
  return nested.reduce((sum, count) => sum + count, own);
}

/** State transitions of a rollback, those of the executions it started included: what Step Functions bills. */
export function countTransitions(world: World, rollbackId: string): Promise<number> {
  return countIn(world, `arn:aws:states:${REGION}:${ACCOUNT_ID}:execution:rollback-${STAGE}-rollback:${rollbackId}`);
}
