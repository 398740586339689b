import type { Cluster } from '../cluster/cluster.js';
import { Unavailable } from '../errors.js';
import type { Timers } from '../timers.js';
import { CHOSEN, DONE, done, OFFERED, offered, type SyncOutcome, WANTED } from './sync_messages.js';
import { heard } from './sync_outcome.js';
import type { SyncOptions, SyncReport } from './sync_report.js';

/** How long the other replicas may take to say that they have the directory, in milliseconds. */
const OFFERED_WITHIN_MS = 5_000;

/** How long a sync may take before its caller is told to ask again, in milliseconds. */
const DONE_WITHIN_MS = 60_000;

/** Syncs that may be asked for at once. */
const MOST_ASKED = 100;

export interface RemoteSyncParts {
  readonly cluster: Cluster;
  readonly timers: Timers;
  readonly newId: () => string;
}

/** A sync that was asked for. */
interface Asked {
  readonly options: SyncOptions;
  readonly settle: (finish: () => SyncReport) => void;
  chosen: boolean;
  stopTimer: () => void;
}

/** Lets a replica that has SESSIONS_DIR look at it, on behalf of this one, which runs with SESSIONS_SYNC=off. */
export class RemoteSync {
  readonly #parts: RemoteSyncParts;
  readonly #asked = new Map<string, Asked>();

  constructor(parts: RemoteSyncParts) {
    this.#parts = parts;
    const { cluster } = parts;
    cluster.onTold(OFFERED, (data) => {
      const { success, data: offer } = offered.safeParse(data);
      if (success) this.#choose(offer.id, offer.by);
    });
    cluster.onTold(DONE, (data) => {
      const { success, data: told } = done.safeParse(data);
      if (success) this.#finish(told.id, told.outcome);
    });
  }

  /**
   * As `SyncService.sync`, with the beginnings of the report's lists.
   * @throws what that throws; Unavailable where no replica has the directory, or the sync takes longer than a
   * minute: it goes on then.
   */
  sync(options: SyncOptions = {}): Promise<SyncReport> {
    const { cluster, newId } = this.#parts;
    if (this.#asked.size >= MOST_ASKED) {
      return Promise.reject(new Unavailable('Too many syncs are asked for at once', 5));
    }
    return new Promise((resolve, reject) => {
      const id = newId();
      const settle = (finish: () => SyncReport) => {
        asked.stopTimer();
        this.#asked.delete(id);
        try {
          resolve(finish());
        } catch (error) {
          reject(error);
        }
      };
      const stopTimer = this.#within(OFFERED_WITHIN_MS, () => settle(refuseUnanswered));
      const asked: Asked = { options, settle, chosen: false, stopTimer };
      this.#asked.set(id, asked);
      cluster.tell(WANTED, { id });
    });
  }

  /** Waits for no answer any more. */
  close(): void {
    for (const { settle } of this.#asked.values()) settle(refuseStopping);
  }

  /** The first replica that offers it does it. */
  #choose(id: string, by: string): void {
    const asked = this.#asked.get(id);
    if (!asked || asked.chosen) return;
    const { dryRun = false, force = false } = asked.options;
    asked.chosen = true;
    asked.stopTimer();
    asked.stopTimer = this.#within(DONE_WITHIN_MS, () => asked.settle(refuseLate));
    this.#parts.cluster.tell(CHOSEN, { id, by, dryRun, force });
  }

  #finish(id: string, outcome: SyncOutcome): void {
    this.#asked.get(id)?.settle(() => heard(outcome));
  }

  #within(milliseconds: number, action: () => void): () => void {
    return this.#parts.timers.after(milliseconds, action);
  }
}

function refuseUnanswered(): never {
  const message =
    'No replica with the sessions directory answers: one must run with SESSIONS_SYNC=on and the same DATABASE_URL';
  throw new Unavailable({ error: 'no_sessions_directory', message }, 10);
}

function refuseLate(): never {
  const message =
    'The replica that looks at the session files is not done after a minute. It goes on, if it still runs: ' +
    'look at its /ready and its log, and ask again';
  throw new Unavailable({ error: 'sync_under_way', message }, 30);
}

function refuseStopping(): never {
  throw new Unavailable('The service is stopping', 1);
}
