import type { RestState } from '../pool/states.js';

/** What decides where a session comes to rest, from what forbids most to what forbids least. */
export interface RestFacts {
  /** Why its file is certainly dead; null: it is not. */
  readonly dead: string | null;
  /** An admin took it out of the pool. */
  readonly inactive: boolean;
  /** The name of the session registered before it with the same auth key; null: none. */
  readonly twin: string | null;
}

/** Where a session whose file is there comes to rest, and why. */
export function restOf(facts: RestFacts): { readonly rest: RestState; readonly restReason: string | null } {
  if (facts.dead !== null) return { rest: 'dead', restReason: facts.dead };
  if (facts.twin !== null) return { rest: 'duplicate', restReason: `same auth key as ${facts.twin}` };
  if (facts.inactive) return { rest: 'inactive', restReason: 'taken out of the pool by an admin' };
  return { rest: 'free', restReason: null };
}
