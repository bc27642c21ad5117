/** The real AWS CLI of this machine, if it has one. */
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('aws', ['--version'], { encoding: 'utf8' });
const [, major, minor] = (/aws-cli\/(\d+)\.(\d+)/.exec(stdout ?? '') ?? []).map(Number);

export const hasCli = major !== undefined;
/** Whether it speaks to queues in JSON: older ones use a protocol that the service never does. */
export const hasQueues = minor !== undefined && minor >= (major === 1 ? 30 : 14);
