import type { SteadyClock } from '../clock.js';
import { unavailableReasons } from './outcomes.js';
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
  const { states, total } = counts;
  const floods = states.flood + states.invalid;
  const { nextFloodEnd, oldestLeaseAt } = counts;
  return {
    total,
    free: states.free,
    in_use: states.leased,
    in_floodwait: floods,
    next_available: nextFloodEnd === null ? null : wholeSecond(clock, nextFloodEnd),
    invalidated: states.invalid,
    unavailable: total - states.free - states.leased - floods,
    unavailable_reasons: unavailableReasons(counts),
    flooded_for_methods: counts.freeButLimited,
    waiting,
    oldest_lease_seconds: oldestLeaseAt === null ? null : Math.floor((clock.now() - oldestLeaseAt) / 1000),
  };
}
