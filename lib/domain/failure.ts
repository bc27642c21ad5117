/** Why a step of a state machine failed, in words for people. */

export type StepFailure = { Error: string; Cause: string };

type Described = { Error?: string; Cause?: string; Status?: string; errorMessage?: string };

/** A nested execution's cause is its whole description as JSON, with the words inside; a function's is its error. */
export function describeFailure({ Error: error, Cause: cause }: StepFailure): string {
  const described = parsed(cause);
  // Step Functions cuts a Cause: what is left of a description helps nobody.
  if (described === undefined) return cause === '' || cause.startsWith('{') ? inWords(error) : cause;
  if (described.errorMessage) return described.errorMessage;
  const inner = described.Error ?? (described.Status === 'TIMED_OUT' ? 'States.Timeout' : error);
  return describeFailure({ Error: inner, Cause: described.Cause ?? '' });
}

/** The names that Step Functions and Lambda give tell people nothing. */
function inWords(error: string): string {
  if (error === 'States.Timeout' || error === 'Sandbox.Timedout') return 'A step did not end in time.';
  return /^(States|Lambda|Sandbox|Runtime)\./.test(error) ? 'A step failed: the events of the log say at which phase.' : error;
}

/** undefined: it is no description. */
function parsed(cause: string): Described | undefined {
  try {
    const value: unknown = JSON.parse(cause);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
