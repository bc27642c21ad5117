import type { HostAction, HostDocument, HostObservation, Manifest, Plan, Wave } from '../contracts.ts';
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
  capture: ({ plan: { manifest }, base }) =>
    changing('capture-host', manifest, { ...base, configurationFile: manifest.configuration?.file ?? '', ...services(manifest) }),
  prepare: ({ plan: { manifest }, wave, base }) => changing('prepare-code', manifest, { ...base, ...prepare(manifest, wave) }),
  apply: (command) => checkOut(command, { ...toTarget(command.plan), restoreSavedFrom: command.settings.undoOf ?? '' }),
  verify: inspect,
  undo: (command) => checkOut(command, { ...asBefore(command), restoreSavedFrom: command.plan.rollbackId }),
  'verify-undo': inspect,
};

function inspect({ plan, wave, base, settings }: Command): HostCommand {
  const command = inspection(plan.manifest, plan.rollbackId, wave.commit, settings);
  return { ...command, parameters: { ...command.parameters, ...base } };
}

function changing(document: HostDocument, { hosts }: Manifest, parameters: Record<string, string>): HostCommand {
  return { document, parameters, timeoutMs: milliseconds(hosts.commandTimeout) };
}

function checkOut({ plan: { manifest }, wave, base }: Command, expectations: Record<string, string>): HostCommand {
  const parameters = {
    ...base,
    ...prepare(manifest, wave),
    ...services(manifest),
    healthAttemptSeconds: String(Math.ceil(milliseconds(manifest.health.within) / 1000)),
    settleSeconds: expectations.healthUrl ? SETTLE_SECONDS.beforeHealth : SETTLE_SECONDS.alone,
    ...expectations,
  };
  return changing('check-out-code', manifest, parameters);
}

/** The target has to prove itself. Its version is asked for only where the application reports versions as they are recorded. */
function toTarget(plan: Plan): Record<string, string> {
  const { host, logs } = plan.manifest.health;
  return {
    healthUrl: host ?? '',
    expectedVersion: otherVersions(plan).length > 0 ? '' : (plan.to.version ?? ''),
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
