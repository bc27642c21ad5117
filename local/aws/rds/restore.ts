import { setTimeout as sleep } from 'node:timers/promises';
import { toMilliseconds, type WireInstant } from '../instants.ts';
import { AwsError, type Call, type Operation } from '../service.ts';
import { authorizeGroups, authorizeInstance, authorizeKey, authorizeTags } from './access.ts';
import { backUp, windowOf } from './backup-window.ts';
import { Cluster } from './cluster.ts';
import { describeInstance } from './descriptions.ts';
import type { FinalFailure } from './failures.ts';
import { type Instance, inTurn, newResourceId, notFound, rdsArn } from './instances.ts';
import { type Input, readFlag, readNewIdentifier, readSettings, readTags, readText, refuseImpossible } from './requests.ts';
import { restoredSettings, type Settings } from './settings.ts';
import type { RdsState } from './state.ts';

/** Beside the settings. `Port` has no effect: on the laptop a port belongs to an identifier. */
const OTHERS = [
  'SourceDBInstanceIdentifier',
  'SourceDbiResourceId',
  'TargetDBInstanceIdentifier',
  'RestoreTime',
  'UseLatestRestorableTime',
  'Tags',
  'Port',
];

/** RestoreDBInstanceToPointInTime: a new instance with what was committed in the source at a moment. */
export function restoreToPointInTime(state: RdsState): Operation {
  return async (input: Input, call) => {
    const told = readSettings(input, 'restore', OTHERS);
    const identifier = readNewIdentifier(input.TargetDBInstanceIdentifier, 'TargetDBInstanceIdentifier');
    const tags = readTags(input.Tags);
    const source = await findSource(state, input, call);
    const settings = restoredSettings(source.settings, told);
    await authorizeTarget(call, identifier, settings, tags);
    state.instances.requireFree(identifier);
    refuseImpossible(settings, told);
    const until = restoreTime(source, input, state);
    const machine = await state.machine();
    const resourceId = newResourceId();
    const cluster = new Cluster(machine, await machine.makeFolder(), resourceId);
    state.instances.requireFree(identifier);
    const { database, masterUsername } = source;
    const instance = state.instances.add({ identifier, resourceId, cluster, database, masterUsername, settings, tags });
    state.background.start(inTurn(instance, () => restore(state, instance, source, until)));
    return { DBInstance: describeInstance(instance, undefined) };
  };
}

async function findSource({ instances }: RdsState, input: Input, call: Call): Promise<Instance> {
  const { SourceDbiResourceId: resourceId } = input;
  const byId = instances.list().find((instance) => instance.resourceId === resourceId);
  const identifier = byId?.identifier ?? readText(input.SourceDBInstanceIdentifier ?? resourceId, 'SourceDBInstanceIdentifier');
  const source = byId ?? instances.find(identifier);
  await authorizeInstance(call, 'RestoreDBInstanceToPointInTime', identifier, source);
  if (!source) throw notFound(identifier);
  return source;
}

async function authorizeTarget(call: Call, identifier: string, settings: Settings, tags: Record<string, string>): Promise<void> {
  await authorizeInstance(call, 'RestoreDBInstanceToPointInTime', identifier, undefined);
  await authorizeGroups(call, 'RestoreDBInstanceToPointInTime', settings);
  await authorizeTags(call, rdsArn('db', identifier), tags);
  await authorizeKey(call, settings.KmsKeyId);
}

/** Throws `PointInTimeRestoreNotEnabled`, `InvalidRestoreFault`, `InvalidParameterCombination`, `InvalidDBInstanceState`. */
function restoreTime(source: Instance, input: Input, state: RdsState): Date {
  if (source.settings.BackupRetentionPeriod === 0) {
    const message = 'Point-in-time restore is not enabled for the source DB instance: its backup retention period is 0.';
    throw new AwsError('PointInTimeRestoreNotEnabled', message);
  }
  const isLatest =
    input.UseLatestRestorableTime !== undefined && readFlag(input.UseLatestRestorableTime, 'UseLatestRestorableTime');
  if (isLatest === (input.RestoreTime !== undefined)) {
    const message = 'Exactly one of RestoreTime and UseLatestRestorableTime must be specified.';
    throw new AwsError('InvalidParameterCombination', message);
  }
  const window = windowOf(source, state);
  if (!window) throw new AwsError('InvalidDBInstanceState', `Instance ${source.identifier} has no automated backup yet.`);
  if (isLatest) return window.latest;
  const time = new Date(toMilliseconds(input.RestoreTime as WireInstant));
  if (time >= window.earliest && time <= window.latest) return time;
  const range = `${window.earliest.toISOString()} and ${window.latest.toISOString()}`;
  const message = `The specified instance cannot be restored to ${time.toISOString()}: use a restore time between ${range}.`;
  throw new AwsError('InvalidRestoreFault', message);
}

async function restore(state: RdsState, instance: Instance, source: Instance, until: Date): Promise<void> {
  const failure = state.failures.take(instance.identifier);
  const slow = sleep(state.pace.restoreMs, undefined, { signal: state.background.signal });
  const [outcome] = await Promise.all([failure ?? recover(instance, source, until), slow]);
  if (outcome !== undefined) {
    instance.status = outcome;
    return;
  }
  instance.createdAt = state.now();
  instance.address = await state.endpoints.attach(instance.identifier, instance.cluster.socket);
  try {
    await backUp(instance);
    instance.status = 'available';
  } catch (error) {
    instance.status = 'failed';
    throw error;
  }
}

/** Answers the state of failure when PostgreSQL itself can't recover, with the reason on stderr. */
async function recover(instance: Instance, source: Instance, until: Date): Promise<FinalFailure | undefined> {
  try {
    const base = source.backups.findLast(({ endedAt }) => endedAt <= until);
    if (!base) throw new Error(`${source.identifier} has no backup from before ${until.toISOString()}`);
    await inTurn(source, () => source.cluster.flush());
    await instance.cluster.recover(base.folder, { archive: source.cluster.archive, until });
    return undefined;
  } catch (error) {
    if (!instance.cluster.machine.signal.aborted) console.error(error);
    return 'incompatible-restore';
  }
}
