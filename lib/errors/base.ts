/** Base of them all: `instanceof` tells a foreseen failure from a defect. */
export abstract class RollbackServiceError extends Error {
  abstract override readonly name: string;
  readonly retryable: boolean = false;
}

/** Base of those that a caller of the HTTP API is answered with: `status` and `title` of its problem+json. */
export abstract class RequestError extends RollbackServiceError {
  abstract readonly status: number;
  abstract readonly title: string;
}
