import type { Install, Manifest, Wave } from '../contracts.ts';
import { describeSource } from './configuration.ts';
import { databaseChecks, prepareDatabase, switchDatabase } from './database/plan.ts';
import { prepareSite, restoreSite, siteChecks } from './frontend/plan.ts';
import { count, describeRelease, list, shortCommit } from './naming.ts';
import type { Draft } from './plan.ts';

/** Everything that will be done, in order, one sentence each. */
export function actionsOf(draft: Draft): string[] {
  const { waves, components, manifest, database } = draft;
  const hosts = waves.flatMap((wave) => wave.hosts);
  const prepared = [
    ...(hosts.length === 0 ? [] : capture(draft, hosts)),
    ...(components.includes('code') ? [...fetchCommit(draft, hosts), ...build(draft, hosts)] : []),
    ...checkSource(draft, hosts),
    ...prepareSite(draft),
  ];
  const restore = prepareDatabase(draft);
  const stop =
    database === undefined ? [] : [`stop ${manifest.services.application.join(', ')} on ${count(hosts.length, 'host')}`];
  const late = manifest.database?.stopServices === 'before-restore';
  return [
    ...prepared,
    ...(late ? [...stop, ...restore] : [...restore, ...stop]),
    ...switchDatabase(draft),
    ...waves.map((wave) => change(draft, wave)),
    ...restoreSite(draft),
  ];
}

/** Everything that will be looked at afterwards, one sentence each. */
export function checksOf(draft: Draft): string[] {
  const { manifest, baseline, waves } = draft;
  return [
    ...(waves.length === 0 ? [] : hostChecks(draft)),
    ...databaseChecks(draft),
    ...siteChecks(draft),
    ...manifest.health.flows.map(
      ({ url, status, contains }) => `${url} answers ${status}${contains === undefined ? '' : ` and contains "${contains}"`}`,
    ),
    ...baseline.alarms.map(({ name, state }) => alarmCheck(name, state, manifest.monitor.for)),
  ];
}

function hostChecks({ manifest: { health, services }, to, components }: Draft): string[] {
  return [
    ...(components.includes('code') ? [`every host runs ${describeRelease(to)}`] : []),
    `${[...services.application, ...services.proxy].join(', ')} active on every host`,
    ...(health.host === undefined ? [] : [`${health.host} answers 200 on every host within ${health.within}`]),
    ...(health.logs === undefined
      ? []
      : [`at most ${count(health.logs.maxErrors, 'error')} in the logs of ${health.logs.units.join(', ')}`]),
  ];
}

function alarmCheck(name: string, state: string, length: string): string {
  return state === 'ALARM'
    ? `alarm ${name} goes to OK on data newer than the change`
    : `alarm ${name} does not fire for ${length}`;
}

function capture({ manifest }: Draft, hosts: readonly string[]): string[] {
  return [`note what runs now on ${count(hosts.length, 'host')}: commit, services, changed files`, ...backUp(manifest)];
}

function backUp({ configuration }: Manifest): string[] {
  return configuration === undefined ? [] : [`keep a dated backup of ${configuration.file} on each host`];
}

function fetchCommit({ baseline, to }: Draft, hosts: readonly string[]): string[] {
  const without = baseline.hosts
    .filter(({ id, truth }) => hosts.includes(id) && truth?.targetPresent === false)
    .map(({ id }) => id);
  return without.length === 0
    ? []
    : [`fetch commit ${shortCommit(to.commit)} on ${count(without.length, 'host')} (${list(without)})`];
}

function build({ manifest, to }: Draft, hosts: readonly string[]): string[] {
  const what = environment(manifest.code?.install);
  return what === null
    ? []
    : [`build ${what} of ${describeRelease(to)} beside the running one on ${count(hosts.length, 'host')}`];
}

/** A script of the repository works in place: it runs at the checkout, and nothing is built before. */
function environment(install: Install | undefined): string | null {
  if (install === undefined || 'script' in install) return null;
  return 'python' in install ? 'the python environment' : 'the npm environment';
}

function checkSource({ configuration, manifest, database }: Draft, hosts: readonly string[]): string[] {
  if (manifest.configuration === undefined) return [];
  const { file } = manifest.configuration;
  const where = `on ${count(hosts.length, 'host')}`;
  return [
    ...(configuration === undefined
      ? []
      : [`look whether ${describeSource(configuration, file)} can stand in for ${file} ${where}`]),
    ...(database !== undefined && manifest.database?.cutover === 'environment'
      ? [`look whether DATABASE_URL in ${file} names ${database.source.identifier} ${where}`]
      : []),
  ];
}

/** All that is done on the hosts of a wave, in one pass. */
function change(draft: Draft, { hosts, index }: Wave): string {
  const { manifest, to, components, configuration, database } = draft;
  const { services, hosts: rollout, code, health } = manifest;
  const canary = index === 0 && rollout.canary > 0 ? ' (canary)' : '';
  const install = code?.install;
  const isCode = components.includes('code');
  const file = manifest.configuration?.file ?? '';
  const [first = '', ...rest] = [
    ...(isCode ? [`check out ${describeRelease(to)}`] : []),
    ...(configuration === undefined ? [] : [`restore ${file} from ${describeSource(configuration, file)}`]),
    ...(database !== undefined && manifest.database?.cutover === 'environment'
      ? ['point DATABASE_URL at the restored instance']
      : []),
    ...(isCode && install !== undefined && 'script' in install ? [`run ${install.script}`] : []),
    `${database === undefined ? 'restart' : 'start'} ${services.application.join(', ')}`,
    ...(services.proxy.length === 0 ? [] : [`reload ${services.proxy.join(', ')}`]),
    ...(health.host === undefined ? [] : [`await ${health.host}`]),
  ];
  return [`${first} on ${list(hosts)}${canary}`, ...rest].join(', ');
}
