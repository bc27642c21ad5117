import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import { Phase, type RollbackEvent } from '../lib/contracts.ts';

/** Shows the phases of one rollback while they happen. */
export interface Progress {
  /** Takes the log's events in their order. */
  add(event: RollbackEvent): void;
  /** No more events come. Resolves when everything is on the screen. */
  end(): Promise<void>;
}

/** Narrower terminals, or those that do not say, get plain lines. */
const LEAST_COLUMNS = 60;
const DETAIL_LIMIT = 100;

/**
 * Milliseconds that each phase took, in the order of their first events. The time before an event belongs to its phase: most
 * events say what has been done.
 */
export function phaseTimes(events: readonly RollbackEvent[]): ReadonlyMap<Phase, number> {
  const times = new Map<Phase, number>();
  for (const [index, { phase, at }] of events.entries()) {
    const since = events[index - 1]?.at ?? at;
    times.set(phase, (times.get(phase) ?? 0) + Date.parse(at) - Date.parse(since));
  }
  return times;
}

/** `1.2 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** One line for an event: its type and what of its details fits. */
export function describeEvent({ type, detail }: RollbackEvent): string {
  const isShort = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
  const shown = Object.entries(detail).filter(([, value]) => isShort(value));
  const text = shown.map(([key, value]) => `${key} ${value}`).join(', ');
  const line = text ? `${type} (${text})` : type;
  return line.length > DETAIL_LIMIT ? `${line.slice(0, DETAIL_LIMIT - 1)}…` : line;
}

/** Plain lines, for a log file or a pipe. */
export function createLineProgress(print: (line: string) => void): Progress {
  const events: RollbackEvent[] = [];
  return {
    add(event) {
      events.push(event);
      const sinceStart = Date.parse(event.at) - Date.parse(events[0]?.at ?? event.at);
      print(`${`+${seconds(sinceStart)}`.padStart(9)}  ${event.phase.padEnd(8)} ${describeEvent(event)}`);
    },
    async end() {
      const times = [...phaseTimes(events)].map(([phase, ms]) => `${phase} ${seconds(ms)}`);
      print(`           ${times.join(', ')}`);
    },
  };
}

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** One phase on the screen: waits until it is known to be over. */
class PhaseTask {
  readonly phase: Phase;
  readonly #over = Promise.withResolvers<number | undefined>();
  #task: Task | undefined;
  #output = '';

  constructor(phase: Phase) {
    this.phase = phase;
  }

  async run(task: Task): Promise<void> {
    this.#task = task;
    task.output = this.#output;
    const ms = await this.#over.promise;
    if (ms === undefined) task.skip();
    else task.title = `${this.phase.padEnd(8)} ${seconds(ms)}`;
  }

  show(event: RollbackEvent): void {
    this.#output = describeEvent(event);
    if (this.#task) this.#task.output = this.#output;
  }

  /** `ms`: how long the phase took; undefined: it was not needed. */
  end(ms: number | undefined): void {
    this.#over.resolve(ms);
  }
}

/** Phases whose one event ends them, and whose next phase is known: it is what then is waited for. */
const ENDED_BY_ITS_EVENT: readonly Phase[] = ['trigger', 'plan', 'close'];

function isOverBy({ phase, type }: RollbackEvent): boolean {
  return ENDED_BY_ITS_EVENT.includes(phase) || (phase === 'verify' && !type.startsWith('host-command'));
}

function createTerminalProgress(): Progress {
  const events: RollbackEvent[] = [];
  const tasks = Phase.options.map((phase) => new PhaseTask(phase));
  const open = new Set(tasks);
  const close = (ended: readonly PhaseTask[]) => {
    const times = phaseTimes(events);
    for (const task of ended) if (open.delete(task)) task.end(times.get(task.phase));
  };
  const rendererOptions = { collapseSkips: true, showSkipMessage: false };
  const list = new Listr(
    tasks.map((phaseTask) => ({
      title: phaseTask.phase,
      task: (_: unknown, task: Task) => phaseTask.run(task),
      rendererOptions: { persistentOutput: true },
    })),
    { registerSignalListeners: false, rendererOptions },
  );
  const shown = list.run();
  return {
    add(event) {
      const index = Phase.options.indexOf(event.phase);
      events.push(event);
      tasks[index]?.show(event);
      close(tasks.slice(0, isOverBy(event) ? index + 1 : index));
    },
    async end() {
      close(tasks);
      await shown;
    },
  };
}

/** A live display on a terminal, plain lines elsewhere. */
export function createProgress(output: NodeJS.WriteStream = process.stdout): Progress {
  return output.isTTY && output.columns >= LEAST_COLUMNS
    ? createTerminalProgress()
    : createLineProgress((line) => output.write(`${line}\n`));
}
