import type { SteadyClock } from '../clock.js';
import { tallyOf, unavailableReasons } from './outcomes.js';
import type { PoolCounts } from './store.js';

/** A moment of the service's clock as ISO 8601 in UTC. */
export function iso(clock: SteadyClock, at: number): string {
  return clock.display(at).toISOString();
}

/** The whole second at or after the moment, as `YYYY-MM-DD HH:MM:SS` in UTC. */
function wholeSecond(clock: SteadyClock, at: number): string {
  const upwards = Math.ceil(clock.display(at).getTime() / 1000) * 1000;
  return new Date(upwards).toISOString().slice(0, 19).replace('T', ' ');
}

/** The answer of `/status`. `total` is the sum of `free`, `in_use`, `in_floodwait` and `unavailable`. */
export function presentStatus(counts: PoolCounts, waiting: number, clock: SteadyClock) {
  const { free, inUse, inFloodwait, unavailable } = tallyOf(counts);
  const { nextFloodEnd, nextMethodFloodEnd, oldestLeaseAt } = counts;
  const floods = [nextFloodEnd, nextMethodFloodEnd].filter((end) => end !== null);
  return {
    total: counts.total,
    free,
    in_use: inUse,
    in_floodwait: inFloodwait,
    next_available: floods.length === 0 ? null : wholeSecond(clock, Math.min(...floods)),
    invalidated: counts.states.invalid,
    unavailable,
    unavailable_reasons: unavailableReasons(counts),
    flooded_for_methods: counts.freeButLimited,
    waiting,
    oldest_lease_seconds: oldestLeaseAt === null ? null : Math.floor((clock.now() - oldestLeaseAt) / 1000),
  };
}
