import type { DatabaseAddress } from '../../contracts.ts';

/** `host:port`, as the host documents take it; '' for none. */
export function addressText(address: DatabaseAddress | undefined): string {
  return address === undefined ? '' : `${address.host}:${address.port}`;
}
