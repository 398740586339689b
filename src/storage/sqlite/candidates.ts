import type { Database, Statement } from 'better-sqlite3';
import type { AcquireRequest } from '../../pool/store.js';

interface Candidate {
  readonly id: number;
  readonly used: number;
}

interface Search {
  readonly id: number | null;
  readonly method: string | null;
  readonly tag: string | null;
  readonly tags: string;
}

const WITH_KEY = 'AND s.auth_key_sha256 IS NOT NULL';
const NOT_FLOODED =
  'AND NOT EXISTS (SELECT 1 FROM method_floods f WHERE f.session_id = s.id AND f.method = @method)';
const ALL_TAGS =
  'AND NOT EXISTS (SELECT 1 FROM json_each(@tags) w WHERE NOT EXISTS (SELECT 1 FROM session_tags t WHERE t.session_id = s.id AND t.tag = w.value))';

/**
 * Finds the least recently used free session that a request may have. Each search walks an index in
 * that very order and stops at the first row, so that its cost does not grow with the pool.
 */
export class Candidates {
  readonly #sqlite: Database;
  readonly #statements = new Map<string, Statement<[Search], Candidate>>();

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
  }

  /** The session's id; null: no free one will do. */
  find(request: AcquireRequest): number | null {
    const unlimited = this.#first(request, 0);
    if (request.method === null) return unlimited?.id ?? null;
    const limited = this.#first(request, 1);
    const [first] = [unlimited, limited]
      .filter((candidate) => candidate !== undefined)
      .sort((a, b) => a.used - b.used || a.id - b.id);
    return first?.id ?? null;
  }

  /** Whether this very session can be leased and will do for the request. */
  fits(id: number, request: AcquireRequest): boolean {
    const alsoInactive = request.alsoInactive && request.sessionId === id;
    const statement = this.#prepare(
      `SELECT s.id, s.last_used_at AS used FROM sessions s WHERE s.id = @id
       AND s.state ${alsoInactive ? "IN ('free', 'inactive')" : "= 'free'"}
       ${request.method === null ? 'AND s.limited = 0' : NOT_FLOODED}
       ${request.withCredentials ? WITH_KEY : ''} ${request.tags.length > 0 ? ALL_TAGS : ''}`,
    );
    return statement.get(search(request, id)) !== undefined;
  }

  #first(request: AcquireRequest, limited: 0 | 1): Candidate | undefined {
    const conditions = [
      limited === 1 ? NOT_FLOODED : '',
      request.withCredentials ? WITH_KEY : '',
      request.tags.length > 1 ? ALL_TAGS : '',
    ].join(' ');
    const statement = request.tags.length === 0 ? byUse(limited, conditions) : byTag(limited, conditions);
    return this.#prepare(statement).get(search(request));
  }

  #prepare(text: string): Statement<[Search], Candidate> {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#sqlite.prepare<[Search], Candidate>(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function search({ method, tags }: AcquireRequest, id: number | null = null): Search {
  return { id, method, tag: tags[0] ?? null, tags: JSON.stringify(tags) };
}

function byUse(limited: 0 | 1, conditions: string): string {
  return `SELECT s.id, s.last_used_at AS used FROM sessions s INDEXED BY sessions_by_use
    WHERE s.state = 'free' AND s.limited = ${limited} ${conditions} ORDER BY s.last_used_at, s.id LIMIT 1`;
}

function byTag(limited: 0 | 1, conditions: string): string {
  return `SELECT s.id, t.free_since AS used FROM session_tags t INDEXED BY session_tags_free
    CROSS JOIN sessions s ON s.id = t.session_id
    WHERE t.tag = @tag AND t.free_since IS NOT NULL AND s.limited = ${limited} ${conditions}
    ORDER BY t.free_since, t.session_id LIMIT 1`;
}
