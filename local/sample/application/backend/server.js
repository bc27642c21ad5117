import { createServer } from 'node:http';
import { addGeneration, listGenerations } from './generations.js';
import { health } from './health.js';
import { page } from './page.js';
import { settings } from './settings.js';

// A line that begins with <3> is an error for systemd's journal.
const logError = (request, error) => process.stderr.write(`<3>${request.method} ${request.url}: ${error.message}\n`);

const json = (body) => ({ type: 'application/json', body: JSON.stringify(body) });

const routes = {
  'GET /api/health': () => json(health(settings)),
  'GET /api/generations': async () => json(await listGenerations(settings)),
  'POST /api/generations': async (text) => ({ code: 201, ...json(await addGeneration(settings, text)) }),
  'GET /': () => ({ type: 'text/html; charset=utf-8', body: page(settings) }),
};

async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function answer(request) {
  const route = routes[`${request.method} ${new URL(request.url, 'http://localhost').pathname}`];
  if (!route) return { code: 404, type: 'application/json', body: JSON.stringify({ status: 'not found' }) };
  try {
    return { code: 200, ...(await route(await read(request))) };
  } catch (error) {
    logError(request, error);
    const body = { status: 'error', version: settings.version, host: settings.host, error: error.message };
    return { code: 500, type: 'application/json', body: JSON.stringify(body) };
  }
}

const server = createServer(async (request, response) => {
  const { code, type, body } = await answer(request);
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
});

server.listen(settings.port, settings.address, () => {
  process.stdout.write(`sample-api ${settings.version} listens on ${settings.address}:${settings.port}\n`);
});

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
