import type { Clock } from '../clock.js';
import type { Lease } from '../pool/store.js';
import type { BotReading } from './bot_reading.js';
import type { Course } from './course.js';
import type { RunLeases, SessionWish } from './run_lease.js';
import type { RunStore } from './store.js';

/** The method by which a session is chosen: floods of others are no matter. */
const METHOD = 'messages.getHistory';

/** How long a run stands in line for a session before it lets others go on, in seconds. */
const WAIT_SECONDS = 300;

export interface NextReadersParts {
  readonly runs: Pick<RunStore, 'mark'>;
  readonly leases: RunLeases;
  readonly clock: Clock;
  /** Called when a run begins to wait. */
  readonly onChanged: (runId: number) => void;
}

/** Chooses who reads for a run next. */
export class NextReaders {
  readonly #parts: NextReadersParts;
  readonly #bots: Pick<BotReading, 'canRead'>;

  constructor(parts: NextReadersParts, bots: Pick<BotReading, 'canRead'>) {
    this.#parts = parts;
    this.#bots = bots;
  }

  /**
   * A session that is free at once, else the source's bot, else the next session in its turn; null: none comes. One
   * that is not let in comes only when all others had their turn. Rejects with the signal's reason.
   */
  async next(course: Course): Promise<Lease | 'bot' | null> {
    const { source, signal } = course;
    const { leases } = this.#parts;
    const wish = { sessionId: source.sessionId, method: METHOD };
    if (!this.#bots.canRead(course)) return this.#inTurn(course, wish);
    const atOnce = await leases.acquire(wish, null, signal);
    signal.throwIfAborted();
    if (atOnce === null || !course.notLetIn.has(atOnce.sessionId)) return atOnce ?? 'bot';
    await leases.giveBack(atOnce);
    return 'bot';
  }

  async #inTurn({ run, signal }: Course, wish: SessionWish): Promise<Lease | null> {
    const { runs, leases, clock, onChanged } = this.#parts;
    const since = clock.now();
    const tell = async () => {
      await runs.mark(run.id, run.owner, 'waiting', null, since);
      onChanged(run.id);
    };
    const lease = await leases.acquire(wish, { seconds: WAIT_SECONDS, tell }, signal);
    signal.throwIfAborted();
    return lease;
  }
}
