import { createBackground } from '../background.ts';
import { AwsError, type Operation, type Service } from '../service.ts';
import { type CreatedInstance, createInstance, type InstanceDefinition } from './create.ts';
import { describeAutomatedBackups, describeInstances } from './describe.ts';
import { ITEM_NAMES } from './descriptions.ts';
import { Endpoints } from './endpoints.ts';
import { Failures, type FinalFailure } from './failures.ts';
import { Instances } from './instances.ts';
import { type Machine, openMachine } from './machine.ts';
import { modifyInstance } from './modify.ts';
import { describeProxies, describeProxyTargets } from './proxies.ts';
import { restoreToPointInTime } from './restore.ts';
import { createSnapshot, describeSnapshots } from './snapshots.ts';
import type { Pace, RdsState } from './state.ts';
import { addTags, listTags } from './tags.ts';

export interface RdsOptions extends Partial<Pace> {
  /** State folder: the logs of PostgreSQL in it outlive a restart, instances don't. */
  readonly directory: string;
  /** The clock of the restore window; it has to be the one that PostgreSQL goes by. */
  readonly now?: () => Date;
}

/** The service with its back doors. */
export interface RdsService extends Service {
  /** Makes an instance and resolves when it is available. Throws `PostgresUnavailable` where PostgreSQL can't run. */
  createInstance(definition: InstanceDefinition): Promise<CreatedInstance>;
  /** An RDS Proxy that has an instance for its target. */
  addProxy(name: string, instance: string): void;
  /** The next restore or modification that ends with a name of this pattern (`*` for any characters) ends in `state` instead. */
  failNext(pattern: string, state: FinalFailure): void;
  /** Changes how long things take from now on. */
  setPace(pace: Partial<Pace>): void;
  /** Ends every PostgreSQL at once and removes its folders. */
  close(): Promise<void>;
}

/** RDS for PostgreSQL, with a real server for each instance. Nothing is started before the first one. */
export function createRds({ directory, now = () => new Date(), ...pace }: RdsOptions): RdsService {
  const background = createBackground();
  let opened: Promise<Machine> | undefined;
  const machine = () => {
    opened ??= openMachine(directory, background.signal);
    return opened;
  };
  const state: RdsState = {
    instances: new Instances(),
    snapshots: new Map(),
    proxies: new Map(),
    endpoints: new Endpoints(),
    failures: new Failures(),
    background,
    pace: { lagMs: 300_000, restoreMs: 0, modifyMs: 500, ...pace },
    now,
    machine,
  };
  return {
    scope: 'rds',
    protocol: 'query',
    xmlNamespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
    itemNames: ITEM_NAMES,
    operations: operationsOf(state),
    createInstance: (definition) => createInstance(state, definition),
    addProxy: (name, instance) => void state.proxies.set(name, instance),
    failNext: (pattern, failure) => state.failures.add(pattern, failure),
    setPace: (changed) => void Object.assign(state.pace, changed),
    close: () => close(state, opened),
  };
}

/** No DeleteDBInstance: the service must not need it. */
function operationsOf(state: RdsState): Readonly<Record<string, Operation>> {
  const operations: Readonly<Record<string, Operation>> = {
    DescribeDBInstances: describeInstances(state),
    DescribeDBInstanceAutomatedBackups: describeAutomatedBackups(state),
    RestoreDBInstanceToPointInTime: restoreToPointInTime(state),
    ModifyDBInstance: modifyInstance(state),
    CreateDBSnapshot: createSnapshot(state),
    DescribeDBSnapshots: describeSnapshots(state),
    DescribeDBProxies: describeProxies(state),
    DescribeDBProxyTargets: describeProxyTargets(state),
    AddTagsToResource: addTags(state),
    ListTagsForResource: listTags(state),
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, withRdsErrors(operation)]));
}

/** RDS calls a missing permission `AccessDenied`. */
function withRdsErrors(operation: Operation): Operation {
  return async (input, call) => {
    try {
      return await operation(input, call);
    } catch (error) {
      if (error instanceof AwsError && error.code === 'AccessDeniedException')
        throw new AwsError('AccessDenied', error.message, 403);
      throw error;
    }
  };
}

/** Work that is under way fails as soon as its server is gone. */
async function close({ background, endpoints, instances }: RdsState, opened: Promise<Machine> | undefined): Promise<void> {
  const idle = background.close();
  const machine = await opened?.catch(() => undefined);
  await Promise.all([...(machine?.processes ?? [])].map((server) => server.stop('immediate')));
  await Promise.all([idle, endpoints.close(), ...instances.list().map(({ work }) => work)]);
  await machine?.clear();
}
