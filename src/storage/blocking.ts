import { type Caller, heldLast } from '../pool/fencing.js';
import { INVALIDATED_UNTIL } from '../pool/states.js';
import { type Block, type Flood, SUSPICION_SECONDS } from '../pool/store.js';
import type { Change } from './passed_deadline.js';
import type { Occasion, PoolColumns, Standing } from './standing.js';

/** What a block does to a session. `until`: what is answered if the event changes nothing. */
export type Decision =
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'event'; readonly until: number | null } & Change)
  | {
      readonly kind: 'note';
      readonly changes: Partial<PoolColumns>;
      readonly occasion: Occasion;
      /** The method that is flooded, and until when. */
      readonly method: { readonly name: string; readonly until: number } | null;
    };

/** What the block means for the session as it stands; whether the caller may is not looked at here. */
export function decideBlock(row: Standing, block: Block, caller: Caller, now: number): Decision {
  const by = { at: now, holder: caller.holder };
  switch (block.kind) {
    case 'none':
      return { kind: 'nothing' };
    case 'flood':
      return decideFlood(row, block, by);
    case 'invalidate': {
      const changes = { stateUntil: INVALIDATED_UNTIL, stateReason: block.reason ?? 'invalidated' };
      const occasion = { ...by, event: 'invalidated', detail: block.reason };
      return { kind: 'event', event: 'invalidate', changes, occasion, until: row.stateUntil };
    }
    case 'suspect':
      if (isSuspect(row, now)) return die(row, block.reason, by);
      return {
        kind: 'note',
        changes: { suspectedAt: now },
        occasion: { ...by, event: 'suspected', detail: block.reason },
        method: null,
      };
    case 'dead':
      return die(row, block.reason, by);
  }
}

/** Whether the caller's release ends the lease, or the cool-down after it, of the session. */
export function mayEnd(row: Standing, caller: Caller): boolean {
  return row.state === 'leased' || (row.state === 'cooldown' && heldLast(row, caller));
}

/** Floods the session or one of its methods; a wait that ends later than the new one stands. */
function decideFlood(row: Standing, flood: Flood, by: { at: number; holder: string }): Decision {
  const until = by.at + flood.seconds * 1000;
  const detail = `${flood.seconds} s`;
  if (flood.method !== null) {
    const occasion = { ...by, event: 'method_flooded', detail: `${flood.method}: ${detail}` };
    return { kind: 'note', changes: { limited: true }, occasion, method: { name: flood.method, until } };
  }
  const stateUntil = row.state === 'flood' ? Math.max(until, row.stateUntil ?? 0) : until;
  const changes = { stateUntil, stateReason: 'flood wait', lastUsedAt: by.at };
  return { kind: 'event', event: 'flood', changes, occasion: { ...by, event: 'flooded', detail }, until };
}

function die(row: Standing, reason: string, by: { at: number; holder: string }): Decision {
  const changes = { stateReason: reason, stateUntil: null };
  const occasion = { ...by, event: 'died', detail: reason };
  return { kind: 'event', event: 'die', changes, occasion, until: row.stateUntil };
}

function isSuspect({ suspectedAt }: Standing, now: number): boolean {
  return suspectedAt !== null && now - suspectedAt < SUSPICION_SECONDS * 1000;
}
