import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig } from 'pg';

const dialect = new PgDialect();

/** A statement that each connection parses once; its placeholders are filled by name. */
export function prepared(name: string, statement: SQL): (values: Record<string, unknown>) => QueryConfig {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  return (values) => ({ name, text, values: fillPlaceholders(params, values) });
}
