/** What `GET /api/health` answers. Throws when the application can't do its work. */
export function health(settings) {
  if (!settings.databaseUrl) throw new Error('DATABASE_URL is not set');
  return { status: 'ok', version: settings.version, host: settings.host };
}
