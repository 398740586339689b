/**
 * Where the connections of a lease are cut when it ends, so that its holder reaches Telegram no more:
 *
 * - `process`: in the process that ends it, before anyone else is told that the session is free.
 * - `cluster`: at any replica, on time if the lease expires, but only soon if it is taken from its holder.
 *
 * A lease without a fence depends on its holder, which has to notice.
 */
export type Fence = 'process' | 'cluster';

/** The type of proxy that no fence can go on through: it hides the data centre in an encryption of its own. */
export const UNFENCEABLE_PROXY = 'mtproxy';

/**
 * Whether sessions with such a proxy are passed over. A request that names its session gets it, to be told why it can't
 * be fenced.
 */
export function passesOverUnfenceable({
  fence = null,
  sessionId,
  sessionName,
}: {
  readonly fence?: Fence | null;
  readonly sessionId: number | null;
  readonly sessionName: string | null;
}): boolean {
  return fence !== null && sessionId === null && sessionName === null;
}

/** What goes through the fence for a lease, at all replicas. */
export interface TrafficCounts {
  /** Those that are open. */
  readonly connections: number;
  /** From the worker to Telegram. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}
