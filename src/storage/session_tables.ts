import { sql } from 'drizzle-orm';
import type { LoginStage, PendingLogin } from '../logins/store.js';
import type { ConditionDetail, StoredCondition } from '../pool/account_condition.js';
import type { FenceKind } from '../pool/fence.js';
import type { UnreleasedLease } from '../pool/lease_authorization.js';
import type { BaseState, State } from '../pool/states.js';
import type { Columns } from './postgres/columns.js';

/** Declares the tables of sessions, and of the logins that become sessions. */
export function declareSessionTables(c: Columns) {
  /** `pass` is encrypted. */
  const proxies = c.table('proxies', {
    id: c.identity(),
    type: c.text('type').notNull(),
    host: c.text('host').notNull(),
    port: c.integer('port').notNull(),
    user: c.text('user'),
    pass: c.text('pass'),
  });

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
      leaseFence: c.text('lease_fence').$type<FenceKind>(),
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

  return { proxies, sessions, sessionTags, methodFloods, sessionDays, pendingLogins };
}
