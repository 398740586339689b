import { eq } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/** The value kept under this name; null: none was saved. */
export async function readValue({ db, tables }: UnitOfWork, name: string): Promise<string | null> {
  const { facts } = tables;
  const [row] = await db.select().from(facts).where(eq(facts.name, name));
  return row?.value ?? null;
}

/** Keeps a value under its name, in place of the one before. */
export async function writeValue({ db, tables }: UnitOfWork, name: string, value: string): Promise<void> {
  const { facts } = tables;
  await db.insert(facts).values({ name, value }).onConflictDoUpdate({ target: facts.name, set: { value } });
}
