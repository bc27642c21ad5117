import { vi } from 'vitest';
import { documents } from '../../lib/aws/dynamodb.ts';

/** An error as AWS answers it. */
export function awsError(name: string, status = 400): Error {
  return Object.assign(new Error(name), {
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });
}

/** A request that got no answer. */
export function timeout(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
}

/** The next write of this kind is carried out, but its answer is lost. */
export function loseNextAnswer(command: string): void {
  const original = documents.send.bind(documents) as (command: unknown) => Promise<unknown>;
  const spy = vi.spyOn(documents, 'send');
  spy.mockImplementation((async (sent: object) => {
    const answer = await original(sent);
    if (sent.constructor.name !== command) return answer;
    spy.mockRestore();
    throw timeout();
  }) as unknown as typeof documents.send);
}
