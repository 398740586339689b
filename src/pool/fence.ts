/**
 * Where the connections of a lease are cut when it ends, so that its holder reaches Telegram no more:
 *
 * - `process`: in the process that ends it, before anyone else is told that the session is free.
 * - `cluster`: at any replica, on time if the lease expires, but only soon if it is taken from its holder.
 *
 * A lease without a fence depends on its holder, which has to notice.
 */
export type Fence = 'process' | 'cluster';

/** What goes through the fence for a lease, at all replicas. */
export interface TrafficCounts {
  /** Those that are open. */
  readonly connections: number;
  /** From the worker to Telegram. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}
