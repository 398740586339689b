import type { ApiKey } from '../kernel/api_key.js';
import { iso, type SteadyClock } from '../kernel/clock.js';
import type { Timers } from '../kernel/timers.js';
import type { PoolNotice } from './store.js';

/** A changing status is sent at most this often, in milliseconds. */
const STATUS_EVERY_MS = 1000;

/** How many events of one commit are sent individually; the status covers the rest. */
const MAX_EVENTS = 50;

/** How many events are queued at most until it is known who may see their sessions. */
const MAX_UNSORTED = 500;

/** Sends events to those who listen. */
interface EventListeners {
  readonly listening: boolean;
  /** The keys of the listeners. */
  keys(): readonly ApiKey[];
  /** Sends to all whose key is not limited to tags. */
  publish(event: string, data: unknown): void;
  /** Sends to those who listen with this key. */
  publishTo(holder: string, event: string, data: unknown): void;
}

export interface StatusBroadcastParts {
  readonly events: EventListeners;
  /** The pool, or those of its sessions that have all of the tags. */
  readonly status: (tags: readonly string[]) => Promise<unknown>;
  /** Those of the sessions that a key limited to tags may see. */
  readonly visible: (key: ApiKey, sessionIds: readonly number[]) => Promise<readonly number[]>;
  readonly clock: SteadyClock;
  readonly timers: Timers;
}

/** Sends session events, and periodically the status, to listeners. Idle while there are none. */
export class StatusBroadcast {
  readonly #parts: StatusBroadcastParts;
  #stopTimer: (() => void) | null = null;
  #unsorted: PoolNotice[] = [];
  #sorting = false;

  constructor(parts: StatusBroadcastParts) {
    this.#parts = parts;
  }

  /** Sends the events, and soon the status; without events, the status alone. */
  tell(notices: readonly PoolNotice[]): void {
    const { events, timers } = this.#parts;
    if (!events.listening) return;
    const told = notices.slice(0, MAX_EVENTS);
    for (const notice of told) events.publish('session', this.#serialize(notice));
    if (this.#limited().length > 0) {
      this.#unsorted = [...this.#unsorted, ...told].slice(0, MAX_UNSORTED);
      if (!this.#sorting) void this.#sort();
    }
    this.#stopTimer ??= timers.after(STATUS_EVERY_MS, () => void this.#tellStatus());
  }

  close(): void {
    this.#stopTimer?.();
  }

  /** The keys of listeners that are limited to tags, each once. */
  #limited(): ApiKey[] {
    const limited = this.#parts.events.keys().filter(({ tags }) => tags.length > 0);
    return [...new Map(limited.map((key) => [key.holder, key])).values()];
  }

  /** One lookup for all events that arrived meanwhile, in order. */
  async #sort(): Promise<void> {
    const { events, visible } = this.#parts;
    this.#sorting = true;
    while (this.#unsorted.length > 0) {
      const notices = this.#unsorted;
      this.#unsorted = [];
      const ids = [...new Set(notices.map(({ sessionId }) => sessionId))];
      for (const key of this.#limited()) {
        const seen = new Set(await visible(key, ids).catch(() => []));
        for (const notice of notices.filter(({ sessionId }) => seen.has(sessionId))) {
          events.publishTo(key.holder, 'session', this.#serialize(notice));
        }
      }
    }
    this.#sorting = false;
  }

  #serialize({ sessionId, sessionName, at, event, detail }: PoolNotice): object {
    const shownAt = iso(this.#parts.clock, at);
    return { session_id: sessionId, session_name: sessionName, event, detail, at: shownAt };
  }

  async #tellStatus(): Promise<void> {
    this.#stopTimer = null;
    const { events, status } = this.#parts;
    const now = await status([]).catch(() => null);
    if (now) events.publish('status', now);
    for (const { holder, tags } of this.#limited()) {
      const theirs = await status(tags).catch(() => null);
      if (theirs) events.publishTo(holder, 'status', theirs);
    }
  }
}
