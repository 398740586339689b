import pg from 'pg';

// biome-ignore lint/style/noProcessEnv: the environment chooses the server.
const { TEST_DATABASE_URL, DATABASE_URL = '', TEST_RUN = process.pid } = process.env;
const USUAL = /^postgres/.test(DATABASE_URL) ? DATABASE_URL : 'postgres://postgres@127.0.0.1:5432/postgres';
const SERVER = TEST_DATABASE_URL || USUAL;

/** The prefix of all databases of this test run: those that are left are dropped at its end. */
export const DATABASES = `telegate_test_${TEST_RUN}`;

/** The URL of a database of the server. */
export function urlOf(database: string): string {
  const url = new URL(SERVER);
  url.pathname = `/${database}`;
  // Commits are as atomic as ever, and the server outlives every test.
  url.searchParams.set('options', '-c synchronous_commit=off');
  return url.href;
}

/** Runs SQL as the server's owner, outside the database under test; returns the rows. */
export async function onServer(sql: string, url = SERVER): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
