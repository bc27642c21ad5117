import type { HostAction, Phase } from '../contracts.ts';

/** In which phase of a rollback a host command is sent. */
export const PHASES: Readonly<Record<HostAction, Phase>> = {
  inspect: 'plan',
  capture: 'capture',
  prepare: 'prepare',
  apply: 'apply',
  verify: 'verify',
  undo: 'undo',
  'verify-undo': 'undo',
};
