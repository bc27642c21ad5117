import { greeting, phrasesVersion } from 'phrases';

/** The page at `/`. */
export function page(settings) {
  return `<!doctype html><title>Sample</title><h1>${greeting(settings.host)}</h1><p>${settings.version}, phrases ${phrasesVersion}</p>`;
}
