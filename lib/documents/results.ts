import * as z from 'zod/mini';
import type { DocumentName } from './definitions.ts';

const commit = z.string().check(z.regex(/^[0-9a-f]{40,64}$/));
const count = z.number().check(z.int(), z.nonnegative());

const serviceState = z.object({
  name: z.string(),
  /** systemd's ActiveState, or `not-found`, or `unknown` when systemctl did not answer. */
  state: z.string(),
  /** 0 when no process runs. */
  mainPid: z.nullable(count),
});

const health = z.object({
  /** HTTP status; 0 when nothing answered. */
  status: count,
  /** The body's `version`, where it has one. */
  version: z.nullable(z.string()),
  milliseconds: z.nullable(count),
});

/** Null where nobody can tell: no unit named, no journal. */
const errorsInLogs = z.nullable(count);

const answered = { host: z.string(), ok: z.literal(true) };

const inspection = z.object({
  ...answered,
  document: z.literal('inspect-host'),
  commit,
  branch: z.nullable(z.string()),
  dirtyFiles: count,
  targetPresent: z.boolean(),
  gitVersion: z.string(),
  services: z.array(serviceState),
  configuration: z.nullable(z.object({ sha256: z.string(), mode: z.string(), owner: z.string() })),
  health: z.nullable(health),
  errorsInLogs,
  freeMegabytes: count,
  /** The highest fencing token that this host has seen. */
  fence: z.nullable(count),
});

const capture = z.object({
  ...answered,
  document: z.literal('capture-host'),
  commit,
  branch: z.nullable(z.string()),
  dirtyFiles: count,
  services: z.array(serviceState),
  /** `backup` is a path on the host. */
  configuration: z.nullable(z.object({ sha256: z.string(), backup: z.string() })),
});

const preparation = z.object({
  ...answered,
  document: z.literal('prepare-code'),
  commit,
  /** False when the commit was there already. */
  fetched: z.boolean(),
  environment: z.enum(['built', 'present', 'none']),
  freeMegabytes: count,
});

/** What was done to the configuration file. Names of keys, never a value. */
const configuration = {
  configuration: z.nullable(
    z.object({ sha256: z.string(), mode: z.string(), owner: z.string(), backup: z.nullable(z.string()) }),
  ),
  /** Why the file kept what it held, where that is no failure: it was `same` already, or the earlier one is `missing`. */
  stays: z.nullable(z.enum(['same', 'missing'])),
  /** Keys that the file had and the restored one has not, and the other way round. */
  missingKeys: z.array(z.string()),
  addedKeys: z.array(z.string()),
  /** host:port in DATABASE_URL now, and in what it was made of; null: that was not changed. */
  database: z.nullable(z.object({ address: z.string(), was: z.string() })),
};

const backUp = z.object({
  ...answered,
  document: z.literal('back-up-configuration'),
  configuration: z.object({ sha256: z.string(), backup: z.string() }),
});

/** What runs after services were brought up. */
const broughtUp = { changed: z.boolean(), services: z.array(serviceState), health: z.nullable(health), errorsInLogs };

const restoration = z.object({ ...answered, document: z.literal('restore-configuration'), ...configuration, ...broughtUp });

const management = z.object({ ...answered, document: z.literal('manage-services'), ...broughtUp });

const query = z.object({
  ...answered,
  document: z.literal('query-database'),
  /** null: nothing was asked, or the answer is no number. */
  value: z.nullable(z.number()),
  /** What the server said instead of an answer, where it did not have to answer. */
  problem: z.nullable(z.string()),
  database: z.object({ address: z.string(), name: z.nullable(z.string()) }),
  milliseconds: count,
});

const checkout = z.object({
  ...answered,
  document: z.literal('check-out-code'),
  /** What ran before; equal to `commit` when nothing was to be done. */
  previousCommit: commit,
  commit,
  /** False when everything was right already: then nothing was restarted. */
  changed: z.boolean(),
  /** A commit in the host's repository that holds the local changes found there. */
  savedRef: z.nullable(z.string()),
  /** The first 20 files that stood in the way and were moved aside. */
  savedFiles: z.array(z.string()),
  savedCount: count,
  ...configuration,
  /** What `restoreSavedFrom` put back. A conflict leaves the saved commit where it is and the code clean. */
  restored: z.nullable(z.object({ changes: z.enum(['none', 'applied', 'conflict']), files: count, filesLeft: count })),
  services: z.array(serviceState),
  health: z.nullable(health),
  /** Since the restart. */
  errorsInLogs,
});

const failure = z.object({
  document: z.string(),
  host: z._default(z.string(), ''),
  ok: z.literal(false),
  /** A stable code, such as `commit-missing`. */
  error: z.string(),
  /** What happened and what to do, for people. */
  message: z.string(),
  /** The end of a tool's output. */
  detail: z.optional(z.string()),
  /** After a checkout that failed: whether the code is what it was. */
  restored: z.optional(z.boolean()),
  /** After a switch that did not come up: where the host stands. */
  previousCommit: z.optional(commit),
  commit: z.optional(commit),
  changed: z.optional(z.boolean()),
  services: z.optional(z.array(serviceState)),
  health: z.optional(z.nullable(health)),
});

const RESULTS = {
  'inspect-host': inspection,
  'capture-host': capture,
  'back-up-configuration': backUp,
  'restore-configuration': restoration,
  'manage-services': management,
  'query-database': query,
  'prepare-code': preparation,
  'check-out-code': checkout,
} as const satisfies Readonly<Record<DocumentName, z.ZodMiniType>>;

/** The same by name: a type that the compiler can look into when the name is a parameter. */
const SCHEMAS: { readonly [Name in DocumentName]: z.ZodMiniType<HostResult<Name>> } = RESULTS;

/** What a document answers when it did its work. */
export type HostResult<Name extends DocumentName> = z.infer<(typeof RESULTS)[Name]>;

/** What any document answers when it did not. */
export type HostFailure = z.infer<typeof failure>;

/**
 * A host's output holds no result of the document: killed before it could answer, cut off, or of another version. Says nothing
 * about what was done there; the documents can be run again.
 */
export class UnreadableHostResult extends Error {
  override readonly name = 'UnreadableHostResult';
  readonly retryable = true;

  constructor(document: DocumentName, options: ErrorOptions = {}) {
    super(`The output of ${document} holds no result of it. Read the command's stderr, then run it again.`, options);
  }
}

/** Reads the one JSON line that a document printed. Throws `UnreadableHostResult`. */
export function parseResult<Name extends DocumentName>(document: Name, stdout: string): HostResult<Name> | HostFailure {
  const schema = z.union([SCHEMAS[document], failure]);
  try {
    const result = schema.parse(JSON.parse(stdout.trim()));
    if (result.document === document) return result;
  } catch (cause) {
    throw new UnreadableHostResult(document, { cause });
  }
  throw new UnreadableHostResult(document);
}
