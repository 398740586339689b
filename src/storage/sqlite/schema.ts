import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { AuditOutcome } from '../../audit/store.js';
import type { Role } from '../../kernel/api_key.js';
import type { LoginStage, PendingLogin } from '../../logins/store.js';
import type { UnreleasedLease } from '../../pool/lease_authorization.js';
import type { RestState, State } from '../../pool/states.js';

/** Times are milliseconds on the service's clock; ids of Telegram are text, since they have 64 bits. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull().unique(),
    /** As `foldName` puts it. Not unique: files on disk may differ in case only. */
    foldedName: text('folded_name').notNull().default(''),
    file: text('file'),
    jsonFile: text('json_file'),
    fingerprint: text('fingerprint').notNull(),
    format: text('format').notNull(),
    authKeySha256: blob('auth_key_sha256', { mode: 'buffer' }),
    dcId: integer('dc_id'),
    userId: text('user_id'),
    phoneNumber: text('phone_number'),
    apiId: integer('api_id'),
    /** Encrypted. */
    apiHash: text('api_hash'),
    /** Encrypted: the session itself, for replicas that have no file of it. Null: not kept here. */
    credentials: text('credentials'),
    proxyId: integer('proxy_id').references(() => proxies.id),
    tags: text('tags', { mode: 'json' }).$type<string[]>().notNull(),
    inactive: integer('inactive', { mode: 'boolean' }).notNull().default(false),
    rest: text('rest').$type<RestState>().notNull(),
    restReason: text('rest_reason'),
    state: text('state').$type<State>().notNull(),
    stateReason: text('state_reason'),
    stateUntil: integer('state_until'),
    /** Flooded for some method. Part of the index by which the next free session is found. */
    limited: integer('limited', { mode: 'boolean' }).notNull().default(false),
    lastUsedAt: integer('last_used_at').notNull(),
    /** The current lease, or the last one when the session is not leased. */
    leaseId: text('lease_id'),
    leaseHolder: text('lease_holder'),
    /** The address of the client that it was given to. */
    leaseAddress: text('lease_address'),
    leaseTtlSeconds: integer('lease_ttl_seconds'),
    leaseRenewed: integer('lease_renewed', { mode: 'boolean' }).notNull().default(false),
    /** Until when its last holder may still be connected; null: it has let go, or has the lease. */
    cooldownUntil: integer('cooldown_until'),
    /** Leases that ended without their holder, who may release them late. */
    unreleased: text('unreleased', { mode: 'json' })
      .$type<readonly UnreleasedLease[]>()
      .notNull()
      .default([]),
    suspectedAt: integer('suspected_at'),
    lastCheckedAt: integer('last_checked_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    index('sessions_by_use').on(table.state, table.limited, table.lastUsedAt),
    index('sessions_by_deadline').on(table.state, table.stateUntil).where(sql`state_until IS NOT NULL`),
    index('sessions_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
    index('sessions_by_folded_name').on(table.foldedName),
    index('sessions_by_phone').on(table.phoneNumber).where(sql`phone_number IS NOT NULL`),
    index('sessions_by_check').on(table.lastCheckedAt).where(sql`state = 'free'`),
  ],
);

/** A tag on a session; `free_since` is its place among the free ones (when it was last used), null when it is not free. */
export const sessionTags = sqliteTable(
  'session_tags',
  {
    tag: text('tag').notNull(),
    sessionId: integer('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    freeSince: integer('free_since'),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.tag] }),
    index('session_tags_free').on(table.tag, table.freeSince).where(sql`free_since IS NOT NULL`),
    index('session_tags_by_tag').on(table.tag, table.sessionId),
  ],
);

export const methodFloods = sqliteTable(
  'method_floods',
  {
    sessionId: integer('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    method: text('method').notNull(),
    until: integer('until').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.method] }),
    index('method_floods_by_end').on(table.until),
    index('method_floods_by_method').on(table.method, table.until),
  ],
);

/** What happened to a session. Kept when the session goes; bounded by the job that prunes it. */
export const history = sqliteTable(
  'history',
  {
    id: integer('id').primaryKey(),
    sessionId: integer('session_id').notNull(),
    at: integer('at').notNull(),
    event: text('event').notNull(),
    detail: text('detail'),
    leaseId: text('lease_id'),
    holder: text('holder'),
  },
  (table) => [index('history_by_session').on(table.sessionId)],
);

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    holder: text('holder').notNull(),
    key: text('key').notNull(),
    sessionId: integer('session_id').notNull(),
    leaseId: text('lease_id').notNull(),
    /** How often the key was sent again and got the same lease. */
    repeats: integer('repeats').notNull().default(0),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.holder, table.key] }),
    index('idempotency_keys_by_age').on(table.createdAt),
    index('idempotency_keys_by_lease').on(table.leaseId),
  ],
);

/** How many sessions stand in each state and how many leases each key holds, kept by the same transactions. */
export const counts = sqliteTable('counts', {
  name: text('name').primaryKey(),
  n: integer('n').notNull(),
});

export const apiKeys = sqliteTable('api_keys', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  hash: text('hash').notNull().unique(),
  maxLeases: integer('max_leases'),
  /** The key leases and sees only sessions that have all of these tags; none: every session. */
  tags: text('tags', { mode: 'json' }).$type<string[]>().notNull().default([]),
  /** Null: it does not expire. */
  expiresAt: integer('expires_at'),
  createdAt: integer('created_at').notNull(),
  revokedAt: integer('revoked_at'),
});

/** What admins did, newest last; bounded by the job that prunes it. `holder`, `key_name`: the key that it was done with. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    at: integer('at').notNull(),
    holder: text('holder').notNull(),
    keyName: text('key_name').notNull(),
    address: text('address'),
    requestId: text('request_id'),
    action: text('action').notNull(),
    object: text('object'),
    outcome: text('outcome').$type<AuditOutcome>().notNull(),
  },
  (table) => [
    index('audit_log_by_action').on(table.action, table.id),
    index('audit_log_by_object').on(table.object, table.id),
  ],
);

/** `pass` is encrypted. */
export const proxies = sqliteTable('proxies', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  type: text('type').notNull(),
  host: text('host').notNull(),
  port: integer('port').notNull(),
  user: text('user'),
  pass: text('pass'),
});

/** Logins under way, and those that became sessions a moment ago. `secret` is encrypted. */
export const pendingLogins = sqliteTable(
  'pending_logins',
  {
    id: text('id').primaryKey(),
    holder: text('holder').notNull(),
    kind: text('kind').$type<PendingLogin['kind']>().notNull(),
    stage: text('stage').$type<LoginStage>().notNull(),
    saveAtOnce: integer('save_at_once', { mode: 'boolean' }).notNull(),
    phoneNumber: text('phone_number'),
    sessionName: text('session_name'),
    secret: text('secret').notNull(),
    authKeySha256: blob('auth_key_sha256', { mode: 'buffer' }),
    inDoubt: integer('in_doubt', { mode: 'boolean' }).notNull(),
    /** Not a reference: a login tells of its session though that one is gone. */
    sessionId: integer('session_id'),
    expiresAt: integer('expires_at').notNull(),
    claimedUntil: integer('claimed_until'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [
    index('pending_logins_by_end').on(table.expiresAt),
    index('pending_logins_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
  ],
);

/** Facts the service remembers of itself: the device of SESSIONS_DIR, the anchor of its clock. */
export const facts = sqliteTable('facts', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});
