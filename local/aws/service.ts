/**
 * What every service of the laptop AWS is made of: a SigV4 scope, a wire protocol and one function an operation.
 * The server (server.ts) verifies the signature, finds the service by the scope and hands it a `Call` an operation.
 */

/** The one account and region that the laptop AWS has. */
export const ACCOUNT_ID = '123456789012';
export const REGION = 'eu-central-1';

/** One IAM policy document as it stands in the template, intrinsics resolved. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: unknown;
}

/** Who signed a request: an operator's key or the session of a Lambda's or state machine's role. */
export interface Caller {
  /** `arn:aws:iam::…:user/operator` or `arn:aws:sts::…:assumed-role/<role>/<function>` */
  readonly arn: string;
  readonly accessKeyId: string;
  readonly policies: readonly PolicyDocument[];
}

/** One signed call, decoded. */
export interface Call {
  readonly operation: string;
  readonly caller: Caller;
  /**
   * Answers silently when the caller's policies allow `action` on every one of `resources`; throws `AccessDeniedException`
   * with AWS's own sentence otherwise. `context` are IAM condition keys, such as `aws:ResourceTag/Team`.
   */
  authorize(
    action: string,
    resources: readonly string[],
    context?: Readonly<Record<string, string | readonly string[]>>,
  ): Promise<void>;
}

/** An operation: the decoded request in, the response's members out. Throws `AwsError` for a modelled error. */
// biome-ignore lint/suspicious/noExplicitAny: each operation narrows the input it reads; the wire gives no types
export type Operation = (input: any, call: Call) => Promise<object | undefined>;

/** `json`: aws-json 1.0/1.1; `query`: AWS query, XML answers; `cbor+json`: smithy rpc-v2-cbor beside aws-json. */
export type Protocol = 'json' | 'query' | 'cbor+json';

/** A service that speaks one of the RPC protocols. */
export interface Service {
  /** Service name in the SigV4 credential scope: `ssm`, `states`, `monitoring`, … */
  readonly scope: string;
  readonly protocol: Protocol;
  /** Only for `query`: the XML namespace of the answers. */
  readonly xmlNamespace?: string;
  /** Only for `query`: what the elements of a list are called, by the list's name, where it isn't `member`. */
  readonly itemNames?: Readonly<Record<string, string>>;
  readonly operations: Readonly<Record<string, Operation>>;
  /** Ends timers and processes that this service started. */
  close?(): Promise<void>;
}

/** A modelled AWS error: `code` becomes `__type` / `Code`, `members` further members of the error's shape. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** What a Lambda invocation answered. `functionError` is set as AWS sets it; the payload then is `{errorType, errorMessage, trace}`. */
export interface InvocationResult {
  readonly payload: unknown;
  readonly functionError?: 'Handled' | 'Unhandled';
}

/** Invokes a deployed function synchronously. Rejects with `AwsError` (`TooManyRequestsException`, `ServiceException`, …) as the Lambda API would. */
export type InvokeFunction = (functionArn: string, payload: unknown) => Promise<InvocationResult>;

/** One EventBridge event before the bus gives it id, time, account and region. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: object;
  readonly resources?: readonly string[];
}

/** Puts an event on the default bus; it is delivered later, at least once. */
export type PublishEvent = (event: BusEvent) => void;
