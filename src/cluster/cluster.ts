import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/** So many of something, for each that does it, in so many seconds. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

/** A request that waits at one replica, as the others are told of it. */
export interface WaitingRequest {
  /** Requests that want the same are served, or not, by the same sessions. */
  readonly wants: string;
  /** Milliseconds on the clock that all replicas share. */
  readonly arrivedAt: number;
}

/** The requests for a session that wait at other replicas. */
export interface RemoteQueues {
  /** How many wait elsewhere. */
  readonly length: number;
  /** How many of them want the same and came before `arrivedAt`; of a long queue, only its head is counted. */
  ahead(wants: string, arrivedAt: number): number;
  /** Tells the others who waits here, first come first, as `waiting` gives it when there is time to tell. */
  announce(waiting: () => readonly WaitingRequest[]): void;
  /** So many left a queue elsewhere, most likely with a session: others may be the first now. */
  onLeft(listener: (count: number) => void): void;
  /** Forgets the queues of replicas that are not there any more; whether there was one. */
  forgetLost(): Promise<boolean>;
}

/** What the processes that share a database do together. */
export interface Cluster {
  readonly queues: RemoteQueues;
  /**
   * Tells the other replicas, soon and at most once: what is told while the database is lost, or is too large
   * to be sent (some 7,000 bytes of JSON), does not arrive.
   */
  tell(topic: string, data: unknown): void;
  /** What other replicas tell of the topic; never this one's own. */
  onTold(topic: string, listener: (data: unknown) => void): void;
  /**
   * Runs `work` while no replica, this one included, runs any of the same name; after those that came before.
   * `lost` is aborted when that can't be promised any longer. Rejects with what `work` rejects with, and with
   * `Unavailable` when the database is lost before it begins, or `signal`'s reason when that comes first.
   */
  exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /**
   * Whether it falls to this replica to do the job that is due at `dueAt`: one of all is told so, and that
   * only while none still does the one before. It is done once the returned function is called; null: it is
   * another's.
   */
  takeJob(name: string, dueAt: Date): Promise<(() => Promise<void>) | null>;
  /** Counts what is done too often, over all replicas. */
  limiter(name: string, rate: Rate): RateLimiterAbstract;
}
