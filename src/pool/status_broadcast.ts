import type { SteadyClock } from '../clock.js';
import type { EventHub } from '../http/events.js';
import type { Timers } from '../timers.js';
import { iso } from './present.js';
import type { PoolNotice } from './store.js';

/** A changing status is told at most this often, in milliseconds. */
const STATUS_EVERY_MS = 1000;

/** Of one commit, so many events are told one by one; the status tells the rest. */
const MOST_EVENTS = 50;

export interface StatusBroadcastParts {
  readonly events: EventHub;
  readonly status: () => Promise<unknown>;
  readonly clock: SteadyClock;
  readonly timers: Timers;
}

/** Tells listeners what happens to sessions, and now and then what the pool looks like. Idle while nobody listens. */
export class StatusBroadcast {
  readonly #parts: StatusBroadcastParts;
  #stopTimer: (() => void) | null = null;

  constructor(parts: StatusBroadcastParts) {
    this.#parts = parts;
  }

  tell(notices: readonly PoolNotice[]): void {
    const { events, clock, timers } = this.#parts;
    if (!events.listening) return;
    for (const { sessionId, sessionName, at, event, detail } of notices.slice(0, MOST_EVENTS)) {
      events.publish('session', {
        session_id: sessionId,
        session_name: sessionName,
        event,
        detail,
        at: iso(clock, at),
      });
    }
    this.#stopTimer ??= timers.after(STATUS_EVERY_MS, () => void this.#tellStatus());
  }

  close(): void {
    this.#stopTimer?.();
  }

  async #tellStatus(): Promise<void> {
    this.#stopTimer = null;
    const { events, status } = this.#parts;
    const now = await status().catch(() => null);
    if (now) events.publish('status', now);
  }
}
