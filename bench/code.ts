/** The runbook's code rollback by hand, as a script, against the service: from the alarm's event until every host is healthy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { REGION } from '../local/aws/service.ts';
import { all, defects, slow } from '../local/sample/edits.ts';
import { ALARM, sampleManifest } from '../local/sample/manifest.ts';
import type { SampleRelease } from '../local/sample/repository.ts';
import { runRunbook } from '../local/sample/runbook.ts';
import { followRollback, observeHealth } from '../local/scenario.ts';
import { countTransitions } from '../local/transitions.ts';
import { until } from '../local/until.ts';
import { startWorld, type World } from '../local/world.ts';
import { median, seconds, table } from './statistics.ts';

/** An application to measure with: how long its installation and its start take beyond their own work. */
interface Profile {
  readonly name: string;
  readonly installSeconds: number;
  readonly startSeconds: number;
}

const PROFILES: readonly Profile[] = [
  { name: 'smallest application', installSeconds: 0, startSeconds: 0 },
  { name: 'installs in 5 s, starts in 1 s', installSeconds: 5, startSeconds: 1 },
];

export interface CodeResult {
  readonly hosts: number;
  readonly profiles: readonly {
    readonly name: string;
    readonly runbookMs: readonly number[];
    readonly serviceMs: readonly number[];
    /** Median of the service over median of the runbook. */
    readonly ratio: number;
    readonly hostCommands: number;
    readonly transitions: number;
  }[];
}

/** Alternates the two in every round, so that a machine that gets slower slows both. */
export const measureCode = async (rounds: number, say: (line: string) => void): Promise<CodeResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'rollback-bench-'));
  const world = await startWorld({ directory, port: 0, tell: say });
  try {
    const profiles: CodeResult['profiles'][number][] = [];
    for (const [index, profile] of PROFILES.entries())
      profiles.push(await measureProfile(world, profile, index + 2, rounds, say));
    return { hosts: world.hosts.length, profiles };
  } finally {
    await world.close();
    await rm(directory, { recursive: true, force: true });
  }
};

const measureProfile = async (world: World, profile: Profile, major: number, rounds: number, say: (line: string) => void) => {
  const edit = slow(profile);
  const good = await world.repository.addRelease(`${major}.0.0`, edit, true);
  const bad = await world.repository.addRelease(`${major}.1.0`, all(edit, defects.healthRed));
  await register(world, good, bad);
  const runbookMs: number[] = [];
  const serviceMs: number[] = [];
  let rollbackId = '';
  for (let round = 1; round <= rounds; round += 1) {
    await deploy(world, bad);
    runbookMs.push(await runRunbook(world.hosts, good.commit));
    await deploy(world, bad);
    const measured = await rollBackByAlarm(world, good);
    rollbackId = measured.rollbackId;
    serviceMs.push(measured.ms);
    say(`${profile.name}, round ${round}: runbook ${seconds(runbookMs.at(-1) ?? 0)}, service ${seconds(measured.ms)}`);
  }
  const [hostCommands, transitions] = await Promise.all([
    countHostCommands(world, rollbackId),
    countTransitions(world, rollbackId),
  ]);
  return { name: profile.name, runbookMs, serviceMs, ratio: median(serviceMs) / median(runbookMs), hostCommands, transitions };
};

/** An alarm comes from an application that runs: what is still starting would take time from what is measured. */
const deploy = (world: World, { version }: SampleRelease) =>
  Promise.all(
    world.hosts.map(async (host) => {
      await host.deploy(version);
      await until(`answers of ${host.id}`, 30_000, async () => (await host.health()).status || undefined);
    }),
  );

const register = async (world: World, good: SampleRelease, bad: SampleRelease): Promise<void> => {
  const operator = world.client('operator');
  const manifest = sampleManifest({ monitor: { for: '3s', every: '1s', alarms: [] } });
  await operator.call('PUT', `/applications/${world.application}`, manifest);
  for (const { version, commit, good: verified } of [good, bad]) {
    const deployedAt = new Date(Date.now() - (verified ? 60_000 : 0)).toISOString();
    const release = { version, commit, deployedAt, status: verified ? 'verified' : 'deployed' };
    await operator.call('POST', `/applications/${world.application}/releases`, release);
  }
  await world.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: ALARM,
      Namespace: 'Bench',
      MetricName: 'none',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  );
};

/** Every function starts cold, as it does on the rare day of a rollback; every environment is built anew. */
const rollBackByAlarm = async (world: World, good: SampleRelease): Promise<{ rollbackId: string; ms: number }> => {
  await world.aws.lambda.cool();
  for (const { directory } of world.hosts)
    await rm(join(directory, 'var/lib/rollback-service', world.application, 'environments'), { recursive: true, force: true });
  const observer = observeHealth(world, good.version);
  const alarmAt = Date.now();
  await world.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: ALARM, StateValue: 'ALARM', StateReason: 'the bench says so' }),
  );
  const healthyAt = await until('healthy hosts', 120_000, async () => observer.healthyAt());
  // Asked only now: a function that starts for the question would slow down what is measured.
  const { rollbacks } = await world
    .client('viewer')
    .call('GET', `/rollbacks?application=${world.application}&from=${new Date(alarmAt).toISOString()}`);
  const rollbackId: string = rollbacks[0].rollbackId;
  await untilVerifying(world, rollbackId);
  await world.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: ALARM, StateValue: 'OK', StateReason: 'the bench says so' }));
  const rollback = await followRollback(world, rollbackId, () => undefined);
  if (rollback.status !== 'succeeded') throw new Error(`${rollbackId} is ${rollback.status}: ${rollback.resolution}`);
  return { rollbackId, ms: healthyAt.getTime() - alarmAt };
};

/** A host is healthy a moment before its command ends, and an alarm that was OK by then proves nothing. */
const untilVerifying = (world: World, rollbackId: string): Promise<true> =>
  until('the verification', 60_000, async () => {
    const { events } = await world.client('viewer').call('GET', `/rollbacks/${rollbackId}/events?limit=200`);
    return events.some(({ phase }: { phase: string }) => phase === 'verify') || undefined;
  });

const countHostCommands = async (world: World, rollbackId: string): Promise<number> => {
  const ssm = new SSMClient({ endpoint: world.endpoint, region: REGION, credentials: world.credentials.admin });
  const commands: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(new ListCommandsCommand({ MaxResults: 50, ...(NextToken && { NextToken }) }));
    commands.push(...(page.Commands ?? []).flatMap(({ Comment }) => Comment ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return commands.filter((comment) => comment.startsWith(`${rollbackId} `)).length;
};

export const printCode = ({ hosts, profiles }: CodeResult): string => {
  const head = [`code rollback, ${hosts} hosts`, 'runbook script', 'service', 'ratio', 'host commands', 'transitions'];
  const rows = profiles.map(({ name, runbookMs, serviceMs, ratio, hostCommands, transitions }) => [
    name,
    seconds(median(runbookMs)),
    seconds(median(serviceMs)),
    ratio.toFixed(2),
    hostCommands,
    transitions,
  ]);
  return `\n${table([head, ...rows])}\n`;
};
