import { expect, it } from 'vitest';
import { describeFailure } from '../../lib/domain/failure.ts';

const json = JSON.stringify;
const nested = { Error: 'HostsFailed', Cause: 'i-1: health (answers 500)', Status: 'FAILED' };

it.each([
  ['words as they are', 'HostsFailed', 'i-1: health (answers 500)', 'i-1: health (answers 500)'],
  ["a function's error", 'LockLost', json({ errorType: 'LockLost', errorMessage: 'The lock is lost.' }), 'The lock is lost.'],
  ['the words of a nested execution', 'States.TaskFailed', json(nested), 'i-1: health (answers 500)'],
  ['those of one deeper', 'States.TaskFailed', json({ Error: 'States.TaskFailed', Cause: json(nested) }), nested.Cause],
  ['a time-out', 'States.Timeout', '', 'A step did not end in time.'],
  ['a time-out within', 'States.TaskFailed', json({ Status: 'TIMED_OUT' }), 'A step did not end in time.'],
  [
    'a description that was cut',
    'States.TaskFailed',
    '{"Cause":"i-1',
    'A step failed: the events of the log say at which phase.',
  ],
  ['a name of its own', 'HostsFailed', '', 'HostsFailed'],
  ['a number', 'HostsFailed', '5', '5'],
])('tells %s', (_what, error, cause, words) => expect(describeFailure({ Error: error, Cause: cause })).toBe(words));
