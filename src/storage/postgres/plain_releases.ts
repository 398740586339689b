import type { Caller } from '../../pool/lease_authorization.js';
import { Batches } from './batches.js';
import { type EndedRow, type Ending, releaseStatement } from './release_statement.js';
import type { Units } from './units.js';

/** So many releases share one statement at the most. */
const MOST_AT_ONCE = 32;

interface Asked extends Ending {
  readonly now: number;
}

/** Ends leases in one statement, several at once while many end, where they are as plain as can be. */
export class PlainReleases {
  readonly #units: Units;
  readonly #batches: Batches<Asked, boolean>;

  /** `lanes`: how many statements may be under way at once. */
  constructor(units: Units, lanes: number) {
    this.#units = units;
    const carryOut = (asked: readonly Asked[]) => this.#together(asked);
    this.#batches = new Batches({ lanes, take: (waiting) => Math.min(waiting, MOST_AT_ONCE), carryOut });
  }

  /** Whether the lease was ended; if not, what the caller gets needs a closer look. */
  async end(
    sessionId: number,
    { leaseId, holder, address, leaseIds }: Caller,
    now: number,
  ): Promise<boolean> {
    if (leaseId === null && leaseIds === 'required') return false;
    return this.#batches.add('', { sessionId, leaseId, holder, address, now });
  }

  async #together(asked: readonly Asked[]): Promise<boolean[]> {
    const now = Math.max(...asked.map((one) => one.now));
    const freed = this.#units.signals.freed('N');
    const query = releaseStatement(asked, now, freed);
    const rows = await this.#units.statement<EndedRow>(query, (ended) => ({
      freed: ended.filter(({ state }) => state === 'free').length,
      notices: ended.map(({ id, name }) => ({
        ...{ sessionId: id, sessionName: name, at: now, event: 'released', detail: null },
      })),
      deadline: Number.POSITIVE_INFINITY,
      told: freed !== null,
    }));
    const places = new Set(rows.map(({ place }) => place));
    return asked.map((_, index) => places.has(index + 1));
  }
}
