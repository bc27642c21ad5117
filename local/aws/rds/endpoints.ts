import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** Where clients connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Endpoint {
  readonly server: Server;
  readonly address: Address;
  readonly connections: Set<Socket>;
  /** Socket of the server that carries the name now. */
  target: string | undefined;
}

/**
 * What DNS names are in AWS: an identifier keeps its port for as long as the laptop runs, and leads to whichever instance carries
 * the identifier. With none its connections are reset.
 */
export class Endpoints {
  readonly #all = new Map<string, Promise<Endpoint>>();

  /** Leads an identifier to an instance's socket, and answers its address. */
  async attach(identifier: string, socket: string): Promise<Address> {
    const opened = this.#all.get(identifier) ?? open();
    this.#all.set(identifier, opened);
    const endpoint = await opened;
    endpoint.target = socket;
    return endpoint.address;
  }

  /** The identifier leads nowhere; open connections end. */
  async detach(identifier: string): Promise<void> {
    const endpoint = await this.#all.get(identifier);
    if (!endpoint) return;
    endpoint.target = undefined;
    for (const connection of endpoint.connections) connection.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const [identifier, opened] of this.#all) {
      await this.detach(identifier);
      const { server } = await opened;
      server.close();
    }
  }
}

async function open(): Promise<Endpoint> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = { server, address: { host: HOST, port }, connections: new Set(), target: undefined };
  server.on('connection', (client) => forward(client, endpoint));
  return endpoint;
}

function forward(client: Socket, endpoint: Endpoint): void {
  if (endpoint.target === undefined) {
    client.resetAndDestroy();
    return;
  }
  const upstream = connect(endpoint.target);
  endpoint.connections.add(client);
  client.once('close', () => {
    endpoint.connections.delete(client);
    upstream.destroy();
  });
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.resetAndDestroy());
  client.pipe(upstream).pipe(client);
}
