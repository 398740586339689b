import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import type { AuditOutcome } from '../../audit/store.js';
import type { Role } from '../../kernel/api_key.js';
import type { LoginStage, PendingLogin } from '../../logins/store.js';
import type { UnreleasedLease } from '../../pool/lease_authorization.js';
import type { RestState, State } from '../../pool/states.js';
import { bytea, identity, jsonText, whole } from './columns.js';

/** Times are milliseconds on the service's clock; ids of Telegram are text, since they have 64 bits. */
export const sessions = pgTable(
  'sessions',
  {
    id: identity(),
    name: text('name').notNull().unique(),
    /** As `foldName` puts it. Not unique: files on disk may differ in case only. */
    foldedName: text('folded_name').notNull(),
    file: text('file'),
    jsonFile: text('json_file'),
    fingerprint: text('fingerprint').notNull(),
    format: text('format').notNull(),
    authKeySha256: bytea('auth_key_sha256'),
    dcId: integer('dc_id'),
    userId: text('user_id'),
    phoneNumber: text('phone_number'),
    apiId: integer('api_id'),
    /** Encrypted. */
    apiHash: text('api_hash'),
    /** Encrypted: the session itself, for replicas that have no file of it. Null: not kept here. */
    credentials: text('credentials'),
    proxyId: whole('proxy_id').references(() => proxies.id),
    tags: text('tags').array().notNull(),
    inactive: boolean('inactive').notNull().default(false),
    rest: text('rest').$type<RestState>().notNull(),
    restReason: text('rest_reason'),
    state: text('state').$type<State>().notNull(),
    stateReason: text('state_reason'),
    stateUntil: whole('state_until'),
    /** Flooded for some method. Part of the index by which the next free session is found. */
    limited: boolean('limited').notNull().default(false),
    lastUsedAt: whole('last_used_at').notNull(),
    /** The current lease, or the last one when the session is not leased. */
    leaseId: text('lease_id'),
    leaseHolder: text('lease_holder'),
    /** The address of the client that it was given to. */
    leaseAddress: text('lease_address'),
    leaseTtlSeconds: integer('lease_ttl_seconds'),
    leaseRenewed: boolean('lease_renewed').notNull().default(false),
    /** Until when its last holder may still be connected; null: it has let go, or has the lease. */
    cooldownUntil: whole('cooldown_until'),
    /** Leases that ended without their holder, who may release them late. */
    unreleased: jsonText<readonly UnreleasedLease[]>('unreleased').notNull().default(sql`'[]'`),
    suspectedAt: whole('suspected_at'),
    lastCheckedAt: whole('last_checked_at'),
    createdAt: whole('created_at').notNull(),
    updatedAt: whole('updated_at').notNull(),
  },
  (table) => [
    // The id, too: a new pool's sessions were all used last at 0.
    index('sessions_by_use').on(table.state, table.limited, table.lastUsedAt, table.id),
    index('sessions_by_deadline').on(table.state, table.stateUntil).where(sql`state_until IS NOT NULL`),
    index('sessions_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
    index('sessions_by_folded_name').on(table.foldedName),
    index('sessions_by_phone').on(table.phoneNumber).where(sql`phone_number IS NOT NULL`),
    index('sessions_by_check').on(table.lastCheckedAt).where(sql`state = 'free'`),
  ],
);

/** A tag on a session; `free_since` is its place among the free ones (when it was last used), null when it is not free. */
export const sessionTags = pgTable(
  'session_tags',
  {
    tag: text('tag').notNull(),
    sessionId: whole('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    freeSince: whole('free_since'),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.tag] }),
    index('session_tags_free')
      .on(table.tag, table.freeSince, table.sessionId)
      .where(sql`free_since IS NOT NULL`),
    index('session_tags_by_tag').on(table.tag, table.sessionId),
  ],
);

export const methodFloods = pgTable(
  'method_floods',
  {
    sessionId: whole('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    method: text('method').notNull(),
    until: whole('until').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.method] }),
    index('method_floods_by_end').on(table.until),
    index('method_floods_by_method').on(table.method, table.until),
  ],
);

/** What happened to a session. Kept when the session goes; bounded by the job that prunes it. */
export const history = pgTable(
  'history',
  {
    id: identity(),
    sessionId: whole('session_id').notNull(),
    at: whole('at').notNull(),
    event: text('event').notNull(),
    detail: text('detail'),
    leaseId: text('lease_id'),
    holder: text('holder'),
  },
  (table) => [index('history_by_session').on(table.sessionId, table.id)],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    holder: text('holder').notNull(),
    key: text('key').notNull(),
    sessionId: whole('session_id').notNull(),
    leaseId: text('lease_id').notNull(),
    /** How often the key was sent again and got the same lease. */
    repeats: integer('repeats').notNull().default(0),
    createdAt: whole('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.holder, table.key] }),
    index('idempotency_keys_by_age').on(table.createdAt),
    index('idempotency_keys_by_lease').on(table.leaseId),
  ],
);

/**
 * How many sessions stand in each state and how many leases each key holds, kept by the same transactions. A
 * number is the sum over its shards, each of which may be negative: connections write to different shards, so
 * that transactions of one moment do not wait for each other.
 */
export const counts = pgTable(
  'counts',
  { name: text('name').notNull(), shard: smallint('shard').notNull(), n: whole('n').notNull() },
  (table) => [primaryKey({ columns: [table.name, table.shard] })],
);

export const apiKeys = pgTable('api_keys', {
  id: identity(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  hash: text('hash').notNull().unique(),
  maxLeases: integer('max_leases'),
  /** The key leases and sees only sessions that have all of these tags; none: every session. */
  tags: text('tags').array().notNull().default([]),
  /** Null: it does not expire. */
  expiresAt: whole('expires_at'),
  createdAt: whole('created_at').notNull(),
  revokedAt: whole('revoked_at'),
});

/** What admins did, newest last; bounded by the job that prunes it. `holder`, `key_name`: the key that it was done with. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: identity(),
    at: whole('at').notNull(),
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
export const proxies = pgTable('proxies', {
  id: identity(),
  type: text('type').notNull(),
  host: text('host').notNull(),
  port: integer('port').notNull(),
  user: text('user'),
  pass: text('pass'),
});

/** Logins under way, and those that became sessions a moment ago. `secret` is encrypted. */
export const pendingLogins = pgTable(
  'pending_logins',
  {
    id: text('id').primaryKey(),
    holder: text('holder').notNull(),
    kind: text('kind').$type<PendingLogin['kind']>().notNull(),
    stage: text('stage').$type<LoginStage>().notNull(),
    saveAtOnce: boolean('save_at_once').notNull(),
    phoneNumber: text('phone_number'),
    sessionName: text('session_name'),
    secret: text('secret').notNull(),
    authKeySha256: bytea('auth_key_sha256'),
    inDoubt: boolean('in_doubt').notNull(),
    /** Not a reference: a login tells of its session though that one is gone. */
    sessionId: whole('session_id'),
    expiresAt: whole('expires_at').notNull(),
    claimedUntil: whole('claimed_until'),
    createdAt: whole('created_at').notNull(),
  },
  (table) => [
    index('pending_logins_by_end').on(table.expiresAt),
    index('pending_logins_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
  ],
);

/** Facts the service remembers of itself: the device of SESSIONS_DIR, the anchor of its clock. */
export const facts = pgTable('facts', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
});

/** How often something was done of late that must not be done too often; as `rate-limiter-flexible` keeps it. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull().default(0),
  expire: whole('expire'),
});
