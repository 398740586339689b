import { eq } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/** The value of this key; null: none was saved. */
export async function readValue({ db, tables }: UnitOfWork, name: string): Promise<string | null> {
  const { facts } = tables;
  const [row] = await db.select().from(facts).where(eq(facts.name, name));
  return row?.value ?? null;
}

/** Saves the value of a key, replacing the old one. */
export async function writeValue({ db, tables }: UnitOfWork, name: string, value: string): Promise<void> {
  const { facts } = tables;
  await db.insert(facts).values({ name, value }).onConflictDoUpdate({ target: facts.name, set: { value } });
}
