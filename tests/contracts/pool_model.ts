import type { Block, PoolCounts } from '../../src/pool/store.js';

/** A client: an API key and the address that it calls from. */
export interface Client {
  readonly holder: string;
  readonly address: string;
  readonly admin: boolean;
}

interface Entry {
  readonly leaseId: string;
  readonly client: Client;
}

type ModelState = 'free' | 'leased' | 'cooldown' | 'flood' | 'invalid' | 'dead';

/** A session as this model sees it. Times are milliseconds. */
interface ModelSession {
  readonly id: number;
  state: ModelState;
  until: number | null;
  usedAt: number;
  last: Entry | null;
  ttlSeconds: number;
  renewed: boolean;
  coolsUntil: number;
  lapsed: Entry[];
  readonly methods: Map<string, number>;
}

/** How a caller may relate to a session. */
function isRelation(verdict: string): boolean {
  return ['holder', 'last_holder', 'bystander', 'admin'].includes(verdict);
}

const INVALID_UNTIL = Date.UTC(2099, 0, 1);
const MINUTE = 60_000;

/**
 * The simplest model of leasing as the contract describes it: the drivers' answers are compared with its answers.
 * It shares no code with them.
 */
/** Flooded for at least one method. */
function isLimited({ methods }: ModelSession): boolean {
  return methods.size > 0;
}

export class PoolModel {
  readonly #sessions: ModelSession[];

  constructor(ids: readonly number[]) {
    this.#sessions = ids.map((id) => ({
      ...{ id, state: 'free', until: null, usedAt: 0, last: null, ttlSeconds: 0, renewed: false },
      ...{ coolsUntil: 0, lapsed: [], methods: new Map() },
    }));
  }

  /** Ids of a session's leases: the current or last one, and those that expired. */
  leaseIds(index: number): string[] {
    const session = this.#at(index);
    return [...(session.last ? [session.last.leaseId] : []), ...session.lapsed.map(({ leaseId }) => leaseId)];
  }

  acquire(client: Client, leaseId: string, ttlSeconds: number, method: string | null, now: number): object {
    this.#pass(now);
    const fits = ({ methods }: ModelSession) => (method === null ? methods.size === 0 : !methods.has(method));
    const [session] = this.#sessions
      .filter((one) => one.state === 'free' && fits(one))
      .sort((a, b) => a.usedAt - b.usedAt || a.id - b.id);
    if (!session) return { kind: 'none' };
    const until = now + ttlSeconds * 1000;
    Object.assign(session, { state: 'leased', until, usedAt: now, last: { leaseId, client }, ttlSeconds });
    Object.assign(session, { renewed: false, coolsUntil: 0 });
    return { kind: 'granted', sessionId: session.id, expiresAt: until };
  }

  renew(index: number, client: Client, leaseId: string, ttlSeconds: number | null, now: number): object {
    this.#pass(now);
    const session = this.#at(index);
    const { last } = session;
    if (session.state !== 'leased' || last?.leaseId !== leaseId) return { kind: 'lease_lost' };
    if (last.client.holder !== client.holder && !client.admin) return { kind: 'not_lease_holder' };
    session.ttlSeconds = ttlSeconds ?? session.ttlSeconds;
    session.until = now + session.ttlSeconds * 1000;
    session.renewed = true;
    return { kind: 'renewed', expiresAt: session.until };
  }

  release(index: number, client: Client, leaseId: string | null, flood: Block | null, now: number): object {
    this.#pass(now);
    const session = this.#at(index);
    const may = this.#may(session, client, leaseId);
    if (may === 'bystander' && flood) return { kind: 'not_lease_holder' };
    if (!isRelation(may)) return { kind: may };
    let changed = false;
    if (session.state === 'leased' && may === 'admin') {
      this.#take(session, now);
      Object.assign(session, { state: 'cooldown', until: session.coolsUntil, usedAt: now });
      changed = true;
    } else if (may !== 'admin') {
      if (session.state !== 'leased') this.#releaseLate(session, client, leaseId);
      if (may === 'holder' && (session.state === 'leased' || session.state === 'cooldown')) {
        Object.assign(session, { coolsUntil: 0, usedAt: now });
        this.#rest(session, now);
        changed = true;
      }
    }
    if (flood) this.#block(session, flood, may === 'admin', now);
    return { kind: 'done', as: may, changed };
  }

  block(index: number, client: Client, leaseId: string | null, block: Block, now: number): object {
    this.#pass(now);
    const session = this.#at(index);
    const may = this.#may(session, client, leaseId);
    if (may === 'bystander') return { kind: 'not_lease_holder' };
    if (!isRelation(may)) return { kind: may };
    return { ...this.#block(session, block, may === 'admin', now), as: may };
  }

  restore(index: number, now: number): object {
    this.#pass(now);
    const session = this.#at(index);
    const lifted = isLimited(session);
    session.methods.clear();
    const back = session.state === 'flood' || session.state === 'invalid' || session.state === 'dead';
    if (back) this.#rest(session, now);
    return { kind: 'done', as: 'admin', changed: lifted || back };
  }

  counts(now: number): Partial<PoolCounts> {
    this.#pass(now);
    const inState = (state: ModelState) => this.#sessions.filter((session) => session.state === state);
    const leastOf = (times: readonly number[]) => (times.length === 0 ? null : Math.min(...times));
    const limited = inState('free').filter(isLimited).length;
    const methodEnds = inState('free')
      .filter(isLimited)
      .map(({ methods }) => Math.max(...methods.values()));
    return {
      total: this.#sessions.length,
      states: {
        ...{ free: inState('free').length, leased: inState('leased').length },
        ...{ cooldown: inState('cooldown').length, flood: inState('flood').length },
        ...{ invalid: inState('invalid').length, dead: inState('dead').length },
        ...{ missing: 0, inactive: 0, duplicate: 0, frozen: 0, used_up: 0 },
      },
      ...{ nextUsedUpEnd: null, limited: 0, frozen: 0 },
      freeButMethodFlooded: limited,
      nextFloodEnd: leastOf(inState('flood').map(({ until }) => until ?? 0)),
      nextCooldownEnd: leastOf(inState('cooldown').map(({ until }) => until ?? 0)),
      nextMethodFloodEnd: leastOf(methodEnds),
      oldestLeaseAt: leastOf(inState('leased').map(({ usedAt }) => usedAt)),
    };
  }

  /** Oldest first. */
  leases(now: number): object[] {
    this.#pass(now);
    return this.#sessions
      .filter(({ state }) => state === 'leased')
      .sort((a, b) => Number(isLimited(a)) - Number(isLimited(b)) || a.usedAt - b.usedAt || a.id - b.id)
      .map(({ id, last, usedAt, until, renewed }) => ({
        ...{ sessionId: id, leaseId: last?.leaseId, holder: last?.client.holder },
        ...{ processName: null, leasedAt: usedAt, expiresAt: until, renewed },
      }));
  }

  #at(index: number): ModelSession {
    const session = this.#sessions[index];
    if (!session) throw new Error(`no session ${index}`);
    return session;
  }

  #pass(now: number): void {
    for (const session of this.#sessions) {
      for (const [method, until] of session.methods) if (until <= now) session.methods.delete(method);
      if (session.until === null || session.until > now) continue;
      if (session.state !== 'leased') this.#rest(session, now);
      else {
        session.usedAt = now;
        if (session.last) session.lapsed.push(session.last);
        if (session.renewed) session.coolsUntil = now + Math.min(session.ttlSeconds * 1000, MINUTE);
        this.#rest(session, now);
      }
    }
  }

  #rest(session: ModelSession, now: number): void {
    const cools = session.coolsUntil > now;
    Object.assign(session, { state: cools ? 'cooldown' : 'free', until: cools ? session.coolsUntil : null });
  }

  /** The holder loses the session without releasing it. */
  #take(session: ModelSession, now: number): void {
    if (session.last) session.lapsed.push(session.last);
    session.coolsUntil = Math.min(session.until ?? now, now + MINUTE);
  }

  #may(session: ModelSession, client: Client, leaseId: string | null): string {
    const { last, lapsed } = session;
    const leased = session.state === 'leased';
    const own = last?.client.holder === client.holder;
    if (leaseId !== null) {
      if (leaseId !== last?.leaseId) return 'lease_lost';
      return own ? 'holder' : client.admin ? 'admin' : 'not_lease_holder';
    }
    if (client.admin && !(own && leased)) return 'admin';
    if (!leased) return own ? 'last_holder' : 'bystander';
    if (!own) return 'not_lease_holder';
    const doubted = lapsed.some((entry) => entry.client.holder === client.holder);
    const certain = last?.client.address === client.address && !session.renewed && !doubted;
    return certain ? 'holder' : 'lease_id_required';
  }

  #releaseLate(session: ModelSession, client: Client, leaseId: string | null): void {
    const named = session.lapsed.filter((entry) => entry.leaseId === leaseId);
    const ofKey = session.lapsed.filter((entry) => entry.client.holder === client.holder);
    const sure = ofKey.length === 1 && ofKey[0]?.client.address === client.address;
    const over = leaseId !== null ? named : sure ? ofKey : [];
    session.lapsed = session.lapsed.filter((entry) => !over.includes(entry));
  }

  #block(session: ModelSession, block: Block, byAdmin: boolean, now: number): object {
    const answer = (until: number | null) => ({ kind: 'blocked', state: session.state, until });
    if (block.kind === 'flood' && block.method !== null) {
      const until = now + block.seconds * 1000;
      session.methods.set(block.method, Math.max(until, session.methods.get(block.method) ?? 0));
      return answer(until);
    }
    const { state } = session;
    if (block.kind === 'flood') {
      const until = now + block.seconds * 1000;
      if (state === 'invalid' || state === 'dead') return answer(until);
      if (state === 'leased' && byAdmin) this.#take(session, now);
      const earlier = state === 'flood' ? (session.until ?? 0) : 0;
      Object.assign(session, { state: 'flood', usedAt: now });
      session.until = Math.max(until, earlier, session.coolsUntil);
      return answer(session.until);
    }
    if (state === 'invalid' || (state === 'dead' && block.kind === 'dead')) return answer(session.until);
    if (state === 'leased' && byAdmin) this.#take(session, now);
    const invalid = block.kind === 'invalidate';
    Object.assign(session, { state: invalid ? 'invalid' : 'dead', until: invalid ? INVALID_UNTIL : null });
    return answer(session.until);
  }
}
