import type { SteadyClock } from '../kernel/clock.js';
import { tallyOf, unavailableReasons } from './outcomes.js';
import type { PoolCounts } from './store.js';

/** The instant rounded up to a whole second, as `YYYY-MM-DD HH:MM:SS` in UTC. */
function wholeSecond(clock: SteadyClock, at: number): string {
  const upwards = Math.ceil(clock.display(at).getTime() / 1000) * 1000;
  return new Date(upwards).toISOString().slice(0, 19).replace('T', ' ');
}

/** The answer of `/status`. `total` is the sum of `free`, `in_use`, `in_floodwait` and `unavailable`. */
export function serializeStatus(counts: PoolCounts, waiting: number, clock: SteadyClock) {
  const { free, inUse, inFloodwait, unavailable } = tallyOf(counts);
  const { nextFloodEnd, nextMethodFloodEnd, nextUsedUpEnd, oldestLeaseAt } = counts;
  const waits = [nextFloodEnd, nextMethodFloodEnd, nextUsedUpEnd].filter((end) => end !== null);
  return {
    total: counts.total,
    free,
    in_use: inUse,
    in_floodwait: inFloodwait,
    next_available: waits.length === 0 ? null : wholeSecond(clock, Math.min(...waits)),
    invalidated: counts.states.invalid,
    unavailable,
    unavailable_reasons: unavailableReasons(counts),
    flooded_for_methods: counts.freeButMethodFlooded,
    limited: counts.limited,
    frozen: counts.frozen,
    waiting,
    oldest_lease_seconds: oldestLeaseAt === null ? null : Math.floor((clock.now() - oldestLeaseAt) / 1000),
  };
}
