import { and, eq, gt, inArray, isNotNull } from 'drizzle-orm';
import type { EgressStore, EgressUse, FencedLease } from '../../egress/store.js';
import { statesBefore } from '../../pool/session_state.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';

/** What the egress fence reads and writes. */
export function egressRepository(units: UnitOfWorkRunner): EgressStore {
  return {
    fencedLeases: (sessionIds, now) =>
      units.run(async ({ db, tables: { sessions, proxies } }) => {
        const leased = inArray(sessions.state, statesBefore('renew'));
        const rows = await db
          .select({ session: sessions, proxy: proxies })
          .from(sessions)
          .leftJoin(proxies, eq(proxies.id, sessions.proxyId))
          .where(
            and(
              inArray(sessions.id, [...sessionIds]),
              leased,
              gt(sessions.stateUntil, now),
              isNotNull(sessions.leaseFence),
            ),
          );
        return rows.map(
          ({ session, proxy }): FencedLease => ({
            sessionId: session.id,
            sessionName: session.name,
            leaseId: session.leaseId ?? '',
            holder: session.leaseHolder ?? '',
            expiresAt: session.stateUntil ?? 0,
            proxy: proxy && withoutId(proxy),
          }),
        );
      }),
    recordEgress: (uses, now) =>
      units.run(async (unit) => {
        for (const use of uses) {
          const { sessionId: id, sessionName: name, leaseId, holder } = use.lease;
          unit.record({ id, name, leaseId }, { at: now, event: 'egress', detail: detailOf(use), holder });
        }
      }),
  };
}

function withoutId<Proxy extends { readonly id: number }>({ id: _, ...proxy }: Proxy): Omit<Proxy, 'id'> {
  return proxy;
}

function detailOf({ connections, bytesUp, bytesDown }: EgressUse): string {
  return `${connections} connections, ${bytesUp} bytes up, ${bytesDown} bytes down`;
}
