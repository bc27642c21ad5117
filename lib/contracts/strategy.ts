/** What can be rolled back, and for which issue. */
import * as z from 'zod/mini';

export const Strategy = z.enum(['code', 'frontend', 'database', 'configuration', 'full']);
export type Strategy = z.infer<typeof Strategy>;
export const Component = z.enum(['code', 'frontend', 'database', 'configuration']);
export type Component = z.infer<typeof Component>;
export const Issue = z.enum(['application-bug', 'frontend-issue', 'database-issue', 'configuration-error', 'multiple-issues']);
export type Issue = z.infer<typeof Issue>;
