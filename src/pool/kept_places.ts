import type { AcquireRequest } from './store.js';
import { type Ticket, wantsOf } from './wait_queue.js';

/** How long a place is kept, in milliseconds: longer than a client needs to ask again. */
const KEPT_MS = 10_000;

/** How many places are kept: as many as requests can wait. The oldest is given up for a new one. */
const MAX_KEPT = 10_000;

/**
 * The places of requests that waited in vain. One request waits a minute at most; a client that waits longer repeats
 * it with its idempotency key, and must not go to the end of the queue each time.
 */
export class KeptPlaces {
  /** In the order in which they are given up. */
  readonly #places = new Map<string, { readonly ticket: Ticket; readonly until: number }>();

  /** Keeps the place of a request that has left the queue at `now`; without an idempotency key, nothing can claim it. */
  keep(request: AcquireRequest, ticket: Ticket, now: number): void {
    const name = nameOf(request);
    if (name === null) return;
    this.#places.delete(name);
    this.#places.set(name, { ticket, until: now + KEPT_MS });
    for (const [oldest, { until }] of this.#places) {
      if (until > now && this.#places.size <= MAX_KEPT) break;
      this.#places.delete(oldest);
    }
  }

  /** The place of the same request when it waited before; null: it has none, or not any more. */
  claim(request: AcquireRequest, now: number): Ticket | null {
    const name = nameOf(request);
    const place = name === null ? undefined : this.#places.get(name);
    if (name === null || place === undefined) return null;
    this.#places.delete(name);
    return place.until > now ? place.ticket : null;
  }
}

function nameOf(request: AcquireRequest): string | null {
  const { holder, idempotencyKey } = request;
  return idempotencyKey === null ? null : JSON.stringify([holder, idempotencyKey, wantsOf(request)]);
}
