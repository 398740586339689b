import { and, asc, count, countDistinct, desc, eq } from 'drizzle-orm';
import { foldIdentifier } from '../../kernel/channel_identifier.js';
import { budgetAt, whenLeft } from '../../peers/resolve_budget.js';
import { namesOf } from '../../peers/rules.js';
import type { LearntPeer, PeerFilter, PeerOwner, PeerStore, SessionBudget } from '../../peers/store.js';
import type { State } from '../../pool/states.js';
import type { UnitOfWork, UnitOfWorkRunner } from '../unit_of_work.js';
import {
  aboutChannels,
  adoptChannels,
  forgetPeer,
  knownPeers,
  rowsAbout,
  savePeers,
  within,
} from './known_peers.js';
import {
  countedUses,
  poolBudget,
  pruneResolves,
  recordResolves,
  resolveUse,
  returnReserved,
  takeReserved,
} from './resolve_counts.js';

/** The channels that sessions know, and the resolves that they have made. */
export function peerRepository(units: UnitOfWorkRunner): PeerStore {
  return { ...knowledge(units), ...budgets(units), ...lists(units) };
}

function knowledge(units: UnitOfWorkRunner): Pick<PeerStore, 'known' | 'learn' | 'adopt' | 'forget'> {
  return {
    known: (sessionId, channels, now) => units.run((unit) => knownPeers(unit, sessionId, channels, now)),
    /** What a deleted session knew is useless, and is not stored. */
    learn: (owner, peers, { resolved, perDay, tags }, now) =>
      units.run(async (unit) => {
        const state = await stateOf(unit, owner.sessionId);
        if (state === null || peers.length === 0) return 0;
        const counted = resolved ? await countResolved(unit, owner, peers, perDay, now) : 0;
        await savePeers(unit, owner.sessionId, peers, { tags }, now);
        if (state === 'free') unit.wakeWaiting();
        return counted;
      }),
    adopt: (sessionId, channels, now) =>
      units.run(async (unit) => {
        const state = await stateOf(unit, sessionId);
        if (state === null || channels.length === 0) return;
        await adoptChannels(unit, sessionId, channels, now);
        if (state === 'free') unit.wakeWaiting();
      }),
    forget: (sessionId, channel, nameGone, scope) =>
      units.run((unit) => forgetPeer(unit, sessionId, channel, nameGone, scope)),
  };
}

/** The state of a session, which is not deleted meanwhile; null: there is no such session. */
async function stateOf(unit: UnitOfWork, sessionId: number): Promise<State | null> {
  const { sessions } = unit.tables;
  const session = unit.db.select({ state: sessions.state }).from(sessions).where(eq(sessions.id, sessionId));
  const [row] = await unit.forUpdate(session, 'key share');
  return row?.state ?? null;
}

/** Counts the names among the peers that were resolved: those whose channels the session did not know, each once. */
async function countResolved(
  unit: UnitOfWork,
  owner: PeerOwner,
  learnt: readonly LearntPeer[],
  perDay: number,
  now: number,
): Promise<number> {
  const ids = learnt.map(({ channelId }) => channelId);
  const rows = await rowsAbout(unit, owner.sessionId, ids);
  const known = new Set(rows.map(({ channelId }) => channelId));
  const channels: string[] = [];
  for (const peer of learnt) {
    const [name] = namesOf(peer);
    if (name === undefined) continue;
    if (!(await takeReserved(unit, owner, name)) && !known.has(peer.channelId)) channels.push(name);
    known.add(peer.channelId);
  }
  if (channels.length === 0) return 0;
  const use = await resolveUse(unit, owner.sessionId, perDay, now);
  await recordResolves(unit, owner, { channels, made: true }, use, now);
  return channels.length;
}

function budgets(
  units: UnitOfWorkRunner,
): Pick<PeerStore, 'takeResolve' | 'returnReserved' | 'budget' | 'resolvesLeft' | 'poolBudget' | 'prune'> {
  return {
    takeResolve: (owner, channel, perDay, now) =>
      units.run(async (unit) => {
        const name = foldIdentifier(channel);
        if (await takeReserved(unit, owner, name)) return 0;
        const use = await resolveUse(unit, owner.sessionId, perDay, now);
        if (budgetAt(use, now).left === 0) return null;
        await recordResolves(unit, owner, { channels: [name], made: true }, use, now);
        return 1;
      }),
    returnReserved: (sessionId, leaseId) => units.run((unit) => returnReserved(unit, sessionId, leaseId)),
    budget: (sessionId, perDay, now) =>
      units.run(async (unit) => {
        const { sessions, peers } = unit.tables;
        const found = unit.db.select({ id: sessions.id }).from(sessions);
        if ((await found.where(eq(sessions.id, sessionId))).length === 0) return null;
        const use = await resolveUse(unit, sessionId, perDay, now);
        const [known] = await unit.db
          .select({ n: countDistinct(peers.channelId) })
          .from(peers)
          .where(eq(peers.sessionId, sessionId));
        const budget: SessionBudget = {
          ...{ sessionId, ...budgetAt(use, now), nextAt: whenLeft(use, 1, now) },
          channelsKnown: known?.n ?? 0,
        };
        return budget;
      }),
    resolvesLeft: (sessionIds, perDay, now) =>
      units.run(async (unit) => {
        const uses = await countedUses(unit, sessionIds, perDay, now);
        return new Map(uses.map(({ sessionId, left }) => [sessionId, left]));
      }),
    poolBudget: (page, now) => units.run((unit) => poolBudget(unit, page, now)),
    prune: (before, limit) => units.run((unit) => pruneResolves(unit, before, limit)),
  };
}

function lists(units: UnitOfWorkRunner): Pick<PeerStore, 'peers' | 'count'> {
  return {
    peers: ({ skip, limit }, filter) =>
      units.run(async (unit) => {
        const { peers, sessions } = unit.tables;
        const { sessionId, identifier, channelId, accessHash, type, username, title, usedAt } = peers;
        const known = { identifier, channelId, accessHash, type, username, title, usedAt };
        return unit.db
          .select({ sessionId, sessionName: sessions.name, ...known })
          .from(peers)
          .innerJoin(sessions, eq(sessions.id, sessionId))
          .where(matching(unit, filter))
          .orderBy(desc(usedAt), asc(sessionId), asc(unit.byteOrder(identifier)))
          .limit(limit)
          .offset(skip);
      }),
    count: (filter) =>
      units.run(async (unit) => {
        const found = unit.db.select({ n: count() }).from(unit.tables.peers);
        const [row] = await found.where(matching(unit, filter));
        return row?.n ?? 0;
      }),
  };
}

function matching(unit: UnitOfWork, { channel, sessionId, tags }: PeerFilter) {
  const { peers } = unit.tables;
  return and(
    channel === undefined ? undefined : aboutChannels(peers, [foldIdentifier(channel)]),
    sessionId === undefined ? undefined : eq(peers.sessionId, sessionId),
    within(unit, { tags }),
  );
}
