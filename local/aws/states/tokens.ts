import { randomBytes } from 'node:crypto';
import { AwsError } from '../service.ts';

/** A new task token: as long and as awkward in a URL as a real one. */
export function newTaskToken(): string {
  return `AQC${randomBytes(384).toString('base64')}`;
}

/** The task tokens that states wait for. A token that was answered or whose task is over stays known as worthless. */
export class TaskTokens {
  readonly #waiting = new Map<string, PromiseWithResolvers<unknown>>();
  readonly #over = new Set<string>();

  /** Resolves with what SendTaskSuccess brings, rejects with what SendTaskFailure does, never once `signal` is aborted. */
  wait(token: string, signal: AbortSignal): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(token, answer);
    signal.addEventListener('abort', () => this.#end(token), { once: true });
    return answer.promise;
  }

  /** Takes the one answer a token may have. Throws `InvalidToken` for an unknown one, `TaskTimedOut` for one that is over. */
  answer(token: unknown): PromiseWithResolvers<unknown> {
    const waiting = this.#waiting.get(String(token));
    if (waiting) {
      this.#end(String(token));
      return waiting;
    }
    if (this.#over.has(String(token)))
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }

  #end(token: string): void {
    this.#waiting.delete(token);
    this.#over.add(token);
  }
}
