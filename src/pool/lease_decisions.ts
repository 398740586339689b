import { LIMITED_SECONDS, METHODS_WHILE_LIMITED } from './account_condition.js';
import {
  authorizeBlock,
  authorizeLease,
  type Caller,
  type RefusalKind,
  type Relation,
  withLateRelease,
} from './lease_authorization.js';
import type { HistoryEntry, PoolColumns, SessionState } from './session_state.js';
import { deadlineEvent, INVALIDATED_UNTIL, MAX_COOLDOWN_SECONDS, type PoolEvent } from './states.js';
import { type Block, type Flood, type Freeze, SUSPICION_SECONDS } from './store.js';

/** An event, what it writes besides the state, and its entry in the history. */
export interface Change {
  readonly event: PoolEvent;
  readonly changes: Partial<PoolColumns>;
  readonly entry: HistoryEntry;
}

/** What a release means for a session. */
export type ReleaseDecision =
  | { readonly kind: RefusalKind }
  | {
      readonly kind: 'allowed';
      readonly as: Relation;
      /** Ends the lease or the cool-down after it; null: there is nothing to end. */
      readonly change: Change | null;
      /** Written even if nothing ends; empty: nothing. */
      readonly columns: Partial<PoolColumns>;
    };

/**
 * What the caller's release, with or without a flood wait of the session or of a method (`flooded`), means for the
 * session at `now`. The holder ends the lease, or the cool-down after it; an admin revokes the lease, and the session
 * cools down. Nobody else ends anything.
 */
export function decideRelease(
  row: SessionState,
  caller: Caller,
  flooded: boolean,
  now: number,
): ReleaseDecision {
  const authorized = (flooded ? authorizeBlock : authorizeLease)(row, caller);
  if (authorized.kind !== 'allowed') return authorized;
  const { as } = authorized;
  const by = { at: now, holder: caller.holder };
  if (as === 'admin') {
    const taken = revocation(row, now);
    const change = taken && { ...taken, entry: { ...taken.entry, ...by } };
    return { kind: 'allowed', as, change, columns: {} };
  }
  const columns = row.state === 'leased' ? {} : lateRelease(row, caller);
  if (as !== 'holder' || (row.state !== 'leased' && row.state !== 'cooldown')) {
    return { kind: 'allowed', as, change: null, columns };
  }
  const changes = { ...columns, lastUsedAt: now, cooldownUntil: null };
  const change = { event: 'release', changes, entry: { ...by, event: 'released' } } as const;
  return { kind: 'allowed', as, change, columns: {} };
}

function lateRelease(row: SessionState, caller: Caller): Partial<PoolColumns> {
  const unreleased = withLateRelease(row, caller);
  return unreleased.length === row.unreleased.length ? {} : { unreleased };
}

/**
 * What a renewal writes: the lease is extended by its ttl, or by another one that replaces it. A shorter one does not
 * shorten a fenced lease: replicas cut its connections by the last expiry that they heard of, which must not be too
 * late.
 */
export function renewal(row: SessionState, ttlSeconds: number | null, now: number) {
  const seconds = ttlSeconds ?? row.leaseTtlSeconds ?? 0;
  const earliest = row.leaseFence === null ? 0 : (row.stateUntil ?? 0);
  const stateUntil = Math.max(now + seconds * 1000, earliest);
  return { stateUntil, leaseTtlSeconds: seconds, leaseRenewed: true };
}

/** What a deadline of the session that has passed by `now` causes; null: none has. */
export function passedDeadline(row: SessionState, now: number): Change | null {
  if (row.stateUntil === null || row.stateUntil > now) return null;
  // A fence has cut the connections of its lease by now.
  const event = deadlineEvent(row.state, row.leaseRenewed && row.leaseFence === null);
  if (event === null) return null;
  const over = row.state === 'leased' ? 'expired' : `${row.state}_over`;
  const used = row.state === 'leased' ? { lastUsedAt: now } : {};
  const changes = event === 'enter_cooldown' ? { ...used, ...coolDown(row, now) } : used;
  return { event, changes, entry: { at: now, event: over } };
}

/** As long as the lease was, at most a minute. */
function coolDown(row: SessionState, now: number): Partial<PoolColumns> {
  const seconds = Math.min(row.leaseTtlSeconds ?? MAX_COOLDOWN_SECONDS, MAX_COOLDOWN_SECONDS);
  const cooldownUntil = now + seconds * 1000;
  return {
    ...{ cooldownUntil, stateUntil: cooldownUntil },
    stateReason: 'its lease expired although it had been renewed',
  };
}

/**
 * What revoking the lease means: the session cools down for the rest of the lease, at most a minute, since its holder
 * may still be connected; unless a fence in this process keeps it out. Null: nobody holds it.
 */
export function revocation(row: SessionState, now: number): Change | null {
  if (row.state !== 'leased') return null;
  const entry = { at: now, event: 'revoked' };
  if (row.leaseFence === 'process') return { event: 'expire', changes: { lastUsedAt: now }, entry };
  const cooldownUntil = mayBeConnectedUntil(row, now);
  const changes = {
    ...{ lastUsedAt: now, cooldownUntil, stateUntil: cooldownUntil },
    stateReason: 'its lease was revoked',
  };
  return { event: 'revoke', changes, entry };
}

/**
 * Until when the holder of a leased session may still be connected if its lease ends now without its release: for the
 * rest of the lease, at most a minute.
 */
function mayBeConnectedUntil({ stateUntil, leaseFence }: SessionState, now: number): number {
  if (leaseFence === 'process') return now;
  const left = Math.max(0, (stateUntil ?? now) - now);
  return now + Math.min(left, MAX_COOLDOWN_SECONDS * 1000);
}

/** A method that is flooded, and until when. */
export interface FloodedMethod {
  readonly name: string;
  readonly until: number;
}

/** What a block does to a session. `until`: the answer if the event changes nothing. */
export type BlockDecision =
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'event'; readonly until: number | null } & Change)
  | {
      readonly kind: 'note';
      readonly changes: Partial<PoolColumns>;
      readonly entry: HistoryEntry;
      readonly methods: readonly FloodedMethod[];
      /** The answer; null: that of the state. */
      readonly until: number | null;
    };

/**
 * What the block by an authorized caller means for the session in its current state. If it takes the session from
 * another holder, that one may stay connected for a moment.
 */
export function decideBlock(
  row: SessionState,
  block: Block,
  { holder }: Caller,
  as: Relation,
  now: number,
): BlockDecision {
  const decision = effectOf(row, block, { at: now, holder });
  const taken = row.state === 'leased' && as === 'admin';
  if (!taken || decision.kind !== 'event') return decision;
  const cooldownUntil = mayBeConnectedUntil(row, now);
  const { stateUntil } = decision.changes;
  const until = decision.event === 'flood' ? Math.max(stateUntil ?? 0, cooldownUntil) : (stateUntil ?? null);
  return { ...decision, changes: { ...decision.changes, cooldownUntil, stateUntil: until } };
}

/** The actor and the time. */
interface Actor {
  readonly at: number;
  readonly holder: string;
}

function effectOf(row: SessionState, block: Block, by: Actor): BlockDecision {
  switch (block.kind) {
    case 'none':
      return { kind: 'nothing' };
    case 'flood':
      return flood(row, block, by);
    case 'invalidate': {
      const changes = { stateUntil: INVALIDATED_UNTIL, stateReason: block.reason ?? 'invalidated' };
      const entry = { ...by, event: 'invalidated', detail: block.reason };
      return { kind: 'event', event: 'invalidate', changes, entry, until: row.stateUntil };
    }
    case 'suspect':
      if (isSuspect(row, by.at)) return death(row, block.reason, by);
      return {
        kind: 'note',
        changes: { suspectedAt: by.at },
        entry: { ...by, event: 'suspected', detail: block.reason },
        methods: [],
        until: null,
      };
    case 'limit':
      return limit(row, block, by);
    case 'freeze':
      return freeze(row, block, by);
    case 'dead':
      return death(row, block.reason, by);
  }
}

/** Floods the session or one of its methods; an existing wait that ends later is kept. */
function flood(row: SessionState, { seconds, method }: Flood, by: Actor): BlockDecision {
  const until = by.at + seconds * 1000;
  const detail = `${seconds} s`;
  if (method !== null) {
    const entry = { ...by, event: 'method_flooded', detail: `${method}: ${detail}` };
    return {
      kind: 'note',
      changes: { methodFlooded: true },
      entry,
      methods: [{ name: method, until }],
      until,
    };
  }
  const current = row.state === 'flood' ? (row.stateUntil ?? 0) : 0;
  const stateUntil = Math.max(until, current, row.cooldownUntil ?? 0);
  const changes = { stateUntil, stateReason: 'flood wait', lastUsedAt: by.at };
  return { kind: 'event', event: 'flood', changes, entry: { ...by, event: 'flooded', detail }, until };
}

/** A limited account is leased for what it still can do: the other methods are flooded. */
function limit(
  row: SessionState,
  { reason, method }: Extract<Block, { kind: 'limit' }>,
  by: Actor,
): BlockDecision {
  const until = by.at + LIMITED_SECONDS * 1000;
  const names = new Set([...METHODS_WHILE_LIMITED, ...(method === null ? [] : [method])]);
  const detail = { reason, since: limitedSince(row, by.at), until, appealUrl: null };
  const condition =
    row.condition === 'frozen' ? {} : { condition: 'limited' as const, conditionDetail: detail };
  return {
    kind: 'note',
    changes: { ...condition, methodFlooded: true },
    entry: { ...by, event: 'limited', detail: method === null ? reason : `${reason}: ${method}` },
    methods: [...names].map((name) => ({ name, until })),
    until,
  };
}

function limitedSince({ condition, conditionDetail }: SessionState, at: number): number {
  return condition === 'limited' && conditionDetail !== null ? conditionDetail.since : at;
}

/** How long a method stays blocked that a frozen account was refused, in seconds: ten years, or until it is thawed. */
export const REFUSED_WHILE_FROZEN_SECONDS = 10 * 31_536_000;

/** A frozen account keeps its lease, whose holder may read with it; what it was refused is remembered. */
function freeze(
  row: SessionState,
  { method, ...freeze }: Extract<Block, { kind: 'freeze' }>,
  by: Actor,
): BlockDecision {
  const until = by.at + REFUSED_WHILE_FROZEN_SECONDS * 1000;
  const changes = { ...frozen(row, freeze, by.at), ...(method !== null && { methodFlooded: true }) };
  const entry = {
    ...by,
    event: 'frozen',
    detail: method === null ? freeze.reason : `${freeze.reason}: ${method}`,
  };
  const methods = method === null ? [] : [{ name: method, until }];
  return { kind: 'note', changes, entry, methods, until: null };
}

/** The columns of a session whose account is frozen. What Telegram has said of it before is kept. */
export function frozen(row: SessionState, { reason, since, until, appealUrl }: Freeze, at: number) {
  const before = row.condition === 'frozen' ? row.conditionDetail : null;
  const conditionDetail = {
    reason: before?.reason ?? reason,
    since: since ?? before?.since ?? at,
    until: until ?? before?.until ?? null,
    appealUrl: appealUrl ?? before?.appealUrl ?? null,
  };
  return { condition: 'frozen' as const, conditionDetail };
}

function death(row: SessionState, reason: string, by: Actor): BlockDecision {
  const changes = { stateReason: reason, stateUntil: null };
  const entry = { ...by, event: 'died', detail: reason };
  return { kind: 'event', event: 'die', changes, entry, until: row.stateUntil };
}

function isSuspect({ suspectedAt }: SessionState, now: number): boolean {
  return suspectedAt !== null && now - suspectedAt < SUSPICION_SECONDS * 1000;
}
