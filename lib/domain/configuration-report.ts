import * as z from 'zod/mini';
import type { Plan, RollbackEvent } from '../contracts.ts';
import { describeSource } from './configuration.ts';
import { list } from './naming.ts';

/** What hosts answered to the command that restored their configuration file, or brought it back. */
const Answered = z.object({
  action: z.enum(['apply', 'undo']),
  hosts: z.array(
    z.object({
      host: z.string(),
      ok: z.literal(true),
      result: z.object({
        configuration: z.object({ sha256: z.string() }),
        stays: z.nullable(z.string()),
        missingKeys: z.array(z.string()),
        addedKeys: z.array(z.string()),
      }),
    }),
  ),
});
type Result = z.infer<typeof Answered>['hosts'][number]['result'];

/** What became of each host's configuration file, a sentence each: names of keys, never a value. Empty: it was not restored. */
export function restoredConfigurations({ configuration, manifest }: Plan, events: readonly RollbackEvent[]): string[] {
  const file = manifest.configuration?.file;
  if (configuration === undefined || file === undefined) return [];
  const source = describeSource(configuration, file);
  const last = new Map<string, string>();
  for (const { detail } of events)
    for (const { action, host, result } of answers(detail))
      last.set(host, action === 'undo' ? `${file} is what it was before` : `${file} ${whatBecame(result, source)}`);
  return [...last].map(([host, became]) => `${host}: ${became}.`);
}

/** One host after the other, as some of a command's may have failed. */
function answers({ action, hosts }: RollbackEvent['detail']) {
  return (Array.isArray(hosts) ? hosts : []).flatMap((host: unknown) => {
    const { success, data } = Answered.safeParse({ action, hosts: [host] });
    return success ? data.hosts.map((answer) => ({ action: data.action, ...answer })) : [];
  });
}

function whatBecame({ stays, missingKeys, addedKeys }: Result, source: string): string {
  if (stays === 'same') return `stayed: ${source} holds the same`;
  if (stays !== null) return `stayed: there is no ${source}`;
  const lost = missingKeys.length === 0 ? 'it lacks no key that was there before' : `it lacks ${list(missingKeys)}`;
  const more = addedKeys.length === 0 ? '' : ` and has ${list(addedKeys)} again`;
  return `is restored from ${source}; ${lost}${more}`;
}
