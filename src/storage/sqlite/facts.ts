import { eq, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { facts } from './schema.js';

/** Facts the service remembers of itself, by name. */
export class Facts {
  readonly #get;
  readonly #set;

  constructor(db: BetterSQLite3Database) {
    this.#get = db
      .select()
      .from(facts)
      .where(eq(facts.name, sql.placeholder('name')))
      .prepare();
    this.#set = db
      .insert(facts)
      .values({ name: sql.placeholder('name'), value: sql.placeholder('value') })
      .onConflictDoUpdate({ target: facts.name, set: { value: sql`excluded.value` } })
      .prepare();
  }

  get(name: string): string | null {
    return this.#get.get({ name })?.value ?? null;
  }

  set(name: string, value: string): void {
    this.#set.run({ name, value });
  }
}
