import { eq } from 'drizzle-orm';
import type { Db } from './connection.js';
import { facts } from './schema.js';

/** The fact kept under this name; null: never saved. */
export async function readFact(db: Db, name: string): Promise<string | null> {
  const [row] = await db.select().from(facts).where(eq(facts.name, name));
  return row?.value ?? null;
}

/** Keeps a fact under its name, in place of the one before. */
export async function writeFact(db: Db, name: string, value: string): Promise<void> {
  await db.insert(facts).values({ name, value }).onConflictDoUpdate({ target: facts.name, set: { value } });
}
