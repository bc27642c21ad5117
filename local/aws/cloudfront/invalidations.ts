import { randomBytes } from 'node:crypto';
import { AwsError } from '../service.ts';

/** Wildcard and other paths of a distribution that may be in progress at once. */
const MAX_WILDCARDS = 15;
const MAX_PATHS = 3000;

export interface Invalidation {
  readonly id: string;
  readonly callerReference: string;
  readonly paths: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly isCompleted: boolean;
}

/** The invalidations of one distribution. They end by the clock, so whoever reads the cache calls `settle` before. */
export class Invalidations {
  readonly #all: { -readonly [Member in keyof Invalidation]: Invalidation[Member] }[] = [];
  readonly #now: () => number;
  readonly #durationMs: number;
  readonly #carryOut: (paths: readonly string[]) => void;

  constructor(options: {
    readonly now: () => number;
    readonly durationMs: number;
    readonly carryOut: (paths: readonly string[]) => void;
  }) {
    this.#now = options.now;
    this.#durationMs = options.durationMs;
    this.#carryOut = options.carryOut;
  }

  /** Carries out those whose time has come. */
  settle(): void {
    const due = this.#now() - this.#durationMs;
    for (const invalidation of this.#all) {
      if (invalidation.isCompleted || invalidation.created > due) continue;
      invalidation.isCompleted = true;
      this.#carryOut(invalidation.paths);
    }
  }

  /** The same reference with the same paths is the same invalidation. */
  create(callerReference: string, paths: readonly string[]): Invalidation {
    this.settle();
    const former = this.#all.find((invalidation) => invalidation.callerReference === callerReference);
    if (former) return sameAs(former, paths);
    this.#refuseTooMany(paths);
    const id = `I${randomBytes(7).toString('hex').toUpperCase().slice(0, 13)}`;
    const made = { id, callerReference, paths, created: this.#now(), isCompleted: false };
    this.#all.push(made);
    return made;
  }

  /** Throws `NoSuchInvalidation`. */
  get(id: string): Invalidation {
    this.settle();
    const found = this.#all.find((invalidation) => invalidation.id === id);
    if (!found) throw new AwsError('NoSuchInvalidation', 'The specified invalidation does not exist.', 404);
    return found;
  }

  /** Newest first. */
  list(): readonly Invalidation[] {
    this.settle();
    return this.#all.toReversed();
  }

  #refuseTooMany(paths: readonly string[]): void {
    const running = this.#all.filter(({ isCompleted }) => !isCompleted).flatMap((invalidation) => invalidation.paths);
    const wildcards = [...running, ...paths].filter(isWildcard).length;
    if (wildcards <= MAX_WILDCARDS && running.length + paths.length - wildcards <= MAX_PATHS) return;
    const message = 'Your request contains invalidation paths that exceed the number that can be in progress at once.';
    throw new AwsError('TooManyInvalidationsInProgress', message);
  }
}

const isWildcard = (path: string) => path.endsWith('*');

function sameAs(former: Invalidation, paths: readonly string[]): Invalidation {
  if (former.paths.toSorted().join('\n') === paths.toSorted().join('\n')) return former;
  const message = 'Your request contains a caller reference that was used for a different set of paths.';
  throw new AwsError('InvalidationBatchAlreadyExists', message);
}
