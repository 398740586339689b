import pg from 'pg';

/**
 * The server that the tests use. Asked for anew each time: with a single test file the set-up that finds or starts
 * it runs in the same process, after this module was loaded.
 */
function server(): string {
  // biome-ignore lint/style/noProcessEnv: the environment chooses the server.
  const { TEST_DATABASE_URL, DATABASE_URL = '' } = process.env;
  const usual = /^postgres/.test(DATABASE_URL) ? DATABASE_URL : 'postgres://postgres@127.0.0.1:5432/postgres';
  return TEST_DATABASE_URL || usual;
}

/** The prefix of all databases of this test run: those that are left are dropped at its end. */
export function databasePrefix(): string {
  // biome-ignore lint/style/noProcessEnv: the set-up gives the run its number.
  return `telegate_test_${process.env.TEST_RUN ?? process.pid}`;
}

/** The URL of a database of the server. */
export function urlOf(database: string): string {
  const url = new URL(server());
  url.pathname = `/${database}`;
  // Commits are as atomic as ever, and the server outlives every test.
  url.searchParams.set('options', '-c synchronous_commit=off');
  return url.href;
}

/** Runs SQL as the server's owner, outside the database under test; returns the rows. */
export async function onServer(sql: string, url = server()): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether no service is connected to this database. */
export async function isUnused(url: string): Promise<boolean> {
  const connected = await onServer(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'telegate'",
    url,
  );
  return connected.length === 0;
}
