import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { WaitingFor } from './waiting.js';

/** A rate limit: how many per client, in how many seconds. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

/** A request that waits at one replica, as announced to the others. */
export interface WaitingRequest {
  /** Requests of the same kind can use the same sessions. */
  readonly wants: string;
  /** Milliseconds on the clock that all replicas share. */
  readonly arrivedAt: number;
  /** Whether those that are free are of no use to it: later requests of its kind do not wait for it. */
  readonly isSteppingAside?: boolean;
  /** As `needsOf` names them. */
  readonly needs: readonly string[];
}

/** The requests for a session that wait at other replicas. */
export interface RemoteQueues {
  /** How many wait elsewhere. */
  readonly length: number;
  /** What they wait for. */
  readonly waiting: readonly WaitingFor[];
  /** How many of them are of the same kind and arrived before `arrivedAt`; only the head of a long queue is counted. */
  ahead(wants: string, arrivedAt: number): number;
  /** Announces the requests that wait here, in order, as `waiting` returns them at the time of sending. */
  announce(waiting: () => readonly WaitingRequest[]): void;
  /** Called when this many requests left a queue elsewhere, most likely with a session: others may now be the first. */
  onLeft(listener: (count: number) => void): void;
  /** Discards the queues of replicas that are gone; returns whether there was one. */
  forgetLost(): Promise<boolean>;
}

/** The coordination of the processes that share a database. */
export interface Cluster {
  readonly queues: RemoteQueues;
  /**
   * Sends a message to the other replicas, soon and at most once: it does not arrive if the database is unavailable,
   * or if it is too large (some 7,000 bytes of JSON).
   */
  tell(topic: string, data: unknown): void;
  /** Receives the other replicas' messages of the topic, never its own. */
  onTold(topic: string, listener: (data: unknown) => void): void;
  /**
   * Runs `work` while no replica, including this one, runs any of the same name; after earlier ones. `lost` is
   * aborted when that can no longer be guaranteed. Rejects with what `work` rejects with, with `Unavailable` if the
   * database becomes unavailable before it starts, or with `signal`'s reason if that comes first.
   */
  exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /**
   * Whether this replica runs the job that is due at `dueAt`: exactly one replica does, and only if none is still
   * running the previous one. The job ends when the returned function is called; null: another replica runs it.
   */
  takeJob(name: string, dueAt: Date): Promise<(() => Promise<void>) | null>;
  /** Applies a rate limit over all replicas. */
  limiter(name: string, rate: Rate): RateLimiterAbstract;
}
