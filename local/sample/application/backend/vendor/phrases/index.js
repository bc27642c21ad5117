import { readFileSync } from 'node:fs';

export const phrasesVersion = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).version;

/** A greeting for the page's heading. */
export function greeting(name) {
  return ['Hello', name].join(' ');
}
