import { apiReference } from './api-reference.ts';
import { manifestReference } from './manifest-reference.ts';
import { openApi } from './openapi.ts';

/** What belongs into each file of this folder that is made. */
export const generated = (): Readonly<Record<string, string>> => ({
  'openapi.json': `${JSON.stringify(openApi(), null, 2)}\n`,
  'api.md': apiReference(),
  'manifest.md': manifestReference(),
});
