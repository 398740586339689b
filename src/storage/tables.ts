import { sql } from 'drizzle-orm';
import type { AuditOutcome } from '../audit/store.js';
import type { Role } from '../kernel/api_key.js';
import type { LoginStage, PendingLogin } from '../logins/store.js';
import type { ConditionDetail, StoredCondition } from '../pool/account_condition.js';
import type { Fence } from '../pool/fence.js';
import type { UnreleasedLease } from '../pool/lease_authorization.js';
import type { BaseState, State } from '../pool/states.js';
import { declarePeerTables } from './peer_tables.js';
import type { Columns } from './postgres/columns.js';
import { declareScrapingTables } from './scraping_tables.js';

/** The tables that both databases have, with PostgreSQL's types. */
export type Tables = ReturnType<typeof declareTables>;

/** A session's row, whichever the database. */
export type SessionRow = Tables['sessions']['$inferSelect'];

/**
 * Declares all tables that both databases have, in an order in which rows come after those that they refer to. Tables
 * of only one are in that one's schema.
 */
export function declareTables(columns: Columns) {
  const tables = declareSessionTables(columns);
  const { sessions } = tables;
  return { ...tables, ...declareScrapingTables(columns, sessions), ...declarePeerTables(columns, sessions) };
}

/** Times are milliseconds on the service's clock; Telegram's ids are text, since they have 64 bits. */
export function declareSessionTables(c: Columns) {
  const sessions = c.table(
    'sessions',
    {
      id: c.identity(),
      name: c.text('name').notNull().unique(),
      /** The result of `foldName`. Not unique: files on disk may differ only in case. */
      foldedName: c.addedLater(c.text('folded_name').notNull(), ''),
      file: c.text('file'),
      jsonFile: c.text('json_file'),
      fingerprint: c.text('fingerprint').notNull(),
      format: c.text('format').notNull(),
      authKeySha256: c.bytes('auth_key_sha256'),
      dcId: c.integer('dc_id'),
      userId: c.text('user_id'),
      phoneNumber: c.text('phone_number'),
      apiId: c.integer('api_id'),
      /** Encrypted. */
      apiHash: c.text('api_hash'),
      /** Encrypted: the session itself, for replicas without its file. Null: not stored here. */
      credentials: c.text('credentials'),
      proxyId: c.whole('proxy_id').references(() => proxies.id),
      tags: c.list('tags').notNull(),
      inactive: c.flag('inactive').notNull().default(false),
      baseState: c.text('base_state').$type<BaseState>().notNull(),
      baseStateReason: c.text('base_state_reason'),
      state: c.text('state').$type<State>().notNull(),
      stateReason: c.text('state_reason'),
      stateUntil: c.whole('state_until'),
      /** Whether it has a method flood. Part of the index that finds the next free session. */
      methodFlooded: c.flag('method_flooded').notNull().default(false),
      lastUsedAt: c.whole('last_used_at').notNull(),
      /** The current lease, or the last one when the session is not leased. */
      leaseId: c.text('lease_id'),
      leaseHolder: c.text('lease_holder'),
      /** The address of the client that it was given to. */
      leaseAddress: c.text('lease_address'),
      leaseTtlSeconds: c.integer('lease_ttl_seconds'),
      leaseRenewed: c.flag('lease_renewed').notNull().default(false),
      leaseFence: c.text('lease_fence').$type<Fence>(),
      /** Until when its last holder may still be connected; null: it has released, or still holds the lease. */
      cooldownUntil: c.whole('cooldown_until'),
      /** Leases that ended without their holder, which may release them late. */
      unreleased: c.json<readonly UnreleasedLease[]>('unreleased').notNull().default(sql`'[]'`),
      suspectedAt: c.whole('suspected_at'),
      condition: c.text('condition').$type<StoredCondition>().notNull().default('alive'),
      conditionDetail: c.json<ConditionDetail>('condition_detail'),
      /** The last day on which it was leased, in days since 1970, and how often. */
      usesDay: c.integer('uses_day').notNull().default(0),
      usesToday: c.integer('uses_today').notNull().default(0),
      usedUpUntil: c.whole('used_up_until'),
      /** What its health score lacks of 100, and why: JSON, which leasing does not read. */
      healthPenalty: c.integer('health_penalty').notNull().default(0),
      healthReasons: c.text('health_reasons').notNull().default('[]'),
      lastCheckedAt: c.whole('last_checked_at'),
      createdAt: c.whole('created_at').notNull(),
      updatedAt: c.whole('updated_at').notNull(),
    },
    (table) => [
      c
        .index('sessions_by_use')
        .on(table.state, table.methodFlooded, table.lastUsedAt, ...c.rowIdEnd(table.id)),
      c
        .index('sessions_by_health')
        .on(table.methodFlooded, table.healthPenalty, table.lastUsedAt, ...c.rowIdEnd(table.id))
        .where(sql`state = 'free'`),
      c.index('sessions_by_deadline').on(table.state, table.stateUntil).where(sql`state_until IS NOT NULL`),
      c.index('sessions_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
      c.index('sessions_by_folded_name').on(table.foldedName),
      ...c.byteOrderIndex('sessions_by_name', table.foldedName, table.id),
      c.index('sessions_by_creation').on(table.createdAt, ...c.rowIdEnd(table.id)),
      c.index('sessions_by_update').on(table.updatedAt, ...c.rowIdEnd(table.id)),
      c.index('sessions_by_phone').on(table.phoneNumber).where(sql`phone_number IS NOT NULL`),
      c.index('sessions_by_check').on(table.lastCheckedAt).where(sql`state = 'free'`),
    ],
  );

  /**
   * A tag of a session; `free_since` is its position among the free ones (when it was last used), null if it is not
   * free.
   */
  const sessionTags = c.table(
    'session_tags',
    {
      tag: c.text('tag').notNull(),
      sessionId: c.parent('session_id', () => sessions.id),
      freeSince: c.whole('free_since'),
    },
    (table) => [
      c.primaryKey({ columns: [table.sessionId, table.tag] }),
      c
        .index('session_tags_free')
        .on(table.tag, table.freeSince, ...c.rowIdEnd(table.sessionId))
        .where(sql`free_since IS NOT NULL`),
      c.index('session_tags_by_tag').on(table.tag, table.sessionId),
    ],
  );

  const methodFloods = c.table(
    'method_floods',
    {
      sessionId: c.parent('session_id', () => sessions.id),
      method: c.text('method').notNull(),
      until: c.whole('until').notNull(),
    },
    (table) => [
      c.primaryKey({ columns: [table.sessionId, table.method] }),
      c.index('method_floods_by_end').on(table.until),
      c.index('method_floods_by_method').on(table.method, table.until),
    ],
  );

  /** What happened to a session on each of the last days (since 1970). Bounded by the job that scores sessions. */
  const sessionDays = c.table(
    'session_days',
    {
      sessionId: c.parent('session_id', () => sessions.id),
      day: c.integer('day').notNull(),
      uses: c.integer('uses').notNull().default(0),
      floodSeconds: c.whole('flood_seconds').notNull().default(0),
      errors: c.integer('errors').notNull().default(0),
    },
    (table) => [
      c.primaryKey({ columns: [table.sessionId, table.day] }),
      c.index('session_days_by_day').on(table.day),
    ],
  );

  /** How often sessions with a tag may be leased. */
  const tagLimits = c.table('tag_limits', {
    tag: c.text('tag').primaryKey(),
    maxUsesPerDay: c.integer('max_uses_per_day').notNull(),
    rampDays: c.integer('ramp_days').notNull(),
  });

  /** The history of sessions. Kept when a session is deleted; bounded by the job that prunes it. */
  const history = c.table(
    'history',
    {
      id: c.rowId(),
      sessionId: c.whole('session_id').notNull(),
      at: c.whole('at').notNull(),
      event: c.text('event').notNull(),
      detail: c.text('detail'),
      leaseId: c.text('lease_id'),
      holder: c.text('holder'),
    },
    (table) => [c.index('history_by_session').on(table.sessionId, ...c.rowIdEnd(table.id))],
  );

  /**
   * What the pool did in each minute and each hour (`step`, in seconds). The counts are null until a replica has
   * taken them at the end of the step; the waits are sums over all replicas. Bounded by the job that prunes it.
   */
  const poolSamples = c.table(
    'pool_samples',
    {
      step: c.integer('step').notNull(),
      at: c.whole('at').notNull(),
      free: c.integer('free'),
      inUse: c.integer('in_use'),
      inFloodwait: c.integer('in_floodwait'),
      unavailable: c.integer('unavailable'),
      waiting: c.integer('waiting'),
      leases: c.integer('leases').notNull().default(0),
      releases: c.integer('releases').notNull().default(0),
      floods: c.integer('floods').notNull().default(0),
      granted: c.integer('granted').notNull().default(0),
      refused: c.integer('refused').notNull().default(0),
      waitedMs: c.whole('waited_ms').notNull().default(0),
      longestWaitMs: c.whole('longest_wait_ms').notNull().default(0),
    },
    (table) => [c.primaryKey({ columns: [table.step, table.at] })],
  );

  const idempotencyKeys = c.table(
    'idempotency_keys',
    {
      holder: c.text('holder').notNull(),
      key: c.text('key').notNull(),
      sessionId: c.whole('session_id').notNull(),
      leaseId: c.text('lease_id').notNull(),
      /** How often the key was repeated and got the same lease. */
      repeats: c.integer('repeats').notNull().default(0),
      createdAt: c.whole('created_at').notNull(),
    },
    (table) => [
      c.primaryKey({ columns: [table.holder, table.key] }),
      c.index('idempotency_keys_by_age').on(table.createdAt),
      c.index('idempotency_keys_by_lease').on(table.leaseId),
    ],
  );

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

  /** `pass` is encrypted. */
  const proxies = c.table('proxies', {
    id: c.identity(),
    type: c.text('type').notNull(),
    host: c.text('host').notNull(),
    port: c.integer('port').notNull(),
    user: c.text('user'),
    pass: c.text('pass'),
  });

  /** Pending logins, and those that have recently become sessions. `secret` is encrypted. */
  const pendingLogins = c.table(
    'pending_logins',
    {
      id: c.text('id').primaryKey(),
      holder: c.text('holder').notNull(),
      kind: c.text('kind').$type<PendingLogin['kind']>().notNull(),
      stage: c.text('stage').$type<LoginStage>().notNull(),
      saveAtOnce: c.flag('save_at_once').notNull(),
      phoneNumber: c.text('phone_number'),
      sessionName: c.text('session_name'),
      secret: c.text('secret').notNull(),
      authKeySha256: c.bytes('auth_key_sha256'),
      inDoubt: c.flag('in_doubt').notNull(),
      /** Not a foreign key: a login names its session even after that is deleted. */
      sessionId: c.whole('session_id'),
      expiresAt: c.whole('expires_at').notNull(),
      claimedUntil: c.whole('claimed_until'),
      createdAt: c.whole('created_at').notNull(),
    },
    (table) => [
      c.index('pending_logins_by_end').on(table.expiresAt),
      c.index('pending_logins_by_auth_key').on(table.authKeySha256).where(sql`auth_key_sha256 IS NOT NULL`),
    ],
  );

  /** The service's key-value pairs: the device of SESSIONS_DIR, the anchor of its clock. */
  const keyValue = c.table('key_value', {
    name: c.text('name').primaryKey(),
    value: c.text('value').notNull(),
  });

  return {
    ...{ proxies, sessions, sessionTags, methodFloods, sessionDays, tagLimits, history, poolSamples },
    ...{ idempotencyKeys },
    ...{ apiKeys, endedSignIns, auditLog, pendingLogins, keyValue },
  };
}
