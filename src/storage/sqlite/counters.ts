import type { Database } from 'better-sqlite3';
import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { CountScope, PoolCounts } from '../../pool/store.js';
import { MAX_METHOD_FLOODS_SCANNED } from '../bounds.js';
import { COUNTED, type CountRow, POOL_COUNTERS, poolCounts } from '../pool_counts.js';
import { placeholders } from './columns.js';
import { counts } from './schema.js';

/**
 * The number of sessions in each state, and of leases of each key. Held in memory, written by the transaction that
 * changes them: a status costs the same at any pool size.
 */
export class Counts {
  readonly #read;
  readonly #write;
  #values = new Map<string, number>();
  readonly #changed = new Set<string>();

  constructor(db: BetterSQLite3Database) {
    this.#read = db.select().from(counts).prepare();
    this.#write = db
      .insert(counts)
      .values(placeholders('name', 'n'))
      .onConflictDoUpdate({ target: counts.name, set: { n: sql`excluded.n` } })
      .prepare();
    this.reload();
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  /** Those of the pool. */
  ofPool(): CountRow {
    return Object.fromEntries(POOL_COUNTERS.map((name) => [name, this.get(name)]));
  }

  add(name: string, difference: number): void {
    this.#values.set(name, this.get(name) + difference);
    this.#changed.add(name);
  }

  /** Writes what changed; the last statement of a transaction. */
  flush(): void {
    for (const name of this.#changed) {
      this.#write.run({ name, n: this.get(name) });
      if (this.get(name) === 0) this.#values.delete(name);
    }
    this.#changed.clear();
  }

  /** Discards what was not committed; called after a rollback. */
  reload(): void {
    this.#changed.clear();
    this.#values = new Map(this.#read.all().map((row) => [row.name, row.n]));
  }
}

/** That a session (`s`) has all of the tags. */
export const WITH_ALL_TAGS = `NOT EXISTS (SELECT 1 FROM json_each(@tags) w WHERE NOT EXISTS
  (SELECT 1 FROM session_tags t WHERE t.session_id = s.id AND t.tag = w.value))`;

const LAST_OF_SESSION =
  'AND NOT EXISTS (SELECT 1 FROM method_floods g WHERE g.session_id = f.session_id AND g.until > f.until)';

/** Counts only the sessions in the scope, which names tags or a session. */
export function countsWithin(sqlite: Database, scope: CountScope): PoolCounts {
  const { sessionId, sessionName, method, tags } = scope;
  const conditions = [
    ...(sessionId === null ? [] : ['s.id = @id']),
    ...(sessionName === null ? [] : ['s.name = @name']),
    ...(tags.length === 0 ? [] : ['s.id IN (SELECT t.session_id FROM session_tags t WHERE t.tag = @tag)']),
    ...(tags.length < 2 ? [] : [WITH_ALL_TAGS]),
  ];
  const flood = `(SELECT max(f.until) FROM method_floods f WHERE f.session_id = s.id
    ${method === null ? '' : 'AND f.method = @method'})`;
  const counting = sqlite.prepare<[object], CountRow>(
    `SELECT ${COUNTED} FROM (SELECT s.state, s.condition, s.state_until AS until, s.last_used_at AS used,
       CASE WHEN s.state = 'free' AND s.method_flooded THEN ${flood} END AS method_until
       FROM sessions s WHERE ${conditions.join(' AND ')})`,
  );
  const [tag] = tags;
  return poolCounts(
    counting.get({ id: sessionId, name: sessionName, method, tag, tags: JSON.stringify(tags) }),
  );
}

/** When the first free session with a method flood, or one for this method, can be leased again. */
export function nextMethodFloodEnd(sqlite: Database, method: string | null): number | null {
  const floods = `SELECT * FROM method_floods ${method === null ? '' : 'WHERE method = @method'} ORDER BY until`;
  const ending = sqlite.prepare<[object], number | null>(
    `SELECT coalesce((SELECT f.until FROM (${floods} LIMIT ${MAX_METHOD_FLOODS_SCANNED}) f
       CROSS JOIN sessions s ON s.id = f.session_id
       WHERE s.state = 'free' ${method === null ? LAST_OF_SESSION : ''} ORDER BY f.until LIMIT 1),
     (SELECT until FROM (${floods} LIMIT 1 OFFSET ${MAX_METHOD_FLOODS_SCANNED - 1})))`,
  );
  return ending.pluck().get({ method }) ?? null;
}
