import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../kernel/api_key.js';
import { registerPeerCounters, registerResolveBudget } from '../peers/metrics.js';
import { PeerService } from '../peers/service.js';
import { registerFloodWaits, registerPoolMetrics } from '../pool/metrics.js';
import { tallyOf } from '../pool/outcomes.js';
import { PoolSampler } from '../pool/sampler.js';
import { type PoolFence, PoolService } from '../pool/service.js';
import { serializeStatus } from '../pool/status.js';
import { StatusBroadcast } from '../pool/status_broadcast.js';
import { TagLimits } from '../pool/tag_limits.js';
import { WaitingRequests } from '../pool/waiting_requests.js';
import type { Base } from './base.js';
import type { Intake } from './intake.js';

export type Pool = ReturnType<typeof wirePool>;

/** Leasing, while the session files are available, and what sessions know of channels. */
export function wirePool(
  base: Base,
  { availability }: Pick<Intake, 'availability'>,
  fence: PoolFence | null,
) {
  const { config, database, clock, timers, disposers, logger, registry } = base;
  const { cluster } = database;
  const counters = registerPeerCounters(registry);
  const service = new PoolService({
    store: database.pool,
    signals: database.signals,
    clock,
    timers,
    newLeaseId: randomUUID,
    remote: cluster.queues,
    fence,
    onFlooded: registerFloodWaits(registry),
    resolvesPerDay: config.resolvesPerDay,
    onAffinity: counters.affinity,
  });
  const peers = new PeerService({
    ...{ store: database.peers, clock, resolvesPerDay: config.resolvesPerDay },
    onResolved: counters.resolved,
  });
  registerResolveBudget(registry, () => peers.poolBudget());
  const status = wireStatus(base, service, availability);
  const waitingRequests = new WaitingRequests({ pool: service, cluster, timers, newId: randomUUID });
  const tagLimits = new TagLimits(database.tagLimits, clock);
  const sampler = new PoolSampler({
    ...{ store: database.monitoring, cluster, clock, timers, logger },
    counts: async () => ({ ...tallyOf(await service.counts()), waiting: service.waiting }),
  });
  disposers.add(() => sampler.close());
  return { service, peers, ...status, sampler, waitingRequests, tagLimits };
}

/** Counts, and tells those who listen, how the pool is and what happens in it. */
function wireStatus(
  { database, clock, timers, events, disposers, registry }: Base,
  service: PoolService,
  availability: Intake['availability'],
) {
  const countEvents = registerPoolMetrics(registry, {
    counts: () => service.counts(),
    waiting: () => service.waiting,
  });
  const status = async (tags: readonly string[]) =>
    serializeStatus(await service.counts(tags), service.waiting, clock);
  const visible = ({ tags, holder }: ApiKey, ids: readonly number[]) =>
    database.sessions.within(ids, tags, holder);
  const broadcast = new StatusBroadcast({ events, status, visible, clock, timers });
  database.signals.onHappened((notices) => {
    countEvents(notices);
    broadcast.tell(notices);
  });
  service.onWaiting(() => broadcast.tell([]));
  availability?.onChanged((reason) => {
    if (reason === null) service.resume();
    else service.suspend(reason);
    broadcast.tell([]);
  });
  disposers.add(() => broadcast.close());
  return { status, visible };
}
