import { batchesOf, inBatches } from '../kernel/batches.js';
import { type Clock, DAY_MS } from '../kernel/clock.js';
import { NotFound, TooMany } from '../kernel/errors.js';
import type { Page } from '../kernel/page.js';
import type { Channel } from '../telegram/gateway.js';
import { judgePeerError, MAX_PEERS_AT_ONCE } from './rules.js';
import type {
  KnownPeer,
  LearntPeer,
  Peer,
  PeerFilter,
  PeerOwner,
  PeerStore,
  PoolBudget,
  PoolBudgetPart,
  SessionBudget,
} from './store.js';

/** How many old resolves one transaction deletes. */
const PRUNE_AT_ONCE = 500;

/** The budgets of how many sessions one transaction counts, so that no lease waits long behind it. */
const BUDGETS_AT_ONCE = 200;

/** Who resolves: the service for itself, or workers, as far as they say so. */
export type Resolver = 'service' | 'worker';

export interface PeerServiceParts {
  readonly store: PeerStore;
  readonly clock: Clock;
  /** How many usernames a session may resolve within 24 hours. */
  readonly resolvesPerDay: number;
  /** Called when so many resolves were counted. */
  readonly onResolved: (count: number, by: Resolver) => void;
}

/** A session may not resolve another username: it would be flooded, for a day perhaps. */
export class ResolveBudgetSpent extends TooMany {
  constructor({ sessionId, perDay, nextAt }: SessionBudget, now: number) {
    const seconds = Math.max(1, Math.ceil(((nextAt ?? now + DAY_MS) - now) / 1000));
    const message = `session ${sessionId} has resolved as many usernames as it may within a day (${perDay}); it may resolve the next one in ${seconds} s`;
    super({ error: 'resolve_budget', message, session_id: sessionId, next_resolve_in: seconds }, seconds);
  }
}

/** The channels that sessions know, and the usernames that they may still resolve. Knows nothing about HTTP. */
export class PeerService {
  readonly #parts: PeerServiceParts;

  constructor(parts: PeerServiceParts) {
    this.#parts = parts;
  }

  /** What the session knows of each channel, in their order; null: nothing. */
  known(sessionId: number, channels: readonly string[]): Promise<(Peer | null)[]> {
    return this.#parts.store.known(sessionId, channels, this.#parts.clock.now());
  }

  /**
   * Saves what a worker's session has learnt, but for what no call can use. `resolved`: by name, which counts, unless
   * its lease was counted. Resolves to how many were saved.
   */
  async learn(
    owner: PeerOwner,
    learnt: readonly LearntPeer[],
    how: { readonly resolved: boolean; readonly tags: readonly string[] },
  ): Promise<number> {
    const { store, clock, resolvesPerDay: perDay, onResolved } = this.#parts;
    const peers = learnt.filter(isUsable);
    for (const some of batchesOf(peers, MAX_PEERS_AT_ONCE)) {
      const counted = await store.learn(owner, some, { ...how, perDay }, clock.now());
      if (counted > 0) onResolved(counted, 'worker');
    }
    return peers.length;
  }

  /** Saves channels that Telegram has named to the service itself. */
  async keep(
    owner: PeerOwner,
    channels: readonly Channel[],
    identifier: string | null = null,
  ): Promise<void> {
    const peers = channels.map((channel) => learntPeer(channel, identifier));
    await this.learn(owner, peers, { resolved: false, tags: [] });
  }

  /** To be called before the service resolves a name itself, which it counts. @throws ResolveBudgetSpent; NotFound. */
  async takeResolve(owner: PeerOwner, channel: string): Promise<void> {
    const { store, clock, resolvesPerDay, onResolved } = this.#parts;
    const now = clock.now();
    const counted = await store.takeResolve(owner, channel, resolvesPerDay, now);
    if (counted === null) throw new ResolveBudgetSpent(await this.budget(owner.sessionId), now);
    if (counted > 0) onResolved(counted, 'service');
  }

  /** Returns what a lease of the service's own reserved and did not use. */
  returnReserved({
    sessionId,
    leaseId,
  }: {
    readonly sessionId: number;
    readonly leaseId: string;
  }): Promise<void> {
    return this.#parts.store.returnReserved(sessionId, leaseId);
  }

  /** Forgets the channel if Telegram's error, of a call about it, says that what the session knows of it is wrong. */
  async refused(sessionId: number, channel: string, error: string, tags: readonly string[]): Promise<void> {
    const verdict = judgePeerError(error);
    if (verdict) await this.#parts.store.forget(sessionId, channel, verdict.nameGone, { tags });
  }

  /** @throws NotFound. */
  async budget(sessionId: number): Promise<SessionBudget> {
    const { store, clock, resolvesPerDay } = this.#parts;
    const budget = await store.budget(sessionId, resolvesPerDay, clock.now());
    if (budget === null) throw new NotFound('Session');
    return budget;
  }

  /** How many usernames each of the sessions may still resolve. */
  async resolvesLeft(sessionIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const { store, clock, resolvesPerDay } = this.#parts;
    const all = new Map<number, number>();
    for (const some of batchesOf(sessionIds, BUDGETS_AT_ONCE)) {
      for (const [id, left] of await store.resolvesLeft(some, resolvesPerDay, clock.now())) all.set(id, left);
    }
    return all;
  }

  /** What all sessions may still resolve now. */
  async poolBudget(): Promise<PoolBudget> {
    const { store, clock, resolvesPerDay: setting } = this.#parts;
    const all = { left: 0, usedUp: 0 };
    for (let afterId: number | null = 0; afterId !== null; ) {
      const page: PoolBudgetPart = await store.poolBudget(
        { setting, afterId, limit: BUDGETS_AT_ONCE },
        clock.now(),
      );
      all.left += page.left;
      all.usedUp += page.usedUp;
      afterId = page.lastId;
    }
    return all;
  }

  /** Which sessions know which channels, most recently used first, and how many there are on all pages. */
  async peers(
    page: Page,
    filter: PeerFilter,
  ): Promise<{ readonly peers: KnownPeer[]; readonly total: number }> {
    const { store } = this.#parts;
    const [peers, total] = await Promise.all([store.peers(page, filter), store.count(filter)]);
    return { peers, total };
  }

  /** Deletes the resolves that are older than a day. */
  async prune(): Promise<void> {
    const { store, clock } = this.#parts;
    const before = clock.now() - DAY_MS;
    await inBatches(PRUNE_AT_ONCE, (limit) => store.prune(before, limit));
  }
}

/** Telegram names some channels without the hash that calls need. */
function isUsable({ accessHash }: LearntPeer): boolean {
  return accessHash !== '0';
}

function learntPeer(
  { id: channelId, accessHash, username, title }: Channel,
  identifier: string | null,
): LearntPeer {
  const type = accessHash === null ? 'chat' : 'channel';
  return { channelId, accessHash, type, username, title, identifier };
}
