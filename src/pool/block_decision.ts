import { type Authorization, authorizeLease, type Caller, type Relation } from './lease_authorization.js';
import { type Change, mayBeConnectedUntil } from './lease_expiry.js';
import type { HistoryEntry, PoolColumns, SessionState } from './session_state.js';
import { INVALIDATED_UNTIL } from './states.js';
import { type Block, type Flood, SUSPICION_SECONDS } from './store.js';

/** What a block does to a session. `until`: what is answered if the event changes nothing. */
export type Decision =
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'event'; readonly until: number | null } & Change)
  | {
      readonly kind: 'note';
      readonly changes: Partial<PoolColumns>;
      readonly entry: HistoryEntry;
      /** The method that is flooded, and until when. */
      readonly method: { readonly name: string; readonly until: number } | null;
    };

/** Whether the caller may block the session: one who acts by its key alone must at least have held it last. */
export function authorizeBlock(row: SessionState, caller: Caller): Authorization {
  const authorized = authorizeLease(row, caller);
  if (authorized.kind !== 'allowed' || authorized.as !== 'bystander') return authorized;
  return { kind: 'not_lease_holder' };
}

/**
 * What the block means for the session as it stands, by a caller who may. If it takes the session from another
 * holder, that one may be connected for a moment more.
 */
export function decideBlock(
  row: SessionState,
  block: Block,
  { holder }: Caller,
  as: Relation,
  now: number,
): Decision {
  const decision = decide(row, block, { at: now, holder });
  const taken = row.state === 'leased' && as === 'admin';
  if (!taken || decision.kind !== 'event') return decision;
  const cooldownUntil = mayBeConnectedUntil(row, now);
  const { stateUntil } = decision.changes;
  const until = decision.event === 'flood' ? Math.max(stateUntil ?? 0, cooldownUntil) : (stateUntil ?? null);
  return { ...decision, changes: { ...decision.changes, cooldownUntil, stateUntil: until } };
}

function decide(row: SessionState, block: Block, by: { at: number; holder: string }): Decision {
  switch (block.kind) {
    case 'none':
      return { kind: 'nothing' };
    case 'flood':
      return decideFlood(row, block, by);
    case 'invalidate': {
      const changes = { stateUntil: INVALIDATED_UNTIL, stateReason: block.reason ?? 'invalidated' };
      const entry = { ...by, event: 'invalidated', detail: block.reason };
      return { kind: 'event', event: 'invalidate', changes, entry, until: row.stateUntil };
    }
    case 'suspect':
      if (isSuspect(row, by.at)) return die(row, block.reason, by);
      return {
        kind: 'note',
        changes: { suspectedAt: by.at },
        entry: { ...by, event: 'suspected', detail: block.reason },
        method: null,
      };
    case 'dead':
      return die(row, block.reason, by);
  }
}

/** Floods the session or one of its methods; a wait that ends later than the new one stands. */
function decideFlood(row: SessionState, flood: Flood, by: { at: number; holder: string }): Decision {
  const until = by.at + flood.seconds * 1000;
  const detail = `${flood.seconds} s`;
  if (flood.method !== null) {
    const entry = { ...by, event: 'method_flooded', detail: `${flood.method}: ${detail}` };
    return { kind: 'note', changes: { limited: true }, entry, method: { name: flood.method, until } };
  }
  const current = row.state === 'flood' ? (row.stateUntil ?? 0) : 0;
  const stateUntil = Math.max(until, current, row.cooldownUntil ?? 0);
  const changes = { stateUntil, stateReason: 'flood wait', lastUsedAt: by.at };
  return { kind: 'event', event: 'flood', changes, entry: { ...by, event: 'flooded', detail }, until };
}

function die(row: SessionState, reason: string, by: { at: number; holder: string }): Decision {
  const changes = { stateReason: reason, stateUntil: null };
  const entry = { ...by, event: 'died', detail: reason };
  return { kind: 'event', event: 'die', changes, entry, until: row.stateUntil };
}

function isSuspect({ suspectedAt }: SessionState, now: number): boolean {
  return suspectedAt !== null && now - suspectedAt < SUSPICION_SECONDS * 1000;
}
