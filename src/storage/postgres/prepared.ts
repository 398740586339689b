import { is, Placeholder, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { QueryConfig } from 'pg';

const dialect = new PgDialect();

/** A statement that each connection prepares once; its placeholders are filled by name. */
export function prepared(name: string, statement: SQL): (values: Record<string, unknown>) => QueryConfig {
  const { sql: text, params } = dialect.sqlToQuery(statement);
  // Resolving them takes longer than sending the statement.
  const sources = params.map((param) =>
    is(param, Placeholder) ? { placeholder: param.name } : { constant: param },
  );
  const filled = (source: (typeof sources)[number], values: Record<string, unknown>) => {
    if (!('placeholder' in source)) return source.constant;
    if (!(source.placeholder in values)) throw new Error(`no value for ${source.placeholder} in "${name}"`);
    return values[source.placeholder];
  };
  return (values) => ({ name, text, values: sources.map((source) => filled(source, values)) });
}
