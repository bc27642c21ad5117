/** The thread that dynalite runs in: tells its port, closes its store on the word `close`. */
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';

const server = dynalite({ path: workerData.directory, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });

server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));

parentPort?.on('message', () => {
  server.closeAllConnections();
  server.close(() => process.exit());
});
