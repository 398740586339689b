import type { Database } from 'better-sqlite3';
import { passesOverUnfenceable, UNFENCEABLE_PROXY } from '../../pool/fence.js';
import type { AcquireRequest } from '../../pool/store.js';
import { WITH_ALL_TAGS } from './counters.js';

interface Candidate {
  readonly id: number;
  readonly used: number;
}

interface Search {
  readonly id: number | null;
  /** The session that was given last. */
  readonly after: number;
  readonly method: string | null;
  readonly tag: string | null;
  readonly tags: string;
}

const WITH_KEY = 'AND s.auth_key_sha256 IS NOT NULL';
const FENCEABLE = `AND NOT EXISTS
  (SELECT 1 FROM proxies p WHERE p.id = s.proxy_id AND p.type = '${UNFENCEABLE_PROXY}')`;
const NOT_FLOODED =
  'AND NOT EXISTS (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = @method)';
/** What a frozen account was refused is in the way of a request for that only. */
const UNFLOODED_UNLESS_FROZEN = "AND (s.method_flooded = 0 OR s.state = 'frozen')";
const ALL_TAGS = `AND ${WITH_ALL_TAGS}`;

/**
 * Finds the session for a request, by default the least recently used free one. That search walks an index in that
 * order and stops at the first row, so its cost does not grow with the pool.
 */
export class Candidates {
  readonly #sqlite: Database;
  /** The last session that a request for the next one got. */
  #last = 0;

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The session's id; null: no free one matches. */
  find(request: AcquireRequest): number | null {
    const free = this.#free(request);
    if (free !== null || request.allowFrozen !== true) return free;
    return this.#one(frozenByUse(conditionsOf(request, request.method !== null)), request);
  }

  /** Called when the session was leased for the request. */
  given(id: number, { strategy }: AcquireRequest): void {
    if (strategy === 'round_robin') this.#last = id;
  }

  #free(request: AcquireRequest): number | null {
    if (request.strategy === 'round_robin') {
      const conditions = freeConditions(request);
      const next = this.#one(nextById('s.id > @after', conditions), request);
      return next ?? this.#one(nextById('s.id <= @after', conditions), request);
    }
    if (request.strategy === 'healthiest') return this.#healthiest(request);
    return this.#leastUsed(request);
  }

  #healthiest(request: AcquireRequest): number | null {
    const unflooded = this.#row(byHealth(0, conditionsOf(request, false)), request);
    if (request.method === null) return unflooded?.id ?? null;
    const methodFlooded = this.#row(byHealth(1, conditionsOf(request, true)), request);
    return firstOf(unflooded, methodFlooded);
  }

  #leastUsed(request: AcquireRequest): number | null {
    const unflooded = this.#first(request, 0);
    if (request.method === null) return unflooded?.id ?? null;
    const methodFlooded = this.#first(request, 1);
    return firstOf(unflooded, methodFlooded);
  }

  /** Whether this session can be leased and matches the request. */
  fits(id: number, request: AcquireRequest): boolean {
    const alsoInactive = request.alsoInactive && request.sessionId === id;
    const frozen = request.allowFrozen === true ? "IN ('free', 'frozen')" : "= 'free'";
    const floods = request.method === null ? UNFLOODED_UNLESS_FROZEN : NOT_FLOODED;
    const statement = this.#sqlite.prepare<[Search], Candidate>(
      `SELECT s.id, s.last_used_at AS used FROM sessions s WHERE s.id = @id
       AND s.state ${alsoInactive ? "IN ('free', 'inactive', 'frozen', 'used_up')" : frozen}
       ${floods}
       ${request.withCredentials ? WITH_KEY : ''} ${request.tags.length > 0 ? ALL_TAGS : ''}`,
    );
    return statement.get(search(request, id)) !== undefined;
  }

  #one(statement: string, request: AcquireRequest): number | null {
    return this.#row(statement, request)?.id ?? null;
  }

  #row(statement: string, request: AcquireRequest): Candidate | undefined {
    return this.#sqlite.prepare<[Search], Candidate>(statement).get(search(request, null, this.#last));
  }

  #first(request: AcquireRequest, methodFlooded: 0 | 1): Candidate | undefined {
    const conditions = [
      methodFlooded === 1 ? NOT_FLOODED : '',
      request.withCredentials ? WITH_KEY : '',
      request.tags.length > 1 ? ALL_TAGS : '',
      passesOverUnfenceable(request) ? FENCEABLE : '',
    ].join(' ');
    const statement =
      request.tags.length === 0 ? byUse(methodFlooded, conditions) : byTag(methodFlooded, conditions);
    return this.#sqlite.prepare<[Search], Candidate>(statement).get(search(request));
  }
}

/** The one that was used before the other, or is healthier. */
function firstOf(...candidates: readonly (Candidate | undefined)[]): number | null {
  const [first] = candidates
    .filter((candidate) => candidate !== undefined)
    .sort((a, b) => a.used - b.used || a.id - b.id);
  return first?.id ?? null;
}

/** What a search that starts from no tag asks of a session; `unflooded`: for the request's method. */
function conditionsOf(request: AcquireRequest, unflooded: boolean): string {
  const { withCredentials, tags } = request;
  const conditions = [unflooded ? NOT_FLOODED : '', withCredentials ? WITH_KEY : ''];
  const fenceable = passesOverUnfenceable(request) ? FENCEABLE : '';
  return [...conditions, tags.length > 0 ? ALL_TAGS : '', fenceable].join(' ');
}

function freeConditions(request: AcquireRequest): string {
  if (request.method !== null) return conditionsOf(request, true);
  return `AND s.method_flooded = 0 ${conditionsOf(request, false)}`;
}

function search({ method, tags }: AcquireRequest, id: number | null = null, after = 0): Search {
  return { id, after, method, tag: tags[0] ?? null, tags: JSON.stringify(tags) };
}

function byUse(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s INDEXED BY sessions_by_use
    WHERE s.state = 'free' AND s.method_flooded = ${methodFlooded} ${conditions} ORDER BY s.last_used_at, s.id LIMIT 1`;
}

function byTag(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, t.free_since AS used FROM session_tags t INDEXED BY session_tags_free
    CROSS JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = @tag AND t.free_since IS NOT NULL AND s.method_flooded = ${methodFlooded} ${conditions}
    ORDER BY t.free_since, t.session_id LIMIT 1`;
}

/** Of sessions with the same score, the least recently used one. */
function byHealth(methodFlooded: 0 | 1, conditions: string): string {
  return `SELECT s.id, s.health_penalty * ${SCORE_STEP} + s.last_used_at AS used
    FROM sessions s INDEXED BY sessions_by_health
    WHERE s.state = 'free' AND s.method_flooded = ${methodFlooded} ${conditions}
    ORDER BY s.health_penalty, s.last_used_at, s.id LIMIT 1`;
}

/** More milliseconds than any time has. */
const SCORE_STEP = 1e14;

/** Walks the sessions by id: no index contains the free ones so. If none is free, it need not. */
function nextById(which: string, conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s NOT INDEXED
    WHERE ${which} AND s.state = 'free' ${conditions}
    AND EXISTS (SELECT 1 FROM sessions f INDEXED BY sessions_by_use WHERE f.state = 'free')
    ORDER BY s.id LIMIT 1`;
}

function frozenByUse(conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s INDEXED BY sessions_by_use
    WHERE s.state = 'frozen' ${conditions} ORDER BY s.last_used_at, s.id LIMIT 1`;
}
