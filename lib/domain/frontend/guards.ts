import type { ObjectTotals, Refusal } from '../../contracts.ts';
import { count } from '../naming.ts';

export type FrontendFacts = {
  totals: ObjectTotals;
  /** Whether nothing but the frontend is brought back. */
  alone: boolean;
  /** Objects of the target that exist no more, and those that lie in an archive; with some of their keys. */
  lostCount: number;
  lost: readonly string[];
  archivedCount: number;
  archived: readonly string[];
  /** By how much the number of objects may shrink, such as `50%`. */
  maxShrink: string;
};

/** Why a plan of objects must not be carried out; null: it may. That the bucket keeps versions was seen to before. */
export function frontendRefusal(facts: FrontendFacts): Refusal | null {
  return empty(facts) ?? versionsLost(facts) ?? versionsArchived(facts) ?? shrunken(facts);
}

function empty({ totals, alone }: FrontendFacts): Refusal | null {
  if (totals.target.objects > 0) return null;
  if (totals.current.objects === 0) return alone ? NOTHING_THERE : null;
  const message = `The target has no object at all, so nothing would be left of the ${totals.current.objects} that are there. Check the bucket and prefix of the target, or choose another time or release.`;
  return { code: 'frontend-empty', message };
}

/** Empty before and after is no change: it keeps nothing else from being rolled back. */
const NOTHING_THERE: Refusal = {
  code: 'frontend-empty',
  message:
    'Neither the bucket nor the target has any object: nothing to bring back. Check the bucket and prefix of the manifest, or choose another time or release.',
};

function versionsLost({ lostCount, lost }: FrontendFacts): Refusal | null {
  if (lostCount === 0) return null;
  const message = `${count(lostCount, 'version')} of the target no longer exist: ${some(lost, lostCount)}. They were deleted for good or expired by a lifecycle rule. Choose a later release or an archived build (frontend.source).`;
  return { code: 'frontend-versions-lost', message };
}

function versionsArchived({ archivedCount, archived }: FrontendFacts): Refusal | null {
  if (archivedCount === 0) return null;
  const message = `${count(archivedCount, 'version')} of the target lie in an archive (GLACIER, DEEP_ARCHIVE): ${some(archived, archivedCount)}. Restore them first (aws s3api restore-object with --version-id), then ask again once they can be read.`;
  return { code: 'frontend-versions-archived', message };
}

/**
 * By the number of objects, not by how many go: a build names its assets anew each time, so that all of them may go while as many
 * come. A share of 100% allows everything but an empty target.
 */
function shrunken({ totals: { current, target }, maxShrink }: FrontendFacts): Refusal | null {
  const fewer = current.objects - target.objects;
  if (fewer * 100 <= current.objects * Number.parseInt(maxShrink, 10)) return null;
  const percent = Math.ceil((fewer * 100) / current.objects);
  const message = `The target has ${count(target.objects, 'object')} where ${current.objects} are now: ${percent}% fewer, and at most ${maxShrink} may be missing. If that is right, ask again with frontend.maxShrink of at least ${percent}%.`;
  return { code: 'frontend-shrunken', message };
}

function some(examples: readonly string[], total: number): string {
  const shown = examples.slice(0, 5);
  return `${shown.join(', ')}${total > shown.length ? ` and ${total - shown.length} more` : ''}`;
}
