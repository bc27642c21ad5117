/** Long lists as they come: pages of items in the order of their keys, never all of them at once. */
import { compareKeys } from '../domain/frontend/keys.ts';

/** The same pages, each asked for while the one before is worked on. */
export async function* ahead<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = pages[Symbol.asyncIterator]();
  const ask = () => {
    const asked = iterator.next();
    // Its failure is told when the page is come to.
    asked.catch(() => undefined);
    return asked;
  };
  let next = ask();
  try {
    for (let page = await next; !page.done; page = await next) {
      next = ask();
      yield page.value;
    }
  } finally {
    // Whoever stops early must not leave a request under way behind.
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}

/** The items of a list that are yet to come, for a merge with another list. */
export class Upcoming<T extends { readonly key: string }> {
  readonly #pages: AsyncIterator<readonly T[]>;
  #page: readonly T[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly T[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Takes the next item if its key comes before this one; without a key, whatever it is. */
  async before(key?: string): Promise<T | null> {
    const item = await this.#peek();
    return item !== undefined && (key === undefined || compareKeys(item.key, key) < 0) ? this.#take(item) : null;
  }

  /** Takes the item of this key, and with it all before. */
  async at(key: string): Promise<T | null> {
    while ((await this.before(key)) !== null);
    const item = await this.#peek();
    return item?.key === key ? this.#take(item) : null;
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }

  async #peek(): Promise<T | undefined> {
    while (this.#next === this.#page.length) {
      const { done, value } = await this.#pages.next();
      if (done) return undefined;
      [this.#page, this.#next] = [value, 0];
    }
    return this.#page[this.#next];
  }

  #take(item: T): T {
    this.#next += 1;
    return item;
  }
}
