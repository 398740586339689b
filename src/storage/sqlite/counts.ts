import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { counts } from './schema.js';

/**
 * How many sessions stand in each state, and how many leases each key holds. Held in memory, written by
 * the transaction that changes them: a status costs the same at any pool size.
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

  /** Forgets what was not committed; after a rollback. */
  reload(): void {
    this.#changed.clear();
    this.#values = new Map(this.#read.all().map((row) => [row.name, row.n]));
  }
}
