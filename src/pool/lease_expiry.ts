import type { HistoryEntry, PoolColumns, SessionState } from './session_state.js';
import { deadlineEvent, MAX_COOLDOWN_SECONDS, type PoolEvent } from './states.js';

/** An event, what it writes beside the state, and what the history says of it. */
export interface Change {
  readonly event: PoolEvent;
  readonly changes: Partial<PoolColumns>;
  readonly entry: HistoryEntry;
}

/** What a deadline of the session that has passed by `now` brings; null: none has. */
export function passedDeadline(row: SessionState, now: number): Change | null {
  if (row.stateUntil === null || row.stateUntil > now) return null;
  const event = deadlineEvent(row.state, row.leaseRenewed);
  if (event === null) return null;
  const over = row.state === 'leased' ? 'expired' : `${row.state}_over`;
  const used = row.state === 'leased' ? { lastUsedAt: now } : {};
  const changes = event === 'cool' ? { ...used, ...coolDown(row, now) } : used;
  return { event, changes, entry: { at: now, event: over } };
}

/**
 * What taking the lease from its holder brings: the session cools down for what is left of the lease, a minute at
 * the most, since its holder may still be connected. Null: nobody holds it.
 */
export function revocation(row: SessionState, now: number): Change | null {
  if (row.state !== 'leased') return null;
  const cooldownUntil = mayBeConnectedUntil(row, now);
  const changes = {
    ...{ lastUsedAt: now, cooldownUntil, stateUntil: cooldownUntil },
    stateReason: 'its lease was revoked',
  };
  return { event: 'revoke', changes, entry: { at: now, event: 'revoked' } };
}

/**
 * Until when the holder of a leased session may still be connected if its lease ends now, without its word: as long
 * as the lease would have lasted, a minute at the most.
 */
export function mayBeConnectedUntil({ stateUntil }: SessionState, now: number): number {
  const left = Math.max(0, (stateUntil ?? now) - now);
  return now + Math.min(left, MAX_COOLDOWN_SECONDS * 1000);
}

/** As long as the lease was, a minute at the most. */
function coolDown(row: SessionState, now: number): Partial<PoolColumns> {
  const seconds = Math.min(row.leaseTtlSeconds ?? MAX_COOLDOWN_SECONDS, MAX_COOLDOWN_SECONDS);
  const cooldownUntil = now + seconds * 1000;
  return {
    ...{ cooldownUntil, stateUntil: cooldownUntil },
    stateReason: 'its lease ran out though it was renewed before',
  };
}
