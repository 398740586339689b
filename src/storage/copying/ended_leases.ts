import Database from 'better-sqlite3';
import { type AnchoredClock, type ClockAnchor, createSteadyClock, systemTime } from '../../kernel/clock.js';
import { MAX_COOLDOWN_SECONDS } from '../../pool/states.js';
import type { NamedDatabase } from '../database_url.js';
import { ANCHOR } from '../saved_clock.js';

/** What became of the leases of a database. */
export interface EndedLeases {
  /** How many sessions were leased. */
  readonly leased: number;
  /** How many sessions cool down. */
  readonly coolingDown: number;
  /** When the cool-down ends, on this machine's wall clock; null: none was asked for. */
  readonly until: Date | null;
}

/**
 * Ends all leases of a SQLite file that is to be copied to `to`: the copy of a database that was in use later, so that
 * whether a session is leased now is unknown. No earlier lease id is accepted any more: each worker that asks learns
 * that its lease is lost. With `holdSeconds`, the maximum time for which a lease may have been granted meanwhile, every
 * session cools down for that long, since a worker may hold it; null: nobody does.
 */
export async function endLeases(
  file: string,
  to: NamedDatabase,
  holdSeconds: number | null,
): Promise<EndedLeases> {
  const sqlite = new Database(file, { fileMustExist: true });
  try {
    const clock = to.kind === 'sqlite' ? clockOf(sqlite) : null;
    const now = clock?.now() ?? (await serverTime(to));
    const until = holdSeconds === null ? null : now + (holdSeconds + MAX_COOLDOWN_SECONDS) * 1000;
    return sqlite.transaction((): EndedLeases => {
      const leased = count(sqlite, "state = 'leased'");
      recordEnds(sqlite, now);
      if (until === null) free(sqlite);
      else hold(sqlite, until);
      forgetLeases(sqlite);
      forgetPlace(sqlite, clock);
      const coolingDown = count(sqlite, "state = 'cooldown'");
      return {
        leased,
        coolingDown,
        until: until === null ? null : (clock?.display(until) ?? new Date(until)),
      };
    })();
  } finally {
    sqlite.close();
  }
}

/** The clock by which a service on this machine will continue the file. */
function clockOf(sqlite: Database.Database): AnchoredClock {
  const saved = sqlite
    .prepare<[string], string>('SELECT value FROM key_value WHERE name = ?')
    .pluck()
    .get(ANCHOR);
  return createSteadyClock(systemTime, saved === undefined ? null : (JSON.parse(saved) as ClockAnchor));
}

async function serverTime(to: NamedDatabase): Promise<number> {
  if (to.kind === 'sqlite') throw new Error('a file has no clock of its own');
  return (await import('../postgres/server_time.js')).readServerTime(to.url);
}

function count(sqlite: Database.Database, where: string): number {
  return Number(sqlite.prepare(`SELECT count(*) FROM sessions WHERE ${where}`).pluck().get());
}

function recordEnds(sqlite: Database.Database, now: number): void {
  sqlite
    .prepare(
      `INSERT INTO history (session_id, at, event, detail, lease_id, holder)
       SELECT id, ?, 'revoked', 'restored from a backup', lease_id, lease_holder FROM sessions WHERE state = 'leased'`,
    )
    .run(now);
}

/** Sessions in other states cool down once they would become leasable. */
function hold(sqlite: Database.Database, until: number): void {
  // A lease or a cool-down of the backup may end later, if this clock is behind the one of the backup.
  sqlite
    .prepare(
      `UPDATE sessions SET cooldown_until = max(?, coalesce(cooldown_until, 0),
         CASE WHEN state = 'leased' THEN coalesce(state_until, 0) + ? ELSE 0 END)`,
    )
    .run(until, MAX_COOLDOWN_SECONDS * 1000);
  sqlite.exec(
    `UPDATE sessions SET state = 'cooldown', state_until = cooldown_until,
       state_reason = 'restored from a backup; a worker may still hold it'
     WHERE state IN ('free', 'frozen', 'used_up', 'inactive', 'leased', 'cooldown');
     UPDATE session_tags SET free_since = NULL WHERE free_since IS NOT NULL;`,
  );
}

/** Sessions come to their idle state, as `idleState` decides; the deadline of a day that is over has passed. */
function free(sqlite: Database.Database): void {
  sqlite.exec(
    `UPDATE sessions SET cooldown_until = NULL;
     UPDATE sessions SET state = base_state, state_reason = base_state_reason, state_until = NULL
     WHERE state IN ('leased', 'cooldown');
     UPDATE sessions SET state = 'used_up', state_reason = 'all uses of the day', state_until = used_up_until
     WHERE state = 'free' AND used_up_until IS NOT NULL;
     UPDATE sessions SET state = 'frozen', state_reason = condition_detail ->> 'reason', state_until = NULL
     WHERE state IN ('free', 'used_up') AND condition = 'frozen';
     UPDATE session_tags SET free_since = (
       SELECT CASE WHEN state = 'free' THEN last_used_at END FROM sessions WHERE sessions.id = session_id
     );`,
  );
}

function forgetLeases(sqlite: Database.Database): void {
  sqlite.exec(
    `UPDATE sessions SET lease_id = NULL, lease_holder = NULL, lease_address = NULL, lease_ttl_seconds = NULL,
       lease_renewed = 0, lease_fence = NULL, unreleased = '[]';
     DELETE FROM idempotency_keys;`,
  );
}

/** Forgets what is of the other machine: the device of SESSIONS_DIR; its clock continues from now. */
function forgetPlace(sqlite: Database.Database, clock: AnchoredClock | null): void {
  sqlite.exec("DELETE FROM key_value WHERE name GLOB 'sessions_dir.device*'");
  if (clock === null) return;
  sqlite
    .prepare(
      'INSERT INTO key_value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    .run(ANCHOR, JSON.stringify(clock.anchor()));
}
