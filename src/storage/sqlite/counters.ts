import type { Database, Statement } from 'better-sqlite3';
import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { STATES, type State } from '../../pool/states.js';
import type { CountScope, PoolCounts } from '../../pool/store.js';
import { MAX_METHOD_FLOODS_SCANNED } from '../bounds.js';
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
      .values({ name: sql.placeholder('name'), n: sql.placeholder('n') })
      .onConflictDoUpdate({ target: counts.name, set: { n: sql`excluded.n` } })
      .prepare();
    this.reload();
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
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

/** Sessions of one state. */
interface Group {
  readonly state: State;
  readonly n: number;
  readonly methodFlooded: number;
  readonly until: number | null;
  readonly methodUntil: number | null;
  readonly oldest: number | null;
}

interface Values {
  readonly id: number | null;
  readonly name: string | null;
  readonly method: string | null;
  readonly tag: string | null;
  readonly tags: string;
}

const LAST_OF_SESSION =
  'AND NOT EXISTS (SELECT 1 FROM method_floods g WHERE g.session_id = f.session_id AND g.until > f.until)';

/** Counts only the sessions that a request considers. */
export class ScopedCounts {
  readonly #sqlite: Database;
  readonly #statements = new Map<string, Statement<[Values]>>();

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The sessions in the scope, which names tags or a session. */
  of(scope: CountScope): PoolCounts {
    const { sessionId, sessionName, tags } = scope;
    const conditions = [
      ...(sessionId === null ? [] : ['s.id = @id']),
      ...(sessionName === null ? [] : ['s.name = @name']),
      ...(tags.length === 0 ? [] : ['s.id IN (SELECT t.session_id FROM session_tags t WHERE t.tag = @tag)']),
      ...(tags.length < 2
        ? []
        : [
            `NOT EXISTS (SELECT 1 FROM json_each(@tags) w WHERE NOT EXISTS
              (SELECT 1 FROM session_tags t WHERE t.session_id = s.id AND t.tag = w.value))`,
          ]),
    ];
    const flood = `(SELECT max(f.until) FROM method_floods f WHERE f.session_id = s.id
      ${scope.method === null ? '' : 'AND f.method = @method'})`;
    const groups = this.#prepare(
      `SELECT state, count(*) AS n, min(until) AS until, sum(method_until IS NOT NULL) AS methodFlooded,
        min(method_until) AS methodUntil, min(CASE WHEN state = 'leased' THEN used END) AS oldest
       FROM (SELECT s.state, s.state_until AS until, s.last_used_at AS used,
         CASE WHEN s.state = 'free' AND s.method_flooded THEN ${flood} END AS method_until
         FROM sessions s WHERE ${conditions.join(' AND ')})
       GROUP BY state`,
    ).all(values(scope)) as Group[];
    return counted(groups);
  }

  /** When the first free session with a method flood, or one for this method, can be leased again. */
  nextMethodFloodEnd(method: string | null): number | null {
    const floods = `SELECT * FROM method_floods ${method === null ? '' : 'WHERE method = @method'} ORDER BY until`;
    const first = this.#until(
      `SELECT f.until FROM (${floods} LIMIT ${MAX_METHOD_FLOODS_SCANNED}) f
       CROSS JOIN sessions s ON s.id = f.session_id
       WHERE s.state = 'free' ${method === null ? LAST_OF_SESSION : ''} ORDER BY f.until LIMIT 1`,
      method,
    );
    return (
      first ??
      this.#until(`SELECT until FROM (${floods} LIMIT 1 OFFSET ${MAX_METHOD_FLOODS_SCANNED - 1})`, method)
    );
  }

  #until(text: string, method: string | null): number | null {
    const scope = { tags: [], sessionId: null, sessionName: null, method };
    const row = this.#prepare(text).get(values(scope)) as { readonly until: number } | undefined;
    return row?.until ?? null;
  }

  #prepare(text: string): Statement<[Values]> {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#sqlite.prepare<[Values]>(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function values({ sessionId, sessionName, method, tags }: CountScope): Values {
  return { id: sessionId, name: sessionName, method, tag: tags[0] ?? null, tags: JSON.stringify(tags) };
}

function counted(groups: readonly Group[]): PoolCounts {
  const of = (state: State) => groups.find((group) => group.state === state);
  const states = Object.fromEntries(STATES.map((state) => [state, of(state)?.n ?? 0]));
  return {
    total: groups.reduce((sum, { n }) => sum + n, 0),
    states: states as Record<State, number>,
    freeButMethodFlooded: of('free')?.methodFlooded ?? 0,
    nextFloodEnd: of('flood')?.until ?? null,
    nextMethodFloodEnd: of('free')?.methodUntil ?? null,
    nextCooldownEnd: of('cooldown')?.until ?? null,
    oldestLeaseAt: of('leased')?.oldest ?? null,
  };
}
