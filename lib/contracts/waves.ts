/** Hosts that are changed at the same time. */
import * as z from 'zod';
import { commit } from './names.ts';

export const Wave = z.object({ index: z.number(), hosts: z.array(z.string()).min(1).max(50), commit });
export type Wave = z.infer<typeof Wave>;
