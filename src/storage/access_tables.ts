import type { AuditOutcome } from '../audit/store.js';
import type { Role } from '../kernel/api_key.js';
import type { Columns } from './postgres/columns.js';

/** Declares the tables of API keys and sign-ins, and of what was done with them. */
export function declareAccessTables(c: Columns) {
  const apiKeys = c.table('api_keys', {
    id: c.identity(),
    name: c.text('name').notNull(),
    role: c.text('role').$type<Role>().notNull(),
    hash: c.text('hash').notNull().unique(),
    maxLeases: c.integer('max_leases'),
    /** The key leases and sees only sessions that have all of these tags; none: every session. */
    tags: c.list('tags').notNull().default([]),
    /** Null: it never expires. */
    expiresAt: c.whole('expires_at'),
    createdAt: c.whole('created_at').notNull(),
    revokedAt: c.whole('revoked_at'),
  });

  /** Sign-ins at the console that were ended by signing out, until their cookies would have expired anyway. */
  const endedSignIns = c.table(
    'ended_sign_ins',
    { id: c.text('id').primaryKey(), until: c.whole('until').notNull() },
    (table) => [c.index('ended_sign_ins_by_end').on(table.until)],
  );

  /** Admin actions, newest last; bounded by the job that prunes it. `holder`, `key_name`: the key that was used. */
  const auditLog = c.table(
    'audit_log',
    {
      id: c.identity(),
      at: c.whole('at').notNull(),
      holder: c.text('holder').notNull(),
      keyName: c.text('key_name').notNull(),
      address: c.text('address'),
      requestId: c.text('request_id'),
      action: c.text('action').notNull(),
      object: c.text('object'),
      outcome: c.text('outcome').$type<AuditOutcome>().notNull(),
    },
    (table) => [
      c.index('audit_log_by_action').on(table.action, table.id),
      c.index('audit_log_by_object').on(table.object, table.id),
      c.index('audit_log_by_holder').on(table.holder, table.id),
    ],
  );

  return { apiKeys, endedSignIns, auditLog };
}
