import { AwsError } from '../service.ts';

/** States' inputs and outputs, in bytes of UTF-8. */
export const PAYLOAD_LIMIT = 262_144;

/** How a state fails in the Amazon States Language: `name` is what ErrorEquals matches, `message` the Cause. */
export class StateFailure extends Error {
  override readonly name: string;
  /** The engine asks for both; a terminal failure passes every Retry and Catch. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(error: string, cause: string, terminal = false) {
    super(cause);
    this.name = error;
    this.isRetryable = !terminal;
    this.isCatchable = !terminal;
  }
}

/** Ends what an execution still does after it is over; nobody sees it. */
export class Halted extends StateFailure {
  constructor() {
    super('States.Runtime', 'The execution is over', true);
  }
}

/** The payload of `place` is over the limit. Passes `States.ALL`, as in AWS. */
export function tooLarge(place: string): StateFailure {
  const cause = `The state/task '${place}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  return new StateFailure('States.DataLimitExceeded', cause, true);
}

/** How a failed call of a service appears: `Lambda.TooManyRequestsException`, `StepFunctions.ExecutionAlreadyExistsException`. */
export function serviceFailure(prefix: 'Lambda' | 'StepFunctions', error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  if (!(error instanceof AwsError))
    return new StateFailure(`${prefix}.Unknown`, error instanceof Error ? error.message : String(error));
  const code = error.code.endsWith('Exception') ? error.code : `${error.code}Exception`;
  // Step Functions knows Lambda's refusal only by Lambda's general exception.
  const name = prefix === 'Lambda' && code === 'AccessDeniedException' ? 'AWSLambdaException' : code;
  return new StateFailure(`${prefix}.${name}`, `${error.message} (Service: ${prefix}, Status Code: ${error.status})`);
}
