import { createHash } from 'node:crypto';

/** What a request asks of the session that it gets, beside what any session may have. */
interface Asked {
  readonly tags: readonly string[];
  readonly sessionId: number | null;
  readonly sessionName: string | null;
}

/** The mark of a session that may resolve usernames: of use to those who wait for a resolve budget. */
export const MAY_RESOLVE = mark('resolves', 'left');

/** Requests that wait, and what they need of a session: it is of use to them if it has all of these marks. */
export interface WaitingFor {
  readonly needs: readonly string[];
  readonly count: number;
}

/** How many needs of a request are told: with fewer, more sessions seem to be of use to it. */
const MAX_NEEDS = 3;

/** How many different needs are told apart. */
const MAX_GROUPS = 40;

/**
 * The needs of a request, as short marks that are the same at every replica. `toResolve`: no free session may resolve its
 * channels, and none that knows them is in use.
 */
export function needsOf({ tags, sessionId, sessionName }: Asked, toResolve = false): string[] {
  return [
    ...(toResolve ? [MAY_RESOLVE] : []),
    ...(sessionId === null ? [] : [mark('id', String(sessionId))]),
    ...(sessionName === null ? [] : [mark('name', sessionName)]),
    ...[...tags].sort().map((tag) => mark('tag', tag)),
  ].slice(0, MAX_NEEDS);
}

/** All marks of a session, of those that requests may need. `mayResolve`: it has resolves left. */
export function marksOf(
  session: {
    readonly sessionId: number;
    readonly sessionName: string;
    readonly tags: readonly string[];
  },
  mayResolve: boolean,
): ReadonlySet<string> {
  const { sessionId, sessionName, tags } = session;
  const marks = tags.map((tag) => mark('tag', tag));
  if (mayResolve) marks.push(MAY_RESOLVE);
  return new Set([mark('id', String(sessionId)), mark('name', sessionName), ...marks]);
}

/** The requests by their needs. Beyond so many different ones, they are told as if any session were of use to them. */
export function byNeeds(waiting: Iterable<WaitingFor>): WaitingFor[] {
  const groups = new Map<string, WaitingFor>();
  for (const { needs, count } of waiting) {
    const isTold = groups.size < MAX_GROUPS || groups.has(needs.join());
    const told = isTold ? needs : [];
    const name = told.join();
    groups.set(name, { needs: told, count: (groups.get(name)?.count ?? 0) + count });
  }
  return [...groups.values()];
}

function mark(kind: string, value: string): string {
  return createHash('sha256').update(`${kind}:${value}`).digest('base64url').slice(0, 6);
}
