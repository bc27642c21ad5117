/**
 * As `Promise.all`, but rejects only when every one of them has ended: a Lambda that answers while a request is under way is frozen
 * with it, and the request comes out at the next invocation.
 */
export async function allEnded<T extends readonly unknown[]>(work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
