import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export const settings = {
  version,
  address: process.env.ADDRESS ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 8000),
  host: process.env.HOST_NAME ?? 'unknown',
  databaseUrl: process.env.DATABASE_URL,
};
