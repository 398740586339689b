import { Unavailable } from '../../kernel/errors.js';
import { authorizeLease } from '../../pool/lease_authorization.js';
import { renewal } from '../../pool/lease_decisions.js';
import type { CountScope, PoolStore } from '../../pool/store.js';
import { MAX_EXPIRED_PER_COUNT } from '../bounds.js';
import { leaseRepository, releaseLease } from '../repositories/lease_repository.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';
import { Acquisition } from './acquisition.js';
import { readCounts } from './counters.js';
import type { Deadlines } from './deadlines.js';
import type { OrphanedLeases } from './orphaned_leases.js';
import { ReleaseFastPath } from './release_fast_path.js';
import { OutcomeUnknown } from './transaction_errors.js';
import type { PostgresUnitsOfWork } from './unit_of_work.js';

/** What the leases share in one process. `lanes`: the maximum number of concurrent statements of one kind. */
export interface LeaseParts {
  readonly units: PostgresUnitsOfWork;
  readonly runner: UnitOfWorkRunner;
  readonly deadlines: Deadlines;
  readonly unknown: OrphanedLeases;
  readonly lanes: number;
}

/** Leases in PostgreSQL. */
export function leaseStore({ units, runner, deadlines, unknown, lanes }: LeaseParts): PoolStore {
  const acquisition = new Acquisition(units, deadlines, lanes);
  const releases = new ReleaseFastPath(units, lanes);
  const leases = leaseRepository(runner);
  /** If `result` is a `failure`, makes sure that a lease that was never delivered is ended. */
  const endingLater = async <Result>(
    leaseId: string,
    now: number,
    result: Promise<Result>,
    failure: typeof Unavailable | typeof OutcomeUnknown,
  ) => {
    try {
      return await result;
    } catch (error) {
      if (error instanceof failure) unknown.add(leaseId, now);
      throw error;
    }
  };
  const counts = async (now: number, scope?: CountScope) => {
    await deadlines.applyExpired(now, MAX_EXPIRED_PER_COUNT);
    return readCounts(units, scope);
  };
  return {
    ...leases,
    counts,
    acquire(request, now) {
      const granting = acquisition.acquire(request, now, () => counts(now, request));
      return endingLater(request.leaseId, now, granting, OutcomeUnknown);
    },
    async renew(sessionId, caller, ttlSeconds, now) {
      await deadlines.applyExpired(now);
      return units.run(async (unit) => {
        const row = await unit.byId(sessionId, now);
        if (row?.state !== 'leased') return { kind: 'lease_lost' };
        const authorized = authorizeLease(row, caller);
        if (authorized.kind !== 'allowed') return authorized;
        const changes = renewal(row, ttlSeconds, now);
        await unit.write(row, changes);
        return { kind: 'renewed', expiresAt: changes.stateUntil };
      });
    },
    async release(sessionId, caller, flood, now) {
      await deadlines.applyExpired(now);
      if (flood === null && (await releases.end(sessionId, caller, now)))
        return { kind: 'done', changed: true, as: 'holder' };
      return units.run((unit) => releaseLease(unit, sessionId, caller, flood, now));
    },
    giveBack: (sessionId, leaseId, now) =>
      endingLater(leaseId, now, leases.giveBack(sessionId, leaseId, now), Unavailable),
    expire: (limit, now) => deadlines.carryOut(now, limit),
  };
}
