import { createServer } from 'node:net';

/** Ports of every host's own address: hosts differ by address, not by port. */
export const API_PORT = 8000;
export const PROXY_PORT = 8080;

/** Whether a port of an address can be listened on now. */
export function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

/** An address of 127.0.0.0/8 on which a host's ports are free: several worlds may run side by side. */
export async function freeAddress(): Promise<string> {
  const part = () => 1 + Math.floor(Math.random() * 253);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const address = `127.${part()}.${part()}.${part()}`;
    if ((await isFree(API_PORT, address)) && (await isFree(PROXY_PORT, address))) return address;
  }
  throw new Error(`no address of 127.0.0.0/8 has the ports ${API_PORT} and ${PROXY_PORT} free`);
}
