import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import { NotFound } from '../errors.js';
import type { PoolService } from '../pool/service.js';
import { withAccountBelieved } from '../telegram/believed.js';
import type { Channel, ChannelList, TelegramGateway } from '../telegram/gateway.js';
import type { AccountAccesses } from './account_access.js';
import { type OwnLease, ownCaller } from './own_lease.js';
import type { SessionRecord, SessionStore } from './store.js';

/** How long a list of channels is kept, in milliseconds. */
const KEPT_MS = 600_000;

/** Channels that are kept at the most, over all sessions. */
const KEPT_CHANNELS = 100_000;

/** How long Telegram may take to list a session's channels, in seconds. */
const LIST_SECONDS = 45;

export interface ChannelParts {
  readonly sessions: SessionStore;
  readonly pool: PoolService;
  readonly ownLease: OwnLease;
  readonly accesses: AccountAccesses;
  readonly gateway: TelegramGateway;
  readonly clock: Clock;
}

interface Kept {
  readonly at: number;
  /** What the row said then: another auth key is another account. */
  readonly row: number;
  readonly channels: readonly Channel[];
}

/** Lists what channels sessions can see, and remembers it for a while. */
export class SessionChannels {
  readonly #parts: ChannelParts;
  readonly #kept = new LRUCache<number, Kept>({
    maxSize: KEPT_CHANNELS,
    sizeCalculation: ({ channels }) => channels.length + 1,
  });
  /** One list at a time for each session: whoever asks meanwhile gets the same. */
  readonly #underWay = new Map<number, Promise<readonly Channel[]>>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /**
   * The channels and groups of a session. `refresh`: asks Telegram whatever is remembered.
   * @throws NotFound; Conflict where the session is in use or out of the pool; TooMany, BadGateway, GatewayTimeout.
   */
  async of(id: number, refresh: boolean): Promise<readonly Channel[]> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session not found');
    const kept = this.#kept.get(id);
    const fresh = kept && kept.row === session.updatedAt && this.#parts.clock.now() - kept.at < KEPT_MS;
    if (fresh && !refresh) return kept.channels;
    const underWay = this.#underWay.get(id) ?? this.#ask(session);
    this.#underWay.set(id, underWay);
    try {
      return await underWay;
    } finally {
      if (this.#underWay.get(id) === underWay) this.#underWay.delete(id);
    }
  }

  async #ask(session: SessionRecord): Promise<readonly Channel[]> {
    const { ownLease, clock } = this.#parts;
    const work = { method: 'messages.getDialogs', seconds: 2 * LIST_SECONDS };
    const { channels } = await ownLease.during(session.id, work, ({ leaseId }) =>
      this.#list(session, leaseId),
    );
    this.#kept.set(session.id, { at: clock.now(), row: session.updatedAt, channels });
    return channels;
  }

  async #list(session: SessionRecord, leaseId: string): Promise<ChannelList> {
    const { accesses, gateway, pool } = this.#parts;
    const access = await accesses.of(session, LIST_SECONDS);
    const list = await withAccountBelieved(gateway, access, (account) => account.channels());
    if (list.flood) {
      const caller = ownCaller(leaseId);
      await pool.block(session.id, caller, { kind: 'flood', ...list.flood }).catch(() => null);
    }
    return list;
  }
}
