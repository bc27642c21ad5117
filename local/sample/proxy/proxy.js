import { readFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';

/** Reverse proxy of a sample host: `node proxy.js <configuration>`; SIGHUP reads the configuration again, as `reload` does. */
const [, , file] = process.argv;
const read = () => JSON.parse(readFileSync(file, 'utf8'));
let configuration = read();

const server = createServer((request, response) => {
  const { address, port } = configuration.upstream;
  const upstream = send(
    { host: address, port, path: request.url, method: request.method, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.on('error', (error) => {
    process.stderr.write(`<3>upstream ${address}:${port}: ${error.message}\n`);
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
  request.pipe(upstream);
});

process.on('SIGHUP', () => {
  configuration = read();
  process.stdout.write('reloaded\n');
});
process.on('SIGTERM', () => process.exit(0));

server.listen(configuration.port, configuration.address, () =>
  process.stdout.write(`sample-proxy listens on ${configuration.port}\n`),
);
