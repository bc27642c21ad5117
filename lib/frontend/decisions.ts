/** What has to be done to each key of a bucket, in the order of the keys: a merge of its listing with its target. */
import { listVersions } from '../aws/s3/listings.ts';
import type { FrontendTarget } from '../contracts.ts';
import { type Decision, decideByArchive, decideByManifest, decideByTime, type Wanted } from '../domain/frontend/decision.ts';
import { type KeyHistory, type Listed, type Search, unlisted, withEntry } from '../domain/frontend/history.ts';
import { ahead, Upcoming } from './pages.ts';
import { wantedObjects } from './wanted-objects.ts';

export type Comparison = {
  readonly source: { readonly bucket: string; readonly prefix: string };
  readonly target: FrontendTarget;
  /** Only keys behind this one. */
  readonly after?: string | undefined;
  readonly pageSize?: number | undefined;
};

type Rules = {
  readonly search: (wanted: Wanted | null) => Search;
  readonly decide: (history: KeyHistory, wanted: Wanted | null) => Decision;
};

/** One pass over the listing of all versions; no request for any object. Throws as `listVersions`, and `ManifestUnreadable`. */
export async function* decisions({ source, target, after, pageSize }: Comparison): AsyncGenerator<Decision> {
  const wanted = new Upcoming(ahead(wantedObjects(target, source, { after, pageSize })));
  try {
    yield* merged(ahead(listVersions({ ...source, after, pageSize })), wanted, rulesOf(target));
  } finally {
    await wanted.close();
  }
}

function rulesOf(target: FrontendTarget): Rules {
  if (target.kind === 'time') {
    const search = { notAfter: Date.parse(target.at) };
    return { search: () => search, decide: decideByTime };
  }
  if (target.kind === 'archive') return { search: () => null, decide: decideByArchive };
  const search = (wanted: Wanted | null) =>
    wanted?.after.versionId === undefined ? null : { versionId: wanted.after.versionId };
  return { search, decide: decideByManifest };
}

type Open = { history: KeyHistory; readonly wanted: Wanted | null; readonly search: Search };

async function* merged(pages: AsyncIterable<Listed[]>, wanted: Upcoming<Wanted>, rules: Rules): AsyncGenerator<Decision> {
  let open: Open | null = null;
  for await (const page of pages) {
    for (const entry of page) {
      if (entry.key !== open?.history.key) {
        if (open !== null) yield rules.decide(open.history, open.wanted);
        yield* unlistedBefore(entry.key, wanted, rules);
        open = await opened(entry.key, wanted, rules);
      }
      open.history = withEntry(open.history, entry, open.search);
    }
  }
  if (open !== null) yield rules.decide(open.history, open.wanted);
  yield* unlistedBefore(undefined, wanted, rules);
}

/** Wanted objects of which the bucket has no version at all. */
async function* unlistedBefore(key: string | undefined, wanted: Upcoming<Wanted>, rules: Rules): AsyncGenerator<Decision> {
  for (let next = await wanted.before(key); next !== null; next = await wanted.before(key)) {
    yield rules.decide(unlisted(next.key), next);
  }
}

async function opened(key: string, upcoming: Upcoming<Wanted>, { search }: Rules): Promise<Open> {
  const wanted = await upcoming.at(key);
  return { history: unlisted(key), wanted, search: search(wanted) };
}
