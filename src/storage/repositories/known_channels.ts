import { and, asc, desc, eq, inArray, ne } from 'drizzle-orm';
import { knownPeer, MAX_CHANNELS_PER_SESSION } from '../../runs/rules.js';
import type { RunStore } from '../../runs/store.js';
import type { Tables } from '../tables.js';
import type { UnitOfWorkRunner } from '../unit_of_work.js';

/** Channels as each session addresses them. */
export function knownChannels(
  units: UnitOfWorkRunner,
): Pick<RunStore, 'peer' | 'savePeer' | 'forgetPeer' | 'knownBy'> {
  return {
    peer: (sessionId, identifier, usedAt) =>
      units.run(async ({ db, tables: { peers } }) => {
        const { channelId, accessHash, title, username } = peers;
        const used = db
          .update(peers)
          .set({ usedAt })
          .where(named(peers, sessionId, identifier));
        const [peer] = await used.returning({ channelId, accessHash, title, username });
        return peer ?? null;
      }),
    /** What a deleted session knew is useless, and is not stored. */
    savePeer: (sessionId, identifier, peer, usedAt) =>
      units.run(async (unit) => {
        const { db, tables } = unit;
        const { peers, sessions } = tables;
        const session = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
        if ((await unit.forUpdate(session, 'key share')).length === 0) return;
        const known = { ...knownPeer(peer), usedAt };
        await db
          .insert(peers)
          .values({ sessionId, identifier, ...known })
          .onConflictDoUpdate({ target: [peers.sessionId, peers.identifier], set: known });
        const others = db
          .select({ identifier: peers.identifier })
          .from(peers)
          .where(and(eq(peers.sessionId, sessionId), ne(peers.identifier, identifier)))
          .orderBy(desc(peers.usedAt))
          .limit(MAX_CHANNELS_PER_SESSION)
          .offset(MAX_CHANNELS_PER_SESSION - 1);
        await db.delete(peers).where(and(eq(peers.sessionId, sessionId), inArray(peers.identifier, others)));
      }),
    knownBy: (identifier, limit) =>
      units.run(async ({ db, tables: { peers } }) => {
        const { sessionId, usedAt } = peers;
        const query = db.select({ sessionId }).from(peers).where(eq(peers.identifier, identifier));
        const rows = await query.orderBy(desc(usedAt), asc(sessionId)).limit(limit);
        return rows.map((row) => row.sessionId);
      }),
    forgetPeer: (sessionId, identifier) =>
      units.run(async ({ db, tables: { peers } }) => {
        await db.delete(peers).where(named(peers, sessionId, identifier));
      }),
  };
}

function named(peers: Tables['peers'], sessionId: number, identifier: string) {
  return and(eq(peers.sessionId, sessionId), eq(peers.identifier, identifier));
}
