import type { Columns } from './postgres/columns.js';

/** Declares the tables of the pool: the rules of leasing, and what it remembers of leases. */
export function declarePoolTables(c: Columns) {
  /** How often sessions with a tag may be leased. */
  const tagLimits = c.table('tag_limits', {
    tag: c.text('tag').primaryKey(),
    maxUsesPerDay: c.integer('max_uses_per_day').notNull(),
    rampDays: c.integer('ramp_days').notNull(),
  });

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

  return { tagLimits, idempotencyKeys, history, poolSamples };
}
