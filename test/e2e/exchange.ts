/** Requests with every detail in the test's hand, and the whole answer whatever its status. */
import type { User } from '../../local/aws/users.ts';
import { signedFetch } from '../local/signed-fetch.ts';
import type { Theatre } from './harness.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** An object of a JSON answer, else its text. */
  // biome-ignore lint/suspicious/noExplicitAny: what a path answers is the test's to know, as with JSON.parse
  readonly body: any;
}

export interface Sent {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

/** Sends one signed request as a user; `nobody` does not sign it. */
export const exchange = async (
  { aws }: Theatre,
  user: User | 'nobody',
  request: string,
  { body, text = body === undefined ? undefined : JSON.stringify(body), headers = {} }: Sent = {},
): Promise<Answer> => {
  const [method = 'GET', path = '/'] = request.split(' ');
  const sent = {
    method,
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  };
  const response =
    user === 'nobody'
      ? await fetch(aws.endpoint + path, sent)
      : await signedFetch(aws.endpoint + path, { ...sent, service: 'execute-api', credentials: aws.credentials(user) });
  const answered = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answered) : answered };
};
