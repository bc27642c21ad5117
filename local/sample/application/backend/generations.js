/** What people have generated: rows of the table `generations` in the database at DATABASE_URL. */

async function query(settings, text, values) {
  // Only who asks for rows pays for the client.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: settings.databaseUrl, connectionTimeoutMillis: 3000, query_timeout: 3000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** How many there are, and the newest text. */
export async function listGenerations(settings) {
  const [summary] = await query(
    settings,
    'SELECT COUNT(*)::int AS count, (SELECT text FROM generations ORDER BY id DESC LIMIT 1) AS newest FROM generations',
  );
  return summary;
}

export async function addGeneration(settings, text) {
  const [row] = await query(settings, 'INSERT INTO generations (text) VALUES ($1) RETURNING id, text', [text]);
  return row;
}
