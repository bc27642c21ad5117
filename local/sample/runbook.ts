import { join } from 'node:path';
import { mustExecute } from '../programs.ts';
import type { SampleHost } from './host.ts';
import { API_UNIT, PROXY_UNIT } from './manifest.ts';

const SCRIPT = join(import.meta.dirname, 'runbook.sh');
const TIMEOUT_MS = 120_000;

/** Does the runbook's code rollback on one host after the other, as a person would, and answers how many milliseconds it took. */
export async function runRunbook(hosts: readonly SampleHost[], commit: string): Promise<number> {
  const start = performance.now();
  for (const { environment, checkout, healthUrl } of hosts) {
    const args = [SCRIPT, checkout, commit, healthUrl, API_UNIT, PROXY_UNIT];
    await mustExecute({ file: 'bash', args, environment, timeoutMs: TIMEOUT_MS });
  }
  return Math.round(performance.now() - start);
}
