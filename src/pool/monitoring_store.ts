import type { Order, Page } from '../kernel/page.js';
import type { FenceKind } from './fence.js';
import type { State } from './states.js';
import type { LeaseRow } from './store.js';

/** A lease in a list. */
export interface ListedLease extends LeaseRow {
  /** The address of the client that it was given to; null: the service itself. */
  readonly address: string | null;
  /** Null: its holder connects to Telegram itself. */
  readonly fence: FenceKind | null;
}

/** Which leases are listed: those that meet all of what is given. */
export interface LeaseFilter {
  /** Their sessions have all of these tags. */
  readonly tags?: readonly string[];
  /** It is part of the session's name, whatever its case, of the holder or of the client's address. */
  readonly q?: string;
  readonly holder?: string;
}

/** What leases can be sorted by. */
export const LEASE_ORDERS = ['leased_at', 'expires_at', 'session_name', 'holder'] as const;
export type LeaseOrder = Order<(typeof LEASE_ORDERS)[number]>;

/** An event of a session's history. */
export interface Activity {
  readonly id: number;
  readonly sessionId: number;
  /** Null: the session was deleted. */
  readonly sessionName: string | null;
  readonly at: number;
  readonly event: string;
  readonly detail: string | null;
  readonly holder: string | null;
}

/** A session that becomes free by itself, or may do so. */
export interface Upcoming {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly state: Extract<State, 'free' | 'leased' | 'cooldown' | 'flood' | 'used_up'>;
  readonly reason: string | null;
  /** When its lease, cool-down, flood wait or day without further uses ends at the latest. */
  readonly until: number;
  /** The method that is flooded; null: the session as a whole. */
  readonly method: string | null;
}

/** The lengths of samples, in seconds. */
export const MINUTE_SECONDS = 60;
export const HOUR_SECONDS = 3600;
export type SampleStep = typeof MINUTE_SECONDS | typeof HOUR_SECONDS;

/** The sessions by state, and waiting requests, at the end of a step. */
export interface SampledCounts {
  readonly free: number;
  readonly inUse: number;
  readonly inFloodwait: number;
  readonly unavailable: number;
  readonly waiting: number;
}

/** What happened to sessions within a step. */
export interface SampledEvents {
  readonly leases: number;
  readonly releases: number;
  /** Flood waits of sessions and of single methods. */
  readonly floods: number;
}

/** How long requests for a session took within a step. */
export interface SampledWaits {
  readonly granted: number;
  readonly refused: number;
  /** Of the granted ones, in all. */
  readonly waitedMs: number;
  readonly longestWaitMs: number;
}

/** What the pool did in one step that began at `at`. */
export interface PoolSample extends SampledEvents, SampledWaits {
  readonly at: number;
  /** Null: no replica took them. */
  readonly counts: SampledCounts | null;
}

/** What monitoring reads of the pool, and the samples of what it did. Each call is one transaction. */
export interface MonitoringStore {
  /** The leases at `now`, oldest first unless another order is given. */
  leases(page: Page, now: number, filter?: LeaseFilter, order?: LeaseOrder): Promise<ListedLease[]>;
  /** How many leases there are, on all pages. */
  leaseCount(now: number, filter?: LeaseFilter): Promise<number>;
  /** Events before the one with the id `before` (null: the newest), newest first; of sessions with all of the tags. */
  activity(before: number | null, limit: number, tags?: readonly string[]): Promise<Activity[]>;
  /** The sessions with all of the tags that become free next, soonest first. */
  upcoming(limit: number, now: number, tags?: readonly string[]): Promise<Upcoming[]>;
  /**
   * Counts the events from `from` to `to` in the history after the row `afterId`, and adds them to the minute that
   * began at `from`, with the counts. Resolves to the newest row of the history: the next `afterId`.
   */
  sample(from: number, to: number, counts: SampledCounts, afterId: number): Promise<number>;
  /** Adds to the waits of the minute that began at `at`. */
  addWaits(at: number, waits: SampledWaits): Promise<void>;
  /** Computes the hour that began at `at` from its minutes. */
  sumUpHour(at: number): Promise<void>;
  /** From `from` to `to`, oldest first; at most `limit`. */
  samples(step: SampleStep, from: number, to: number, limit: number): Promise<PoolSample[]>;
  /** Deletes the samples of a step from before `before`, at most `limit`; resolves to how many. */
  pruneSamples(step: SampleStep, before: number, limit: number): Promise<number>;
}
