/** Where a frontend stands, in words. */
import type { ChunkOutcome, FrontendWork, ObjectKind } from '../../contracts.ts';
import { count } from '../naming.ts';

const NAMES: Record<ObjectKind, string> = { assets: 'assets', entries: 'entry points', removals: 'removals' };

/** What went wrong with one kind of objects; null: all of them are as planned. */
export function settled(kind: ObjectKind, { conflicts, failed, examples }: ChunkOutcome): string | null {
  if (conflicts + failed === 0) return null;
  const parts = [
    ...(conflicts === 0 ? [] : [`${count(conflicts, 'object')} changed by somebody else meanwhile and left alone`]),
    ...(failed === 0 ? [] : [`${count(failed, 'object')} not restored`]),
  ];
  return `${NAMES[kind]}: ${parts.join(', ')} (${examples.slice(0, 5).join('; ')}).`;
}

/** Whether objects were changed and not all of them brought back. */
export function isSiteAstray({ applyBegunAt, undoneAt }: FrontendWork): boolean {
  return applyBegunAt !== undefined && undoneAt === undefined;
}

/** What the bucket holds at the end of a rollback; absent: it was never touched. */
export function siteStands(work: FrontendWork): string | undefined {
  const { totals, applyBegunAt, appliedAt, undoneAt } = work;
  if (applyBegunAt === undefined) return undefined;
  if (undoneAt !== undefined) return 'The bucket is as it was before.';
  if (work.undoBegunAt !== undefined)
    return 'The bucket is neither as it was before nor as the target: compare the objects named in the log.';
  if (appliedAt === undefined) return 'The bucket is restored in part: the log names how many objects of each kind.';
  if (totals === undefined) return 'The bucket is as the target.';
  const { copies, removals, unchanged } = totals;
  return `The bucket is as the target: ${count(copies.objects, 'object')} brought back, ${removals.objects} removed, ${unchanged.objects} unchanged.`;
}
