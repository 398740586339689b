import pg from 'pg';
import type { Workplace } from '../workplace.js';

/** The database that a service runs on. */
export interface DatabaseChoice {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** A server on which databases may be created; null: SQLite. */
  readonly server: string | null;
}

let made = 0;

/** The settings for a service with its own database, which is dropped when the workplace is closed. */
export async function ownDatabase(
  place: Workplace,
  { server }: DatabaseChoice,
): Promise<Readonly<Record<string, string>>> {
  if (server === null) return {};
  made += 1;
  const name = `telegate_bench_${process.pid}_${made}`;
  place.afterwards(() => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { DATABASE_URL: url.href };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
