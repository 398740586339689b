import { Counter, type Registry } from 'prom-client';
import { answerInTime, registerGauge } from '../kernel/scraped_gauge.js';
import type { Resolver } from './service.js';
import type { PoolBudget } from './store.js';

/** What became of requests for sessions that know channels, and the resolves that were counted. */
export interface PeerCounters {
  /** `toResolve`: how many channels the session of a lease has to resolve; or the request was refused. */
  affinity(outcome: { readonly toResolve: number } | 'refused'): void;
  resolved(count: number, by: Resolver): void;
}

/** Registers the counters of this process. */
export function registerPeerCounters(registry: Registry): PeerCounters {
  const affinity = new Counter({
    name: 'telegate_affinity_total',
    help: 'Requests for a session for channels: hit, it has nothing to resolve; miss, it has to resolve some; refused, none may',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const resolves = new Counter({
    name: 'telegate_resolves_total',
    help: 'Usernames resolved, as far as counted here: by the service, by workers, or reserved for a lease',
    labelNames: ['by'],
    registers: [registry],
  });
  for (const outcome of ['hit', 'miss', 'refused']) affinity.inc({ outcome }, 0);
  for (const by of ['service', 'worker', 'lease']) resolves.inc({ by }, 0);
  return {
    affinity(outcome) {
      const toResolve = outcome === 'refused' ? 0 : outcome.toResolve;
      affinity.inc({ outcome: outcome === 'refused' ? outcome : toResolve > 0 ? 'miss' : 'hit' });
      if (toResolve > 0) resolves.inc({ by: 'lease' }, toResolve);
    },
    resolved: (count, by) => resolves.inc({ by }, count),
  };
}

/** Registers what the sessions may still resolve, read on each scrape. */
export function registerResolveBudget(registry: Registry, budget: () => Promise<PoolBudget>): void {
  const read = answerInTime(budget);
  registerGauge(registry, {
    name: 'telegate_resolves_left',
    help: 'Usernames that all sessions in service may still resolve now',
    read: async () => (await read())?.left ?? null,
  });
  registerGauge(registry, {
    name: 'telegate_sessions_resolves_used_up',
    help: 'Sessions that may resolve no username now',
    read: async () => (await read())?.usedUp ?? null,
  });
}
