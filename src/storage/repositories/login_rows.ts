import { and, eq, ne, sql } from 'drizzle-orm';
import type { StoredLogin } from '../../logins/rules.js';
import type { UnitOfWork } from '../unit_of_work.js';

/** The login, locked until the transaction ends: no other replica claims or settles it meanwhile. */
export async function lockLogin(unit: UnitOfWork, id: string): Promise<StoredLogin | undefined> {
  const { pendingLogins: logins } = unit.tables;
  const [row] = await unit.forUpdate(unit.db.select().from(logins).where(eq(logins.id, id)));
  return row;
}

/** Writes columns of a locked login. */
export async function writeLogin(
  { db, tables: { pendingLogins: logins } }: UnitOfWork,
  id: string,
  changes: Partial<StoredLogin>,
): Promise<void> {
  await db.update(logins).set(changes).where(eq(logins.id, id));
}

/** Whether a login other than `except` reserves this auth key, expired or not: until it is saved or removed. */
export async function isReserved(unit: UnitOfWork, key: Buffer | null, except: string | null = null) {
  if (key === null) return false;
  const login = unit.prepared('login with auth key', ({ db, tables: { pendingLogins: logins } }) => {
    const keyed = eq(logins.authKeySha256, sql.placeholder('key'));
    const another = ne(logins.id, sql.placeholder('except'));
    return db
      .select({ id: logins.id })
      .from(logins)
      .where(and(keyed, another, ne(logins.stage, 'saved')))
      .limit(1);
  });
  return (await login.execute({ key, except: except ?? '' })).length > 0;
}
