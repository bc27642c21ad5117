import type { HostAction, Phase } from '../contracts.ts';

/** In which phase of a rollback a host command is sent. */
export const PHASES: Readonly<Record<HostAction, Phase>> = {
  inspect: 'plan',
  capture: 'capture',
  prepare: 'prepare',
  'prepare-configuration': 'prepare',
  'probe-database': 'prepare',
  'check-database': 'prepare',
  stop: 'stop',
  'find-database': 'apply',
  apply: 'apply',
  verify: 'verify',
  'verify-database': 'verify',
  'undo-stop': 'undo',
  'undo-find-database': 'undo',
  undo: 'undo',
  'verify-undo': 'undo',
};
