/** One event of an execution's history as GetExecutionHistory gives it. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** Seconds since the epoch, as aws-json has them. */
  readonly timestamp: number;
  readonly [details: `${string}Details`]: object;
}

/** An execution's history; `record` answers the new event's id. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** `detailsOf` is the detail member's name without `EventDetails`, when it isn't the type itself. */
  record(type: string, details: object | undefined, previousEventId: number, detailsOf = lowerFirst(type)): number {
    const id = this.events.length + 1;
    const member = details ? { [`${detailsOf}EventDetails`]: details } : {};
    this.events.push({ id, previousEventId, type, timestamp: this.#clock() / 1000, ...member });
    return id;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
