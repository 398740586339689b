import { asc, desc, type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';

/** That the text is part of the column's; not if that is null. Both databases know it, and no letter means another. */
export function contains(column: AnyPgColumn | SQL, part: string): SQL {
  return sql`replace(${column}, ${part}, '') <> (${column})`;
}

/**
 * What a list is sorted by: rows without the value last either way, and those with the same value by id, in the same
 * order.
 */
export function sortedBy(column: SQL | AnyPgColumn, { descending, id, nullable = true }: SortOptions): SQL[] {
  const direction = descending ? desc : asc;
  // An index serves only an order without further terms in front.
  return [...(nullable ? [sql`${column} IS NULL`] : []), direction(column), direction(id)];
}

interface SortOptions {
  readonly descending: boolean;
  readonly id: AnyPgColumn;
  /** Whether rows may lack the value. */
  readonly nullable?: boolean;
}
