import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MiddyfiedHandler } from '@middy/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type * as acquireLock from '../functions/steps/acquire-lock.ts';
import type * as advanceDatabase from '../functions/steps/advance-database.ts';
import type * as awaitHostCommand from '../functions/steps/await-host-command.ts';
import type * as backUpHosts from '../functions/steps/back-up-hosts.ts';
import type * as checkSite from '../functions/steps/check-site.ts';
import type * as closeRollback from '../functions/steps/close-rollback.ts';
import type * as invalidateCache from '../functions/steps/invalidate-cache.ts';
import type * as monitorRollback from '../functions/steps/monitor-rollback.ts';
import type * as openFrontend from '../functions/steps/open-frontend.ts';
import type * as planFrontend from '../functions/steps/plan-frontend.ts';
import type * as planFrontendUndo from '../functions/steps/plan-frontend-undo.ts';
import type * as planRollback from '../functions/steps/plan-rollback.ts';
import type * as planUndo from '../functions/steps/plan-undo.ts';
import type * as recordFrontend from '../functions/steps/record-frontend.ts';
import type * as sendHostCommand from '../functions/steps/send-host-command.ts';
import type * as settleFrontend from '../functions/steps/settle-frontend.ts';
import type * as snapshotDatabase from '../functions/steps/snapshot-database.ts';
import type * as verifyRollback from '../functions/steps/verify-rollback.ts';
import type * as verifyUndo from '../functions/steps/verify-undo.ts';
import { End, HostAction } from '../lib/contracts.ts';
import { batches, waves } from '../lib/domain/waves.ts';
import * as errors from '../lib/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'statemachines');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: the Amazon States Language, checked by its validator in statemachines/validate.ts
type Json = any;
interface State {
  readonly place: string;
  readonly state: Json;
  /** Its own Catch, or that of the Parallel around it. */
  readonly caught: Json;
}

const statesOf = (place: string, { States }: Json, around?: Json): State[] =>
  Object.entries<Json>(States).flatMap(([name, state]) => [
    { place: `${place} ${name}`, state, caught: state.Catch ?? around },
    ...[...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])].flatMap((branch: Json) =>
      statesOf(place, branch, state.Catch),
    ),
  ]);

const machines = readdirSync(FOLDER).filter((file) => file.endsWith('.asl.yml'));
const states = machines.flatMap((file) => statesOf(file.replace('.asl.yml', ''), parse(read(`statemachines/${file}`))));
// Starting up what comes next may fail without a word: it starts cold then.
const isWarmUp = ({ state }: State): boolean => state.Parameters?.Payload?.['warmUp.$'] !== undefined;
const tasks = states.filter((one) => one.state.Type === 'Task' && !isWarmUp(one));
const lambdaTasks = tasks.filter(({ state }) => state.Resource.includes(':lambda:'));
const nestedTasks = tasks.filter(({ state }) => state.Resource.includes(':states:startExecution'));
const functionOf = ({ state }: State): string => state.Parameters.FunctionName['Fn::GetAtt'][0];
const service = parse(read('serverless.yml'));

/** The members that every answer of a step has, as its own type says. */
type Answer<Module> = Module extends { handler: MiddyfiedHandler<unknown, infer R> } ? readonly (keyof R)[] : never;

const ANSWERS = {
  planRollback: [
    'decision',
    'approvalRequired',
    'approvalSeconds',
    'monitorEverySeconds',
    'components',
    'database',
    'waves',
    'batches',
    'oneHost',
  ] satisfies Answer<typeof planRollback>,
  acquireLock: ['acquired', 'waits', 'fence', 'plannedAt'] satisfies Answer<typeof acquireLock>,
  sendHostCommand: ['commandId', 'deadline', 'state', 'cause'] satisfies Answer<typeof sendHostCommand>,
  awaitHostCommand: ['commandId', 'deadline', 'state', 'cause'] satisfies Answer<typeof awaitHostCommand>,
  verifyRollback: ['verdict', 'healthy', 'at'] satisfies Answer<typeof verifyRollback>,
  monitorRollback: ['state', 'verdict'] satisfies Answer<typeof monitorRollback>,
  planUndo: ['needed', 'frontend', 'database', 'waves', 'batches'] satisfies Answer<typeof planUndo>,
  backUpHosts: ['database'] satisfies Answer<typeof backUpHosts>,
  snapshotDatabase: ['state'] satisfies Answer<typeof snapshotDatabase>,
  advanceDatabase: ['state', 'cause'] satisfies Answer<typeof advanceDatabase>,
  planFrontend: ['state', 'cursor', 'message'] satisfies Answer<typeof planFrontend>,
  planFrontendUndo: ['state', 'cursor', 'message'] satisfies Answer<typeof planFrontendUndo>,
  openFrontend: ['stages', 'count', 'next'] satisfies Answer<typeof openFrontend>,
  settleFrontend: ['state', 'cause'] satisfies Answer<typeof settleFrontend>,
  invalidateCache: ['state', 'cause'] satisfies Answer<typeof invalidateCache>,
  checkSite: ['state', 'cause'] satisfies Answer<typeof checkSite>,
  recordFrontend: ['state', 'cursor'] satisfies Answer<typeof recordFrontend>,
  verifyUndo: ['undone'] satisfies Answer<typeof verifyUndo>,
  closeRollback: ['outcome', 'message'] satisfies Answer<typeof closeRollback>,
};

describe('the errors that the state machines name', () => {
  const OF_AWS = /^(Lambda|States|StepFunctions|Sandbox|Runtime)\./;
  const thrown = Object.values(errors).map((error) => (Reflect.construct(error, ['a', 'b', 'c', 'd']) as Error).name);
  const sent = [...read('lib/rollback/decide.ts').matchAll(/reject\([\w.]+, '(\w+)'/g)].map(([, name]) => name);
  const named = states
    .flatMap(({ place, state }) =>
      [...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap(({ ErrorEquals }: Json) =>
        ErrorEquals.map((error: string) => ({ place, error })),
      ),
    )
    .filter(({ error }) => !OF_AWS.test(error));

  it.each([...new Set(named.map(({ error }) => error))])('%s is one that the service throws or sends', (error) => {
    expect([...thrown, ...sent]).toContain(error);
  });

  it('hold those that a task token is failed with', () => {
    expect(sent.length).toBeGreaterThan(0);
    for (const error of sent) expect(named.map(({ error: known }) => known)).toContain(error);
  });
});

describe('a task', () => {
  it.each(tasks)('$place is retried and has a time-out; its failure is caught', ({ place, state, caught }) => {
    expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
    expect(state.Retry?.length).toBeGreaterThan(0);
    // What fails there is for the safety net: functions/events/execution-ended.
    if (place !== 'rollback Close') expect(caught?.at(-1).ErrorEquals).toEqual(['States.ALL']);
    for (const { ResultPath } of caught ?? []) expect(ResultPath).toMatch(/^\$\.(failure|undoFailure)$/);
  });

  it.each(lambdaTasks)('$place tries again what the service calls transient', ({ state }) => {
    const retried = state.Retry.flatMap(({ ErrorEquals }: Json) => ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining(['TransientFault', 'Sandbox.Timedout', 'Lambda.TooManyRequestsException']));
  });

  it('that renames databases, or undoes it, outlasts minutes of faults: services are down meanwhile', () => {
    const advance = tasks.find(({ place }) => place === 'database Advance')?.state;
    const transient = advance.Retry.find(({ ErrorEquals }: Json) => ErrorEquals.includes('TransientFault'));
    const { IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds } = transient;
    const pauses = Array.from({ length: MaxAttempts }, (_, n) => Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds));
    const longest = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(longest / 2).toBeGreaterThan(110);
  });

  it.each(lambdaTasks)('$place invokes a function that is deployed and has its file', (task) => {
    const { handler } = service.functions[functionOf(task)];
    expect(existsSync(join(ROOT, `${handler.replace(/\.handler$/, '')}.ts`))).toBe(true);
  });

  it.each(lambdaTasks.filter(({ state }) => state.TimeoutSeconds))('$place outlasts its function', (task) => {
    const { timeout = service.provider.timeout } = service.functions[functionOf(task)];
    expect(task.state.TimeoutSeconds).toBeGreaterThan(timeout);
  });

  it.each(nestedTasks)('$place starts a state machine that is deployed', ({ state }) => {
    const ids = Object.values<Json>(service.stepFunctions.stateMachines).map(({ id }) => id);
    expect(ids).toContain(state.Parameters.StateMachineArn.Ref);
  });

  it.each(lambdaTasks.filter(({ state }) => state.ResultSelector))('$place selects what its step answers', (task) => {
    const answers: readonly string[] = ANSWERS[functionOf(task) as keyof typeof ANSWERS];
    const selected = Object.entries<string>(task.state.ResultSelector);
    expect(selected.map(([name]) => name).toSorted()).toEqual(answers.map((name) => `${name}.$`).toSorted());
    for (const [name, path] of selected) expect(path).toBe(`$.Payload.${name.slice(0, -2)}`);
  });
});

describe('the frame of a rollback', () => {
  it('uses every step, each with a file of its own', () => {
    const invoked = new Set(lambdaTasks.map(functionOf));
    const files = readdirSync(join(ROOT, 'functions/steps')).map((file) => file.replace('.ts', ''));
    const handlers = [...invoked].map((name) => service.functions[name].handler.replace('functions/steps/', ''));
    expect(handlers.map((handler: string) => handler.replace('.handler', '')).toSorted()).toEqual(files.toSorted());
  });

  it('comes to every end that the log knows, and to no other', () => {
    const ends = states.filter(({ state }) => state.ResultPath === '$.end').map(({ state }) => state.Result);
    expect(ends.toSorted()).toEqual(End.options.toSorted());
  });

  it('sends every host action but the inspection, which is part of planning', () => {
    const toHosts = nestedTasks.filter(({ state }) => state.Parameters.StateMachineArn.Ref === 'HostsMachine');
    const actions = toHosts.flatMap(({ state }) =>
      String(state.Parameters.Input.action ?? '') ? [state.Parameters.Input.action] : [],
    );
    expect(actions.toSorted()).toEqual(HostAction.options.filter((action) => action !== 'inspect').toSorted());
  });

  it('passes the waves of a thousand hosts, one at a time, within a state of 256 KiB', () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
    const commit = 'c'.repeat(40);
    const plan = { waves: waves(hosts, { canary: 1, concurrency: 1 }, commit), batches: batches(hosts, commit) };
    expect(Buffer.byteLength(JSON.stringify(plan))).toBeLessThan(200 * 1024);
  });
});
