import { AwsError } from './service.ts';

/** A failure of one AWS call that a test asks for. */
export interface CallFault {
  /** SigV4 scope of the service: `ssm`, `dynamodb`, … */
  readonly service: string;
  readonly operation: string;
  /**
   * `refused`: a 500 instead of the call. `error`: an error of one's own instead. `lost-answer`: the call is carried out, then a
   * 500. `late`: carried out once `until` is.
   */
  readonly kind: 'refused' | 'error' | 'lost-answer' | 'late';
  readonly until?: Promise<unknown>;
  /** For `error`. With the status 200 it is one that CopyObject embeds in an answer which looks like a success. */
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
  /** How many calls it strikes; 1 unless told. */
  readonly times?: number;
  /** Whose it is: a test asks afterwards whether all of its own struck. */
  readonly owner?: string;
  /** Strikes only the calls that it is true for; `caller` is the ARN that signed. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the input that it waits for
  readonly when?: (input: any, caller: string) => boolean;
}

/** A call that is about to be carried out. */
interface StruckCall {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly caller: string;
}

/** The faults that wait for their call. */
export class CallFaults {
  readonly #waiting: { readonly fault: CallFault; left: number }[] = [];

  inject(fault: CallFault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** Carries a call out, or not, as the first fault that strikes it says. */
  async carryOut<T>(call: StruckCall, run: () => Promise<T>): Promise<T> {
    const fault = this.#take(call);
    if (fault?.kind === 'refused') throw internalError();
    if (fault?.kind === 'error') throw errorOf(fault);
    if (fault?.kind === 'late') await fault.until;
    const answer = await run();
    if (fault?.kind === 'lost-answer') throw internalError();
    return answer;
  }

  /** The owner's faults that have not struck as often as they should, in words. */
  left(owner: string): string[] {
    return this.#waiting
      .filter(({ fault, left }) => fault.owner === owner && left > 0)
      .map(({ fault, left }) => `${fault.kind} in ${fault.service} ${fault.operation}, ${left} times`);
  }

  #take({ service, operation, input, caller }: StruckCall): CallFault | undefined {
    const found = this.#waiting.find(
      ({ fault, left }) =>
        left > 0 && fault.service === service && fault.operation === operation && (fault.when?.(input, caller) ?? true),
    );
    if (found) found.left -= 1;
    return found?.fault;
  }
}

function errorOf({ error }: CallFault): AwsError {
  return error ? new AwsError(error.code, error.message, error.status) : internalError();
}

function internalError(): AwsError {
  return new AwsError('InternalServerError', 'The request processing has failed because of an unknown error.', 500);
}
