import type { HostAction, HostDocument, HostObservation, Manifest, Plan, Wave } from '../contracts.ts';
import { configurationFrom } from './configuration.ts';
import { addressText } from './database/address.ts';
import { milliseconds } from './duration.ts';
import { baseParameters, type CommandSettings, prepare, services } from './host-parameters.ts';
import { otherVersions } from './plan-warnings.ts';

/** One of the service's own documents with all its parameters: every value a text, lists joined by commas, '' for none. */
export type HostCommand = {
  /** Without the deployment's prefix, such as `capture-host`. */
  document: HostDocument;
  parameters: Record<string, string>;
  /** Milliseconds after which it is cancelled. */
  timeoutMs: number;
};

/**
 * Seconds for which a restarted service has to stay up: `start` succeeds even when the program dies at once. Shorter where the health
 * URL has to answer as well; the verification looks at the services again.
 */
const SETTLE_SECONDS = { alone: '5', beforeHealth: '0' };

/** An inspection that takes longer is no answer any more. */
const INSPECTION_MS = 120_000;

export type { CommandSettings } from './host-parameters.ts';

type Command = { action: HostAction; plan: Plan; wave: Wave; base: Record<string, string>; settings: CommandSettings };

/** The command that an action of a running rollback means on the hosts of a wave; `fence` is the lock's token. */
export function hostCommand(
  action: HostAction,
  plan: Plan,
  wave: Wave,
  fence: number,
  settings: CommandSettings = {},
): HostCommand {
  const { manifest, rollbackId } = plan;
  const base = { ...baseParameters(manifest, rollbackId, settings), fence: String(fence) };
  return COMMANDS[action]({ action, plan, wave, base, settings });
}

/** Asks hosts what they run, before anything is planned or locked; `commit`, '' for none, is the one they are asked to have. */
export function inspection(manifest: Manifest, rollbackId: string, commit: string, settings: CommandSettings = {}): HostCommand {
  const parameters = {
    ...baseParameters(manifest, rollbackId, settings),
    fence: '',
    commit,
    configurationFile: manifest.configuration?.file ?? '',
    ...services(manifest),
    healthUrl: manifest.health.host ?? '',
    logUnits: manifest.health.logs?.units.join(',') ?? '',
    // The next whole second: in the one of the change itself, what it replaced may have logged too.
    logsSince: settings.errorsSince === undefined ? '' : String(Math.ceil(Date.parse(settings.errorsSince) / 1000)),
  };
  return {
    document: 'inspect-host',
    parameters,
    timeoutMs: Math.min(INSPECTION_MS, milliseconds(manifest.hosts.commandTimeout)),
  };
}

const COMMANDS: Record<HostAction, (command: Command) => HostCommand> = {
  inspect,
  capture: ({ plan: { manifest, database }, base }) =>
    changing('capture-host', manifest, {
      ...base,
      configurationFile: manifest.configuration?.file ?? '',
      ...services(manifest),
      databaseAddress: manifest.database?.cutover === 'rename' ? addressText(database?.source.address) : '',
      databaseUrlNeeded: manifest.database?.check ? 'yes' : '',
    }),
  prepare: ({ plan: { manifest }, wave, base }) => changing('prepare-code', manifest, { ...base, ...prepare(manifest, wave) }),
  'prepare-configuration': (command) =>
    changing('restore-configuration', command.plan.manifest, {
      ...command.base,
      ...fileOf(command.plan, configurationFrom(command.plan.configuration), 'look'),
      checkOnly: 'yes',
    }),
  'probe-database': (command) => query(command, { atLeast: '', mayNotAnswer: 'yes' }),
  'check-database': (command) => query(command, { databaseAddress: command.settings.databaseTo ?? '' }),
  stop: (command) => manage(command, 'stop', NO_EXPECTATIONS),
  'find-database': (command) => follow(command, 'another'),
  apply: (command) => {
    const { plan, settings } = command;
    const target = toTarget(plan);
    const file = fileOf(plan, configurationFrom(plan.configuration), settings.databaseTo);
    if (plan.components.includes('code'))
      return checkOut(command, { ...target, ...file, restoreSavedFrom: settings.undoOf ?? '' });
    return file.configurationFrom || file.databaseTo
      ? configure(command, { ...target, ...file })
      : manage(command, 'start', target);
  },
  verify: inspect,
  'verify-database': (command) => query(command, {}),
  'undo-stop': (command) => manage(command, 'stop', NO_EXPECTATIONS),
  'undo-find-database': (command) => follow(command, 'before'),
  undo: (command) => {
    const { plan } = command;
    const before = asBefore(command);
    const isFile = changesConfiguration(plan);
    const file = isFile ? fileOf(plan, `backup:${plan.rollbackId}`) : UNTOUCHED;
    if (plan.components.includes('code')) return checkOut(command, { ...before, ...file, restoreSavedFrom: plan.rollbackId });
    return isFile ? configure(command, { ...before, ...file }) : manage(command, 'start', before);
  },
  'verify-undo': inspect,
};

/** Whether something is done to the configuration file, so that it has to be looked at first. */
export function changesConfiguration(plan: Plan): boolean {
  return plan.configuration !== undefined || switchesAddress(plan);
}

/** What cannot be told to hosts without the restored instance's address: '' would mean the one that is in use. */
export function needsRestored(action: HostAction, plan: Plan): boolean {
  return action === 'check-database' || (action === 'apply' && switchesAddress(plan));
}

/** Restoring an instance under another name means another address in the configuration file. */
function switchesAddress({ database, manifest }: Plan): boolean {
  return database !== undefined && manifest.database?.cutover === 'environment';
}

const UNTOUCHED = {
  configurationFile: '',
  configurationFrom: '',
  configurationMayStay: '',
  configurationOwner: '',
  configurationMode: '',
  databaseFrom: '',
  databaseTo: '',
};

/**
 * What is done to the configuration file: where its content comes from, '' for none, and the database's address in it. `restored` is
 * the new address, or `look` while it is not known: then the file is only asked for the present one; absent: the address stays.
 */
function fileOf(plan: Plan, from: string, restored: string | 'look' = ''): typeof UNTOUCHED {
  const { configuration } = plan.manifest;
  const isSwitched = switchesAddress(plan) && restored !== '';
  if (configuration === undefined || (from === '' && !isSwitched)) return UNTOUCHED;
  return {
    configurationFile: configuration.file,
    configurationFrom: from,
    // Together with others, a file that needs no change keeps nobody from changing the rest.
    configurationMayStay: plan.strategy === 'full' ? 'yes' : '',
    configurationOwner: configuration.owner,
    configurationMode: configuration.mode,
    databaseFrom: isSwitched ? addressText(plan.database?.source.address) : '',
    databaseTo: isSwitched && restored !== 'look' ? restored : '',
  };
}

/** Asks the manifest's question at an address, '' for the one in the configuration file. */
function query({ plan: { manifest }, base }: Command, changes: Record<string, string>): HostCommand {
  const check = manifest.database?.check;
  const parameters = {
    ...base,
    configurationFile: manifest.configuration?.file ?? '',
    sql: check?.sql ?? '',
    atLeast: String(check?.atLeast ?? ''),
    ...changes,
  };
  return changing('query-database', manifest, parameters);
}

/** Longer than the rename, which takes some minutes, and after it DNS for the new name, about ten. */
const NAME_MS = 26 * 60_000;

/** Waits until the name of the database leads to another instance than before the rollback, or again to the one of before. */
function follow({ plan, base, settings }: Command, leadsTo: 'another' | 'before'): HostCommand {
  const { manifest, database } = plan;
  const parameters = {
    ...base,
    configurationFile: manifest.configuration?.file ?? '',
    databaseAddress: addressText(database?.source.address),
    sql: '',
    leadsTo,
    awayFrom: settings.databaseAway ?? '',
  };
  return { document: 'query-database', parameters, timeoutMs: NAME_MS };
}

const NO_EXPECTATIONS = { healthUrl: '', expectedVersion: '', logUnits: '', maxErrors: '' };

function manage(
  { plan: { manifest }, base }: Command,
  operation: 'stop' | 'start',
  expectations: Record<string, string>,
): HostCommand {
  return changing('manage-services', manifest, { ...base, operation, ...bringUp(manifest, expectations) });
}

function configure({ plan: { manifest }, base }: Command, expectations: Record<string, string>): HostCommand {
  return changing('restore-configuration', manifest, { ...base, ...bringUp(manifest, expectations) });
}

function inspect({ plan, wave, base, settings }: Command): HostCommand {
  const command = inspection(plan.manifest, plan.rollbackId, wave.commit, settings);
  return { ...command, parameters: { ...command.parameters, ...base } };
}

function changing(document: HostDocument, { hosts }: Manifest, parameters: Record<string, string>): HostCommand {
  return { document, parameters, timeoutMs: milliseconds(hosts.commandTimeout) };
}

function checkOut({ plan: { manifest }, wave, base }: Command, expectations: Record<string, string>): HostCommand {
  return changing('check-out-code', manifest, { ...base, ...prepare(manifest, wave), ...bringUp(manifest, expectations) });
}

/** How services are brought up, and what they have to show then. */
function bringUp(manifest: Manifest, expectations: Record<string, string>): Record<string, string> {
  return {
    ...services(manifest),
    healthAttemptSeconds: String(Math.ceil(milliseconds(manifest.health.within) / 1000)),
    settleSeconds: expectations.healthUrl ? SETTLE_SECONDS.beforeHealth : SETTLE_SECONDS.alone,
    ...expectations,
  };
}

/** The target has to prove itself. Its version is asked for only where the application reports versions as they are recorded. */
function toTarget(plan: Plan): Record<string, string> {
  const { host, logs } = plan.manifest.health;
  return {
    healthUrl: host ?? '',
    // Where the code stays, hosts go on reporting what they reported.
    expectedVersion: !plan.components.includes('code') || otherVersions(plan).length > 0 ? '' : (plan.to.version ?? ''),
    logUnits: logs?.units.join(',') ?? '',
    maxErrors: String(logs?.maxErrors ?? 0),
  };
}

/** The way back asks for no more than there was: an unhealthy state, with errors in its logs, is restored all the same. */
function asBefore({ plan: { manifest, baseline }, wave }: Command): Record<string, string> {
  const before = baseline.hosts.filter(({ id }) => wave.hosts.includes(id)).map(healthOf);
  const healthy = before.length === wave.hosts.length && before.every((health) => health?.status === 200);
  const versions = new Set(before.map((health) => health?.version ?? ''));
  const [version = ''] = healthy && versions.size === 1 ? versions : [];
  return { healthUrl: healthy ? (manifest.health.host ?? '') : '', expectedVersion: version, logUnits: '', maxErrors: '' };
}

function healthOf({ truth }: HostObservation) {
  return truth?.health ?? null;
}
