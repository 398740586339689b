import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';

/** More than the repositories have: further ones come from lists of different lengths. */
const MAX_STATEMENTS = 500;

/**
 * The connection for a query builder, which prepares a statement for each run: the same text reuses the same
 * statement. Preparing takes longer than most of them run.
 */
export function cachingStatements(sqlite: Database): Database {
  const statements = new LRUCache<string, Statement>({ max: MAX_STATEMENTS });
  const prepare = (text: string) => {
    const known = statements.get(text);
    if (known) return known;
    const made = sqlite.prepare(text);
    statements.set(text, made);
    return made;
  };
  return Object.create(sqlite, { prepare: { value: prepare } });
}
