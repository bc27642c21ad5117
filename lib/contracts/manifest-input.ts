/** PUT /applications/{application}: a manifest that can be carried out. What is stored already is read by `Manifest` alone. */
import * as z from 'zod/mini';
import { needsConfiguration } from '../domain/database/needs.ts';
import { milliseconds } from '../domain/duration.ts';
import { Manifest } from './manifest.ts';

/** A watch may last twice `monitor.for`, each look leaves nine events, and an execution ends after 25,000. */
const LOOKS_WITHIN_FOR = 1000;

/** The longest that each duration may be, and why. */
const LONGEST: readonly (readonly [path: string, longest: string, of: (manifest: Manifest) => string])[] = [
  // The agent kills a host document after this time.
  ['hosts.commandTimeout', '30m', ({ hosts }) => hosts.commandTimeout],
  ['health.within', '30m', ({ health }) => health.within],
  // A rollback has 48 hours, the restore of a database and the way back within them.
  ['approval.timeout', '24h', ({ approval }) => approval.timeout],
  ['monitor.for', '6h', ({ monitor }) => monitor.for],
  // The log is read back this far.
  ['limits.cooldown', '90d', ({ limits }) => limits.cooldown],
];

/** NaN for what is no duration: that is said already. */
const lengthOf = (duration: string): number => {
  try {
    return milliseconds(duration);
  } catch {
    return Number.NaN;
  }
};

const isSeldomEnough = ({ monitor }: Manifest): boolean => !(lengthOf(monitor.for) / lengthOf(monitor.every) > LOOKS_WITHIN_FOR);

export const ManifestInput = Manifest.check(
  ...LONGEST.map(([path, longest, of]) =>
    z.refine<Manifest>((manifest) => !(lengthOf(of(manifest)) > milliseconds(longest)), {
      error: `must be at most ${longest}`,
      path: path.split('.'),
    }),
  ),
  z.refine<Manifest>(isSeldomEnough, {
    error: `must be at least a ${LOOKS_WITHIN_FOR}th of monitor.for: nobody can look more often for so long`,
    path: ['monitor', 'every'],
  }),
  z.refine<Manifest>((manifest) => needsConfiguration(manifest) === null, {
    error: ({ input }) => `has to be there: ${needsConfiguration(input as Manifest)}`,
    path: ['configuration'],
  }),
);
