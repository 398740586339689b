import { sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { sessions } from './schema.js';

/** Prepares the statement that makes the row of a file: nothing has it, and it rests where `rest` says. */
export function sessionInsert(db: BetterSQLite3Database) {
  const column = sql.placeholder;
  return db
    .insert(sessions)
    .values({
      name: column('name'),
      foldedName: column('foldedName'),
      file: column('file'),
      jsonFile: column('jsonFile'),
      fingerprint: column('fingerprint'),
      format: column('format'),
      authKeySha256: column('authKeySha256'),
      dcId: column('dcId'),
      userId: column('userId'),
      phoneNumber: column('phoneNumber'),
      apiId: column('apiId'),
      credentials: column('credentials'),
      proxyId: column('proxyId'),
      tags: [],
      rest: column('rest'),
      restReason: column('restReason'),
      state: column('rest'),
      stateReason: column('restReason'),
      lastUsedAt: 0,
      createdAt: column('now'),
      updatedAt: column('now'),
    })
    .returning()
    .prepare();
}
