import { and, desc, eq, inArray, ne } from 'drizzle-orm';
import { knownPeer, MOST_PEERS_OF_SESSION } from '../../scraping/known_channel_rules.js';
import type { KnownPeer, RunStore } from '../../scraping/store.js';
import type { InTransaction } from './in_transaction.js';
import { sessions } from './schema.js';
import { peers } from './scraping_schema.js';

type Peers = Pick<RunStore, 'peer' | 'savePeer' | 'forgetPeer'>;

const { channelId, accessHash, title, username } = peers;

/** Channels as each session addresses them, in PostgreSQL. */
export class PeerTable implements Peers {
  readonly #run: InTransaction;

  constructor(run: InTransaction) {
    this.#run = run;
  }

  peer(sessionId: number, identifier: string, usedAt: number): Promise<KnownPeer | null> {
    return this.#run(async (db) => {
      const columns = { channelId, accessHash, title, username };
      const used = db.update(peers).set({ usedAt }).where(named(sessionId, identifier));
      const [peer] = await used.returning(columns);
      return peer ?? null;
    });
  }

  /** What a session knew that is gone is worth nothing, and is not kept. */
  savePeer(sessionId: number, identifier: string, peer: KnownPeer, usedAt: number): Promise<void> {
    const known = { ...knownPeer(peer), usedAt };
    return this.#run(async (db) => {
      const session = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
      if ((await session.for('key share')).length === 0) return;
      await db
        .insert(peers)
        .values({ sessionId, identifier, ...known })
        .onConflictDoUpdate({ target: [peers.sessionId, peers.identifier], set: known });
      const others = db
        .select({ identifier: peers.identifier })
        .from(peers)
        .where(and(eq(peers.sessionId, sessionId), ne(peers.identifier, identifier)))
        .orderBy(desc(peers.usedAt))
        .limit(MOST_PEERS_OF_SESSION)
        .offset(MOST_PEERS_OF_SESSION - 1);
      await db.delete(peers).where(and(eq(peers.sessionId, sessionId), inArray(peers.identifier, others)));
    });
  }

  forgetPeer(sessionId: number, identifier: string): Promise<void> {
    return this.#run(async (db) => {
      await db.delete(peers).where(named(sessionId, identifier));
    });
  }
}

function named(sessionId: number, identifier: string) {
  return and(eq(peers.sessionId, sessionId), eq(peers.identifier, identifier));
}
