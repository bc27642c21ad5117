import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { executeScript } from '../../programs.ts';
import { type DocumentContent, type DocumentStep, readParameters } from './document.ts';
import { FIRST_ENV_VAR_AGENT, type Host } from './host.ts';
import type { Ended } from './process.ts';

const DEFAULT_TIMEOUT_SECONDS = 3600;
const TIMEOUT_SECONDS = { from: 5, to: 172_800 };

/** Exit code by which a script asks the agent to reboot the host and to run the step again. */
const REBOOT = 194;

/** A script that asks for a reboot for ever would keep the laptop busy for ever. */
const MOST_REBOOTS = 5;

/** What a step came to. A step that never ran, because a step before it ended the document, is `Cancelled`. */
export interface StepResult {
  readonly name: string;
  readonly status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  readonly statusDetails: string;
  readonly responseCode: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** Whole output, as far as the agent keeps it in memory, in the caller's view. */
  readonly stdout: string;
  readonly stderr: string;
}

/** One command as it arrives at the agent of one host. */
export interface Delivery {
  readonly host: Host;
  readonly commandId: string;
  readonly content: DocumentContent;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds that one second of a step's time-out lasts. */
  readonly secondsMs: number;
  readonly cancel: AbortSignal;
  /** Called with the whole output of each step that ran, from the agent's files. */
  readonly onOutput?: (step: string, stdout: string, stderr: string) => void;
}

/** A step's time-out in seconds; out of 5..172800 the agent silently takes 3600. */
export function stepTimeout({ inputs }: DocumentStep): number {
  const seconds = Number(inputs.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS);
  return seconds >= TIMEOUT_SECONDS.from && seconds <= TIMEOUT_SECONDS.to ? seconds : DEFAULT_TIMEOUT_SECONDS;
}

/** Compares dotted versions by number. */
function older(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

function stepEnvironment({ host, content, parameters }: Delivery): Record<string, string> {
  const values = readParameters(content, parameters);
  if (older(host.agentVersion, FIRST_ENV_VAR_AGENT)) return { ...host.environment };
  const variables = Object.entries(values).map(([name, value]) => [`SSM_${name}`, host.view.inward(value)]);
  return { ...host.environment, ...Object.fromEntries(variables) };
}

function judge({ reason, exitCode }: Ended): Pick<StepResult, 'status' | 'statusDetails'> {
  if (reason === 'timed out') return { status: 'TimedOut', statusDetails: 'ExecutionTimedOut' };
  if (reason === 'cancelled') return { status: 'Cancelled', statusDetails: 'Cancelled' };
  return exitCode === 0 ? { status: 'Success', statusDetails: 'Success' } : { status: 'Failed', statusDetails: 'Failed' };
}

function orchestrationFolder({ host, commandId }: Delivery, step: DocumentStep): string {
  return join(host.directory, 'var/lib/amazon/ssm', host.id, 'document/orchestration', commandId, step.name);
}

async function runOnce(delivery: Delivery, step: DocumentStep, environment: Record<string, string>): Promise<Ended> {
  const folder = orchestrationFolder(delivery, step);
  const script = join(folder, '_script.sh');
  mkdirSync(folder, { recursive: true });
  // Written synchronously: a file that is open for writing while another script is forked cannot be executed (ETXTBSY).
  writeFileSync(script, `${step.inputs.runCommand.join('\n')}\n`, { mode: 0o700 });
  const { workingDirectory } = step.inputs;
  return await executeScript({
    script,
    directory: workingDirectory ? delivery.host.view.inward(workingDirectory) : folder,
    environment,
    timeoutMs: stepTimeout(step) * delivery.secondsMs,
    cancel: delivery.cancel,
    stdoutFile: join(folder, 'stdout'),
    stderrFile: join(folder, 'stderr'),
  });
}

function failure({ reason, exitCode }: Ended): string {
  if (reason === 'exited' && exitCode === 0) return '';
  return `failed to run commands: ${reason === 'exited' ? `exit status ${exitCode}` : 'signal: killed'}`;
}

function wholeOutput(delivery: Delivery, step: DocumentStep): [stdout: string, stderr: string] {
  const read = (name: string) =>
    delivery.host.view.outward(readFileSync(join(orchestrationFolder(delivery, step), name), 'utf8'));
  return [read('stdout'), read('stderr')];
}

async function runStep(delivery: Delivery, step: DocumentStep, environment: Record<string, string>): Promise<StepResult> {
  const startedAt = new Date();
  let ended = await runOnce(delivery, step, environment);
  for (let reboots = 0; ended.reason === 'exited' && ended.exitCode === REBOOT && reboots < MOST_REBOOTS; reboots++) {
    await delivery.host.reboot();
    ended = await runOnce(delivery, step, environment);
  }
  const { view } = delivery.host;
  delivery.onOutput?.(step.name, ...wholeOutput(delivery, step));
  return {
    name: step.name,
    ...judge(ended),
    responseCode: ended.exitCode,
    startedAt,
    finishedAt: new Date(),
    stdout: view.outward(ended.stdout),
    stderr: view.outward(ended.stderr) + failure(ended),
  };
}

function notRun(step: DocumentStep, status: 'Failed' | 'Cancelled', why: string): StepResult {
  const now = new Date();
  return {
    name: step.name,
    status,
    statusDetails: status,
    responseCode: 1,
    startedAt: now,
    finishedAt: now,
    stdout: '',
    stderr: why,
  };
}

/** True when the steps after this one, but for a `finallyStep`, are not run. */
function endsDocument(step: DocumentStep, { status }: StepResult): boolean {
  if (status === 'Cancelled') return true;
  return status === 'Success' ? step.onSuccess === 'exit' : step.onFailure !== undefined;
}

/** Runs a document's steps in order, as the agent of the host does it, and answers one result a step. Never rejects. */
export async function runDocument(delivery: Delivery): Promise<readonly StepResult[]> {
  const { content, cancel } = delivery;
  const results: StepResult[] = [];
  try {
    const environment = stepEnvironment(delivery);
    let over = false;
    for (const step of content.mainSteps) {
      if (cancel.aborted) results.push(notRun(step, 'Cancelled', ''));
      else if (over && !step.finallyStep)
        results.push(notRun(step, 'Cancelled', 'Step execution skipped due to exit of previous step.'));
      else {
        const result = await runStep(delivery, step, environment);
        over ||= endsDocument(step, result);
        results.push(
          step.onFailure === 'successAndExit' && result.status === 'Failed'
            ? { ...result, status: 'Success', statusDetails: 'Success' }
            : result,
        );
      }
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    for (const step of content.mainSteps.slice(results.length)) results.push(notRun(step, 'Failed', why));
  }
  return results;
}
