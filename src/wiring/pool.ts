import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../kernel/api_key.js';
import { presentStatus } from '../pool/present.js';
import { PoolService } from '../pool/service.js';
import { StatusBroadcast } from '../pool/status_broadcast.js';
import type { Base } from './base.js';
import type { Intake } from './intake.js';

export type Pool = ReturnType<typeof wirePool>;

/** Leasing, as long as the session files are there. */
export function wirePool(
  { database, clock, timers, events, disposers }: Base,
  { availability }: Pick<Intake, 'availability'>,
) {
  const service = new PoolService({
    store: database.pool,
    signals: database.signals,
    clock,
    timers,
    newLeaseId: randomUUID,
    others: database.replicas.lines,
  });
  const status = async (tags: readonly string[]) =>
    presentStatus(await service.counts(tags), service.waiting, clock);
  const visible = ({ tags, holder }: ApiKey, ids: readonly number[]) =>
    database.sessions.within(ids, tags, holder);
  const broadcast = new StatusBroadcast({ events, status, visible, clock, timers });
  database.signals.onHappened((notices) => broadcast.tell(notices));
  availability?.onChanged((reason) => {
    if (reason === null) service.resume();
    else service.suspend(reason);
    broadcast.tell([]);
  });
  disposers.add(() => broadcast.close());
  return { service, status, visible };
}
