import { posix } from 'node:path';

/** How one host sees the world, although all hosts of the laptop share one file system and one set of ports. */
export interface View {
  /** A parameter's value as it stands in the command, turned into what the host's processes are to be given. */
  inward(value: string): string;
  /** Output of the host's processes, turned back into what the caller knows. */
  outward(text: string): string;
}

const LOOPBACK_URL = /^(https?:\/\/)(?:localhost|127\.0\.0\.1)(?=[:/]|$)/;

/**
 * Two hosts use the same paths and ports, and there is neither root nor a namespace to keep them apart. So, item by item of a
 * comma-separated value:
 * - an absolute path `/x` means `<folder>/x` (and `..` cannot leave the folder);
 * - `http://localhost:PORT` and `http://127.0.0.1:PORT` mean the host's own loopback address, any of 127.0.0.0/8.
 *
 * Output goes the other way: `<folder>/x` reads `/x`, the host's own address in a URL reads `localhost`. What a script says in
 * its own text is not translated: a path or URL has to arrive as a parameter.
 */
export function createView(folder: string, address: string): View {
  const ownUrl = new RegExp(`(https?://)${address.replaceAll('.', '\\.')}(?![\\w.-])`, 'g');
  const ownRoot = new RegExp(`${folder.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-])`, 'g');
  const inwardItem = (item: string): string => {
    if (item.startsWith('/')) return folder + (item.includes('..') ? posix.normalize(item) : item);
    return item.replace(LOOPBACK_URL, `$1${address}`);
  };
  return {
    inward: (value) => value.split(',').map(inwardItem).join(','),
    outward: (text) => text.replaceAll(`${folder}/`, '/').replace(ownRoot, '/').replace(ownUrl, '$1localhost'),
  };
}
