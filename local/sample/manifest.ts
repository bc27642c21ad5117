import { userInfo } from 'node:os';
import type * as z from 'zod';
import type { Manifest } from '../../lib/contracts.ts';

/** Names of the sample application's parts, as hosts and AWS know them. */
export const APPLICATION = 'sample-app';
export const DIRECTORY = `/var/www/${APPLICATION}`;
export const API_UNIT = 'sample-api';
export const PROXY_UNIT = 'sample-proxy';
export const ALARM = `${APPLICATION}-5xx`;

/**
 * The manifest of the sample application, as a person would put it: paths and addresses are the host's own. Times are short
 * enough to watch; a real application keeps the defaults.
 */
export function sampleManifest(changes: Partial<z.input<typeof Manifest>> = {}): z.input<typeof Manifest> {
  const { username } = userInfo();
  return {
    application: APPLICATION,
    contacts: [{ role: 'DevOps lead', reach: 'devops@example.com' }],
    hosts: { tags: { Application: APPLICATION }, canary: 1, concurrency: '50%', commandTimeout: '2m' },
    services: { application: [API_UNIT], proxy: [PROXY_UNIT] },
    code: { directory: DIRECTORY, user: username, install: { npm: { directory: 'backend' } } },
    health: {
      host: 'http://localhost:8000/api/health',
      within: '20s',
      logs: { units: [API_UNIT], maxErrors: 0 },
    },
    // Twice this long may the alarm need: the rest of a 10 s period, a clean one, and its evaluation.
    monitor: { for: '15s', every: '1s', alarms: [ALARM] },
    triggers: [{ alarm: ALARM, issue: 'application-bug', onlyWithin: '4h' }],
    approval: { required: ['database', 'full'], timeout: '1h' },
    limits: { cooldown: '1s', perDay: 100 },
    verifyAfter: '30m',
    ...changes,
  };
}
