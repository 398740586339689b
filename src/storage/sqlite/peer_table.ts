import { and, eq } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { KnownPeer, RunStore } from '../../scraping/store.js';
import { knownPeer } from '../peer_rules.js';
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

  peer(sessionId: number, identifier: string): KnownPeer | null {
    return (
      this.#db
        .select({ channelId, accessHash, title, username })
        .from(peers)
        .where(named(sessionId, identifier))
        .get() ?? null
    );
  }

  /** What a session knew that is gone is worth nothing, and is not kept. */
  savePeer(sessionId: number, identifier: string, peer: KnownPeer): void {
    const session = this.#db
      .select({ id: sessions.id })
      .from(sessions)
      .where(eq(sessions.id, sessionId))
      .get();
    if (!session) return;
    const known = knownPeer(peer);
    this.#db
      .insert(peers)
      .values({ sessionId, identifier, ...known })
      .onConflictDoUpdate({ target: [peers.sessionId, peers.identifier], set: known })
      .run();
  }

  forgetPeer(sessionId: number, identifier: string): void {
    this.#db.delete(peers).where(named(sessionId, identifier)).run();
  }
}

function named(sessionId: number, identifier: string) {
  return and(eq(peers.sessionId, sessionId), eq(peers.identifier, identifier));
}
