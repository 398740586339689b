import { and, desc, eq, gt, inArray, lt, ne, notInArray, or, type SQL, sql } from 'drizzle-orm';
import { foldIdentifier } from '../../kernel/channel_identifier.js';
import { adoptedPeers, isName, keptPeers, MAX_PEERS_PER_SESSION, namesOf } from '../../peers/rules.js';
import type { LearntPeer, Peer, PeerScope, RememberedChannel } from '../../peers/store.js';
import type { Tables } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { hasAllTags } from './tag_filter.js';

type PeerRow = Tables['peers']['$inferSelect'];

/** The condition that a row is about one of the channels, which are folded identifiers. */
export function aboutChannels(peers: Tables['peers'], channels: readonly string[]): SQL | undefined {
  const names = channels.filter(isName);
  const ids = channels.filter((channel) => !isName(channel));
  return or(
    names.length > 0 ? inArray(peers.identifier, names) : undefined,
    ids.length > 0 ? inArray(peers.channelId, ids) : undefined,
  );
}

/** Whether the row is about this channel. */
export function isAbout(
  { identifier, channelId }: Pick<PeerRow, 'identifier' | 'channelId'>,
  channel: string,
) {
  return channel === (isName(channel) ? identifier : channelId);
}

/** What the session knows of the channels: used from now on. Those that it does not know are null. */
export async function knownPeers(
  { db, tables: { peers } }: UnitOfWork,
  sessionId: number,
  channels: readonly string[],
  usedAt: number,
): Promise<(Peer | null)[]> {
  const wanted = channels.map(foldIdentifier);
  if (wanted.length === 0) return [];
  const rows = await db
    .update(peers)
    .set({ usedAt })
    .where(and(eq(peers.sessionId, sessionId), aboutChannels(peers, wanted)))
    .returning();
  return wanted.map((channel) => {
    const row = rows.find((each) => isAbout(each, channel));
    return row ? peerOf(row) : null;
  });
}

function peerOf({ channelId, accessHash, type, username, title }: PeerRow): Peer {
  return { channelId, accessHash, type, username, title };
}

/** Saves what an existing session has learnt. `scope`: the other sessions that forget a name which has moved. */
export async function savePeers(
  unit: UnitOfWork,
  sessionId: number,
  learnt: readonly LearntPeer[],
  scope: PeerScope,
  usedAt: number,
): Promise<void> {
  const { db, tables } = unit;
  const { peers } = tables;
  const said = new Set(learnt.flatMap(namesOf));
  const known = await rowsAbout(unit, sessionId, channelIdsOf(learnt));
  // What is said of a name counts more than what was known of it.
  const before = known.filter(({ identifier }) => !said.has(identifier));
  const rows = new Map<string, PeerRow>();
  for (const peer of learnt) {
    const isOfIt = (row: PeerRow) => row.channelId === peer.channelId;
    const now = [...rows.values()].filter(isOfIt);
    for (const kept of keptPeers(peer, now.length > 0 ? now : before.filter(isOfIt)))
      rows.set(kept.identifier, { sessionId, ...kept, usedAt });
  }
  const identifiers = [...rows.keys()];
  const channelIds = channelIdsOf([...rows.values()]);
  const others = notInArray(peers.identifier, identifiers);
  // A name that the channel had before may be another's by now.
  await db
    .delete(peers)
    .where(and(eq(peers.sessionId, sessionId), inArray(peers.channelId, channelIds), others));
  await db
    .insert(peers)
    .values([...rows.values()])
    .onConflictDoUpdate({ target: [peers.sessionId, peers.identifier], set: asInserted(peers) });
  const named = [...rows.values()].filter(({ identifier }) => said.has(identifier));
  await forgetMoved(unit, sessionId, named, scope);
  const oldest = db
    .select({ identifier: peers.identifier })
    .from(peers)
    .where(and(eq(peers.sessionId, sessionId), others))
    .orderBy(desc(peers.usedAt))
    .limit(MAX_PEERS_PER_SESSION)
    .offset(Math.max(0, MAX_PEERS_PER_SESSION - rows.size));
  await db.delete(peers).where(and(eq(peers.sessionId, sessionId), inArray(peers.identifier, oldest)));
}

/** What the session knows of these channels, by their ids. */
export function rowsAbout(
  { db, tables: { peers } }: UnitOfWork,
  sessionId: number,
  channelIds: readonly string[],
): Promise<PeerRow[]> {
  const about = and(eq(peers.sessionId, sessionId), inArray(peers.channelId, [...channelIds]));
  return db.select().from(peers).where(about);
}

/** As `PeerStore.adopt`, of an existing session. */
export async function adoptChannels(
  unit: UnitOfWork,
  sessionId: number,
  channels: readonly RememberedChannel[],
  now: number,
): Promise<void> {
  const { peers } = unit.tables;
  const own = eq(peers.sessionId, sessionId);
  const known = await rowsAbout(unit, sessionId, channelIdsOf(channels));
  const ids = new Set(known.map(({ channelId }) => channelId));
  const fresh = channels.filter(({ channelId }) => !ids.has(channelId));
  const taken = await namesOfOthers(unit, fresh);
  const rows = fresh.flatMap((channel) =>
    adoptedPeers(channel, taken, now).map((peer) => ({ sessionId, ...peer })),
  );
  if (rows.length === 0) return;
  await unit.db.insert(peers).values(rows).onConflictDoNothing();
  const excess = unit.db
    .select({ identifier: peers.identifier })
    .from(peers)
    .where(own)
    .orderBy(desc(peers.usedAt))
    .limit(MAX_PEERS_PER_SESSION)
    .offset(MAX_PEERS_PER_SESSION);
  await unit.db.delete(peers).where(and(own, inArray(peers.identifier, excess)));
}

/** Of the channels' names, folded, those that some session knows for another channel's. */
async function namesOfOthers(
  { db, tables: { peers } }: UnitOfWork,
  channels: readonly RememberedChannel[],
): Promise<Set<string>> {
  const names = channels.flatMap(({ channelId, usernames }) =>
    usernames.map((name) => belongsToAnother(peers, foldIdentifier(`@${name}`), channelId)),
  );
  if (names.length === 0) return new Set();
  const found = await db
    .selectDistinct({ identifier: peers.identifier })
    .from(peers)
    .where(or(...names));
  return new Set(found.map(({ identifier }) => identifier));
}

/** Two ranges of an index, whereas `<>` would read all sessions that know a popular name. */
function belongsToAnother(peers: Tables['peers'], identifier: string, channelId: string): SQL | undefined {
  return and(
    eq(peers.identifier, identifier),
    or(lt(peers.channelId, channelId), gt(peers.channelId, channelId)),
  );
}

function channelIdsOf(channels: readonly Pick<Peer, 'channelId'>[]): string[] {
  return channels.map(({ channelId }) => channelId);
}

/** The new values of a row that was there before. */
function asInserted({ channelId, accessHash, type, title, username, usedAt }: Tables['peers']) {
  const columns = { channelId, accessHash, type, title, username, usedAt };
  const names = Object.entries(columns).map(([name, column]) => [name, sql.raw(`excluded.${column.name}`)]);
  return Object.fromEntries(names);
}

/** Other sessions forget the names that belong to other channels now: theirs would read the wrong one. */
async function forgetMoved(
  unit: UnitOfWork,
  sessionId: number,
  rows: readonly PeerRow[],
  scope: PeerScope,
): Promise<void> {
  const { peers } = unit.tables;
  const moved = rows.map(({ identifier, channelId }) => belongsToAnother(peers, identifier, channelId));
  if (moved.length === 0) return;
  await unit.db.delete(peers).where(and(or(...moved), ne(peers.sessionId, sessionId), within(unit, scope)));
}

/** As `PeerStore.forget`. */
export async function forgetPeer(
  unit: UnitOfWork,
  sessionId: number,
  channel: string,
  nameGone: boolean,
  scope: PeerScope,
): Promise<void> {
  const { db, tables } = unit;
  const { peers } = tables;
  const identifier = foldIdentifier(channel);
  const known = await db
    .select({ channelId: peers.channelId })
    .from(peers)
    .where(and(eq(peers.sessionId, sessionId), aboutChannels(peers, [identifier])));
  await db
    .delete(peers)
    .where(and(eq(peers.sessionId, sessionId), inArray(peers.channelId, channelIdsOf(known))));
  if (nameGone && isName(identifier))
    await db.delete(peers).where(and(eq(peers.identifier, identifier), within(unit, scope)));
}

/** Forgets all that the session knew: its access hashes were those of another account, maybe. */
export async function forgetPeers({ db, tables: { peers } }: UnitOfWork, sessionId: number): Promise<void> {
  await db.delete(peers).where(eq(peers.sessionId, sessionId));
}

/** The condition that a row's session has all tags of the scope. */
export function within(unit: UnitOfWork, { tags }: PeerScope): SQL | undefined {
  if (tags.length === 0) return undefined;
  const { sessions, peers } = unit.tables;
  const inScope = unit.db.select({ id: sessions.id }).from(sessions).where(hasAllTags(unit, tags));
  return inArray(peers.sessionId, inScope);
}
