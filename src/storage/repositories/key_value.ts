import { eq } from 'drizzle-orm';
import type { UnitOfWork } from '../unit_of_work.js';

/** The value of this key; null: none was saved. */
export async function readValue({ db, tables }: UnitOfWork, name: string): Promise<string | null> {
  const { keyValue } = tables;
  const [row] = await db.select().from(keyValue).where(eq(keyValue.name, name));
  return row?.value ?? null;
}

/** Saves the value of a key, replacing the old one. */
export async function writeValue({ db, tables }: UnitOfWork, name: string, value: string): Promise<void> {
  const { keyValue } = tables;
  await db
    .insert(keyValue)
    .values({ name, value })
    .onConflictDoUpdate({ target: keyValue.name, set: { value } });
}
