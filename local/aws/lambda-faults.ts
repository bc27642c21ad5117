/** A failure that a test asks for. */
export type Fault = (
  | {
      /** Answers as if the handler had thrown; it does not run. */ readonly kind: 'throw';
      readonly errorType: string;
      readonly message: string;
    }
  | {
      /** Runs the handler, kills it after `afterMs` and answers that it timed out. */ readonly kind: 'timeout';
      readonly afterMs: number;
    }
  | { /** `TooManyRequestsException`; the handler does not run. */ readonly kind: 'throttle' }
  | { /** `ServiceException`; the handler does not run. */ readonly kind: 'service' }
  | { /** Runs the handler to its end, then answers `ServiceException`. */ readonly kind: 'lost-response' }
) & {
  /** How many invocations it strikes; 1 unless told. */
  readonly times?: number;
  /** Whose it is: a test asks afterwards whether all of its own struck. */
  readonly owner?: string;
  /** Strikes only the invocations whose payload it is true for. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the payload that it waits for
  readonly when?: (payload: any) => boolean;
};

/** The faults that wait for their invocation, a function each. */
export class Faults {
  readonly #waiting: { readonly functionName: string; readonly fault: Fault; left: number }[] = [];

  add(functionName: string, fault: Fault): void {
    this.#waiting.push({ functionName, fault, left: fault.times ?? 1 });
  }

  /** Takes the first fault that strikes this invocation, if there is one. */
  take(functionName: string, payload: unknown): Fault | undefined {
    const found = this.#waiting.find(
      (waiting) => waiting.left > 0 && waiting.functionName === functionName && (waiting.fault.when?.(payload) ?? true),
    );
    if (found) found.left -= 1;
    return found?.fault;
  }

  /** The owner's faults that have not struck as often as they should, in words. */
  left(owner: string): string[] {
    return this.#waiting
      .filter(({ fault, left }) => fault.owner === owner && left > 0)
      .map(({ functionName, fault, left }) => `${fault.kind} in ${functionName}, ${left} times`);
  }
}
