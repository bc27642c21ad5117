import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import { Phase, type RollbackEvent } from '../lib/contracts.ts';

/** Shows the phases of one rollback while they happen. */
export interface Progress {
  /** Takes the log's events in their order. */
  add(event: RollbackEvent): void;
  /** No more events come. Resolves when everything is on the screen. */
  end(): Promise<void>;
}

/** How long one phase took, from its first event to the next phase's first. */
export interface PhaseTime {
  readonly phase: Phase;
  readonly ms: number;
}

const DETAIL_LIMIT = 100;

/** The phases that the events went through, in the order of their first event. */
export function phaseTimes(events: readonly RollbackEvent[]): readonly PhaseTime[] {
  const firsts = events.filter((event, index) => events.findIndex(({ phase }) => phase === event.phase) === index);
  const last = events.at(-1);
  return firsts.map((first, index) => {
    const until = firsts[index + 1] ?? last ?? first;
    return { phase: first.phase, ms: Date.parse(until.at) - Date.parse(first.at) };
  });
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
      print(
        `           ${phaseTimes(events)
          .map(({ phase, ms }) => `${phase} ${seconds(ms)}`)
          .join(', ')}`,
      );
    },
  };
}

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** One phase on the screen: waits until a later phase has begun or the rollback has ended. */
class PhaseTask {
  readonly phase: Phase;
  readonly #over = Promise.withResolvers<void>();
  #task: Task | undefined;
  #output = '';
  #startedAt: number | undefined;
  #ms = 0;

  constructor(phase: Phase) {
    this.phase = phase;
  }

  async run(task: Task): Promise<void> {
    this.#task = task;
    if (this.#output) task.output = this.#output;
    await this.#over.promise;
    if (this.#startedAt === undefined) task.skip();
    else task.title = `${this.phase.padEnd(8)} ${seconds(this.#ms)}`;
  }

  add(event: RollbackEvent): void {
    this.#startedAt ??= Date.parse(event.at);
    this.#ms = Date.parse(event.at) - this.#startedAt;
    this.#output = describeEvent(event);
    if (this.#task) this.#task.output = this.#output;
  }

  /** `at`: when the next phase began, in ms. */
  end(at?: number): void {
    if (this.#startedAt !== undefined && at !== undefined) this.#ms = at - this.#startedAt;
    this.#over.resolve();
  }
}

function createTerminalProgress(): Progress {
  const tasks = Phase.options.map((phase) => new PhaseTask(phase));
  const open = new Set(tasks);
  const close = (ended: readonly PhaseTask[], at?: number) => {
    for (const task of ended) {
      if (open.delete(task)) task.end(at);
    }
  };
  const list = new Listr(
    tasks.map((phaseTask) => ({
      title: phaseTask.phase,
      task: (_: unknown, task: Task) => phaseTask.run(task),
      rendererOptions: { persistentOutput: true },
    })),
    { registerSignalListeners: false, rendererOptions: { collapseSkips: true, showSkipMessage: false } },
  );
  const shown = list.run();
  return {
    add(event) {
      const index = Phase.options.indexOf(event.phase);
      close(tasks.slice(0, index), Date.parse(event.at));
      tasks[index]?.add(event);
    },
    async end() {
      close(tasks);
      await shown;
    },
  };
}

/** A live display on a terminal, plain lines elsewhere. */
export function createProgress(output: NodeJS.WriteStream = process.stdout): Progress {
  return output.isTTY ? createTerminalProgress() : createLineProgress((line) => output.write(`${line}\n`));
}
