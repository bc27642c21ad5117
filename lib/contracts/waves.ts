/** Hosts that are changed at the same time. */
import * as z from 'zod/mini';
import { commit } from './names.ts';

export const Wave = z.object({ index: z.number(), hosts: z.array(z.string()).check(z.minLength(1), z.maxLength(50)), commit });
export type Wave = z.infer<typeof Wave>;
