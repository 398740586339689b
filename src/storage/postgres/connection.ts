import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PoolClient } from 'pg';

/** The query builder over one connection. */
export type Db = NodePgDatabase;

const builders = new WeakMap<PoolClient, Db>();

/** The query builder of a connection, the same one each time. */
export function builderOf(client: PoolClient): Db {
  const known = builders.get(client);
  if (known) return known;
  const made: Db = drizzle(client);
  builders.set(client, made);
  return made;
}
