import { and, desc, eq, inArray, ne } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { knownPeer, MOST_PEERS_OF_SESSION } from '../../scraping/known_channel_rules.js';
import type { KnownPeer, RunStore } from '../../scraping/store.js';
import type { Synchronous } from '../synchronous.js';
import { sessions } from './schema.js';
import { peers } from './scraping_schema.js';

type Peers = Pick<Synchronous<RunStore>, 'peer' | 'savePeer' | 'forgetPeer'>;

const { channelId, accessHash, title, username } = peers;

/** Channels as each session addresses them, in SQLite. */
export class PeerTable implements Peers {
  readonly #db: BetterSQLite3Database;

  constructor(db: BetterSQLite3Database) {
    this.#db = db;
  }

  peer(sessionId: number, identifier: string, usedAt: number): KnownPeer | null {
    const used = this.#db.update(peers).set({ usedAt }).where(named(sessionId, identifier));
    return used.returning({ channelId, accessHash, title, username }).get() ?? null;
  }

  /** What a session knew that is gone is worth nothing, and is not kept. */
  savePeer(sessionId: number, identifier: string, peer: KnownPeer, usedAt: number): void {
    const session = this.#db
      .select({ id: sessions.id })
      .from(sessions)
      .where(eq(sessions.id, sessionId))
      .get();
    if (!session) return;
    const known = { ...knownPeer(peer), usedAt };
    this.#db
      .insert(peers)
      .values({ sessionId, identifier, ...known })
      .onConflictDoUpdate({ target: [peers.sessionId, peers.identifier], set: known })
      .run();
    const others = this.#db
      .select({ identifier: peers.identifier })
      .from(peers)
      .where(and(eq(peers.sessionId, sessionId), ne(peers.identifier, identifier)))
      .orderBy(desc(peers.usedAt))
      .limit(MOST_PEERS_OF_SESSION)
      .offset(MOST_PEERS_OF_SESSION - 1);
    this.#db
      .delete(peers)
      .where(and(eq(peers.sessionId, sessionId), inArray(peers.identifier, others)))
      .run();
  }

  forgetPeer(sessionId: number, identifier: string): void {
    this.#db.delete(peers).where(named(sessionId, identifier)).run();
  }
}

function named(sessionId: number, identifier: string) {
  return and(eq(peers.sessionId, sessionId), eq(peers.identifier, identifier));
}
