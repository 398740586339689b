import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';

/** More than the repositories have: what is beyond it comes from lists that differ in length. */
const MAX_STATEMENTS = 500;

/**
 * The connection for a query builder, which asks for a statement whenever it runs one: the same text gets the
 * same statement. Compiling one takes longer than most of them run.
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
