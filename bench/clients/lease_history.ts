import type { Scraper } from '../scraping/scraper.js';

/** One lease, according to the service. Times in milliseconds since 1970. */
export interface PastLease {
  readonly sessionId: number;
  readonly leaseId: string;
  /** The name of the worker's key. */
  readonly worker: string;
  readonly from: number;
  /** Infinite: it has not ended. */
  readonly until: number;
  /** Whether it expired; else its holder ended it. */
  readonly lost: boolean;
  /** When the session could be leased again: at the end of the cool-down, if there was one. */
  readonly leasableFrom: number;
  /** When the next lease of the session began; infinite: there was none. */
  readonly nextFrom: number;
}

interface Entry {
  readonly at: string;
  readonly event: string;
  readonly lease_id: string | null;
  readonly holder_name: string | null;
}

/** Events that end a lease by the will of its holder. */
const GIVEN_BACK = ['released', 'undelivered', 'flooded', 'died', 'invalidated'];

/** Events after which a session that cooled down could be leased again. */
const LEASABLE = ['cooldown_over', 'released'];

/** All leases of these sessions so far, each session's oldest first. */
export async function pastLeases(scraper: Scraper, sessions: readonly number[]): Promise<PastLease[]> {
  const all: PastLease[] = [];
  for (const id of sessions) {
    const entries = await scraper.all<Entry>(`/sessions/${id}/history`);
    all.push(...leasesIn(id, entries.reverse()));
  }
  return all;
}

function leasesIn(sessionId: number, entries: readonly Entry[]): PastLease[] {
  const begins = entries.flatMap(({ event }, at) => (event === 'leased' ? [at] : []));
  return begins.map((begin, number) => {
    const next = begins[number + 1];
    const own = entries.slice(begin, next);
    const { at = '', holder_name, lease_id } = own[0] ?? {};
    const end = own.findIndex(({ event }) => event === 'expired' || GIVEN_BACK.includes(event));
    const until = timeOf(own[end]);
    const lost = own[end]?.event === 'expired';
    const leasable = own.slice(end + 1).find(({ event }) => LEASABLE.includes(event));
    return {
      ...{ sessionId, leaseId: lease_id ?? '', worker: holder_name ?? '', from: Date.parse(at), until, lost },
      leasableFrom: lost && leasable ? timeOf(leasable) : until,
      nextFrom: next === undefined ? Number.POSITIVE_INFINITY : timeOf(entries[next]),
    };
  });
}

function timeOf(entry: Entry | undefined): number {
  return entry ? Date.parse(entry.at) : Number.POSITIVE_INFINITY;
}
