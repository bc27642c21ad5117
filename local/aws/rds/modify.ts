import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError, type Call, type Operation } from '../service.ts';
import { authorizeGroups, authorizeInstance, authorizeKey } from './access.ts';
import { backUp, windowOf } from './backup-window.ts';
import { describeInstance } from './descriptions.ts';
import { type Instance, inTurn, type Pending, requireAvailable } from './instances.ts';
import {
  type Input,
  invalid,
  readFlag,
  readList,
  readNewIdentifier,
  readSettings,
  readText,
  refuseImpossible,
} from './requests.ts';
import { RULES, type SettingName, type Settings } from './settings.ts';
import type { RdsState } from './state.ts';

const OTHERS = [
  'DBInstanceIdentifier',
  'NewDBInstanceIdentifier',
  'ApplyImmediately',
  'MasterUserPassword',
  'CloudwatchLogsExportConfiguration',
];

/** ModifyDBInstance, with renames. What waits is applied soon with ApplyImmediately, without it in a maintenance window that never comes. */
export function modifyInstance(state: RdsState): Operation {
  return async (input: Input, call) => {
    const identifier = readText(input.DBInstanceIdentifier, 'DBInstanceIdentifier');
    const told = readSettings(input, 'modify', OTHERS);
    const waiting = { ...waitingOf(told), ...othersOf(input) };
    await authorize(call, state.instances.find(identifier), identifier, { ...told, ...waiting });
    const instance = state.instances.get(identifier);
    requireAvailable(instance);
    refuseImpossible({ ...instance.settings, ...told }, told);
    if (waiting.DBInstanceIdentifier !== undefined) refuseRename(state, instance, waiting.DBInstanceIdentifier);
    applyAtOnce(instance, told, input);
    const due = dueOf(instance, waiting, input);
    instance.pending = { ...instance.pending, ...waiting };
    if (Object.keys(due).length > 0) state.background.start(inTurn(instance, () => applyPending(state, instance, due)));
    return { DBInstance: describeInstance(instance, windowOf(instance, state)) };
  };
}

function waitingOf(told: Partial<Settings>): Partial<Settings> {
  return Object.fromEntries(Object.entries(told).filter(([name]) => RULES[name as SettingName].waits));
}

function othersOf(input: Input): Pick<Pending, 'DBInstanceIdentifier' | 'MasterUserPassword'> {
  const { NewDBInstanceIdentifier: identifier, MasterUserPassword: password } = input;
  return {
    ...(identifier !== undefined && { DBInstanceIdentifier: readNewIdentifier(identifier, 'NewDBInstanceIdentifier') }),
    ...(password !== undefined && { MasterUserPassword: readPassword(password) }),
  };
}

function readPassword(value: unknown): string {
  const password = readText(value, 'MasterUserPassword');
  if (/^[!#-.0-?A-~]{8,128}$/.test(password)) return password;
  throw invalid(
    "The parameter MasterUserPassword is not a valid password: 8 to 128 printable ASCII characters besides '/', '@', '\"', ' '.",
  );
}

/** A rename asks for both names, the role that monitoring runs as for being passed on. */
async function authorize(call: Call, instance: Instance | undefined, identifier: string, changes: Pending): Promise<void> {
  await authorizeInstance(call, 'ModifyDBInstance', identifier, instance);
  const { DBInstanceIdentifier: renamed, MonitoringRoleArn: role, PerformanceInsightsKMSKeyId: key } = changes;
  if (renamed !== undefined) await authorizeInstance(call, 'ModifyDBInstance', renamed, instance);
  await authorizeGroups(call, 'ModifyDBInstance', changes);
  if (role !== undefined) await call.authorize('iam:PassRole', [role], { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' });
  await authorizeKey(call, key);
}

function refuseRename({ instances }: RdsState, { identifier, pending }: Instance, renamed: string): void {
  instances.requireFree(renamed);
  if (pending.DBInstanceIdentifier === undefined) return;
  throw new AwsError(
    'InvalidDBInstanceState',
    `Instance ${identifier} is about to be renamed to ${pending.DBInstanceIdentifier}.`,
  );
}

/** Settings that don't wait. */
function applyAtOnce(instance: Instance, told: Partial<Settings>, input: Input): void {
  const atOnce = Object.entries(told).filter(([name]) => !RULES[name as SettingName].waits);
  const { EnabledCloudwatchLogsExports: exported, DBParameterGroupName: former } = instance.settings;
  instance.settings = {
    ...instance.settings,
    ...Object.fromEntries(atOnce),
    EnabledCloudwatchLogsExports: changedExports(exported, input.CloudwatchLogsExportConfiguration),
  };
  if (instance.settings.DBParameterGroupName !== former) instance.hasNewParameters = true;
}

function changedExports(exported: readonly string[], change: unknown): readonly string[] {
  const { EnableLogTypes, DisableLogTypes } = (change || {}) as Input;
  const disabled = readList(DisableLogTypes, 'DisableLogTypes');
  return [...new Set([...exported, ...readList(EnableLogTypes, 'EnableLogTypes')])].filter((type) => !disabled.includes(type));
}

/** With ApplyImmediately also what waits from earlier requests; without, what doesn't wait for the window either. */
function dueOf({ pending, settings }: Instance, waiting: Pending, input: Input): Pending {
  const isImmediate = input.ApplyImmediately !== undefined && readFlag(input.ApplyImmediately, 'ApplyImmediately');
  if (isImmediate) return { ...pending, ...waiting };
  const { MasterUserPassword, BackupRetentionPeriod: days } = waiting;
  const isSoon = days !== undefined && days > 0 && settings.BackupRetentionPeriod > 0;
  return {
    ...(MasterUserPassword !== undefined && { MasterUserPassword }),
    ...(isSoon && { BackupRetentionPeriod: days }),
  };
}

async function applyPending(state: RdsState, instance: Instance, due: Pending): Promise<void> {
  const half = () => sleep(state.pace.modifyMs / 2, undefined, { signal: state.background.signal });
  await half();
  // Work that was begun before may have failed for good.
  if (instance.status !== 'available') return;
  const { DBInstanceIdentifier: renamed, MasterUserPassword: password, ...settings } = due;
  const failure = state.failures.take(renamed ?? instance.identifier);
  instance.status = renamed === undefined ? 'modifying' : 'renaming';
  await half();
  if (failure) {
    instance.status = failure;
    return;
  }
  try {
    await carryOut(state, instance, { settings, renamed, password });
  } catch (error) {
    instance.status = 'failed';
    throw error;
  }
  instance.pending = Object.fromEntries(Object.entries(instance.pending).filter(([name]) => !Object.hasOwn(due, name)));
  instance.status = 'available';
}

interface Changes {
  readonly settings: Partial<Settings>;
  readonly renamed: string | undefined;
  readonly password: string | undefined;
}

async function carryOut(state: RdsState, instance: Instance, { settings, renamed, password }: Changes): Promise<void> {
  instance.settings = { ...instance.settings, ...settings };
  if (password !== undefined) await changePassword(instance, password);
  if (settings.BackupRetentionPeriod !== undefined) await backUp(instance);
  if (renamed !== undefined) await rename(state, instance, renamed);
}

async function changePassword({ cluster, masterUsername }: Instance, password: string): Promise<void> {
  await cluster.connected((client) => {
    const role = client.escapeIdentifier(masterUsername);
    return client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(password)}`);
  });
}

/** A rename reboots the instance; its old endpoint is gone for good, unless another instance gets the name. */
async function rename({ endpoints }: RdsState, instance: Instance, renamed: string): Promise<void> {
  await endpoints.detach(instance.identifier);
  await instance.cluster.restart();
  instance.hasNewParameters = false;
  instance.address = await endpoints.attach(renamed, instance.cluster.socket);
  instance.identifier = renamed;
}
