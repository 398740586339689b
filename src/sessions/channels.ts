import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';
import { NotFound } from '../kernel/errors.js';
import type { PeerService } from '../peers/service.js';
import type { PoolService } from '../pool/service.js';
import type { Channel, ChannelList } from '../telegram/gateway.js';
import { type OwnAccount, type OwnLeases, ownCaller } from './own_lease.js';
import type { SessionRecord, SessionStore } from './store.js';

/** How long a list of channels is cached, in milliseconds. */
const MAX_AGE_MS = 600_000;

/** How many channels are cached, over all sessions. */
const MAX_CHANNELS = 100_000;

/** How long Telegram may take to list a session's channels, in seconds. */
const LIST_SECONDS = 45;

export interface ChannelParts {
  readonly sessions: SessionStore;
  readonly pool: PoolService;
  readonly ownLeases: OwnLeases;
  readonly peers: Pick<PeerService, 'keep'>;
  readonly clock: Clock;
}

interface CachedChannels {
  readonly at: number;
  /** When the row was last changed: another auth key means another account. */
  readonly row: number;
  readonly channels: readonly Channel[];
}

/** Lists the channels that sessions can see, and caches the lists. */
export class SessionChannels {
  readonly #parts: ChannelParts;
  readonly #cache = new LRUCache<number, CachedChannels>({
    maxSize: MAX_CHANNELS,
    sizeCalculation: ({ channels }) => channels.length + 1,
  });
  /** One list at a time for each session: concurrent callers share it. */
  readonly #underWay = new Map<number, Promise<readonly Channel[]>>();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /**
   * The channels and groups of a session. `refresh`: asks Telegram whatever is cached.
   * @throws NotFound; Conflict if the session is in use or out of the pool; TooMany, BadGateway, GatewayTimeout.
   */
  async of(id: number, refresh: boolean): Promise<readonly Channel[]> {
    const session = await this.#parts.sessions.session(id);
    if (!session) throw new NotFound('Session');
    const cached = this.#cache.get(id);
    const fresh =
      cached && cached.row === session.updatedAt && this.#parts.clock.now() - cached.at < MAX_AGE_MS;
    if (fresh && !refresh) return cached.channels;
    const underWay = this.#underWay.get(id) ?? this.#ask(session);
    this.#underWay.set(id, underWay);
    try {
      return await underWay;
    } finally {
      if (this.#underWay.get(id) === underWay) this.#underWay.delete(id);
    }
  }

  async #ask(session: SessionRecord): Promise<readonly Channel[]> {
    const { ownLeases, clock } = this.#parts;
    const work = { method: 'messages.getDialogs', seconds: LIST_SECONDS };
    const { channels } = await ownLeases.withAccount(session, work, (own) => this.#list(session, own));
    this.#cache.set(session.id, { at: clock.now(), row: session.updatedAt, channels });
    return channels;
  }

  async #list({ id }: SessionRecord, { account, lease }: OwnAccount): Promise<ChannelList> {
    const list = await account.channels();
    await this.#parts.peers.keep({ sessionId: id, leaseId: lease.leaseId }, list.channels);
    if (list.flood) {
      const flood = { kind: 'flood', ...list.flood } as const;
      await this.#parts.pool.block(id, ownCaller(lease.leaseId), flood).catch(() => null);
    }
    return list;
  }
}
