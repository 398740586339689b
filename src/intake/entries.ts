import type { Rejections } from './rejections.js';

/** How files that can't be recognised are taken: for sessions that may be leased, or for dead ones. */
export type SessionCheck = 'lenient' | 'strict';

/** A session's files as they lie on disk. */
export interface WalkEntry {
  readonly name: string;
  /** The `.session` file, relative to the sessions directory; null: there is none. */
  readonly file: string | null;
  /** The `.json` file beside it or instead of it, relative to the sessions directory; null: there is none. */
  readonly json: string | null;
  /** Differs after any change to either file, or to how files are judged. Compare with `===` only. */
  readonly fingerprint: string;
}

/** A look at the sessions directory. What it says beside its entries is complete once these have been drawn. */
export interface Survey {
  /** `st_dev` of the sessions directory in decimal. */
  readonly device: string;
  /** What could not be looked at: nothing is known of a session of this name, or below it. */
  readonly unreadable: ReadonlySet<string>;
  readonly rejections: Rejections;
  entries(): Generator<WalkEntry, void>;
}

/** One of a session's two files. */
export interface Half {
  /** Relative to the sessions directory. */
  readonly path: string;
  /** Differs after any change to the file. */
  readonly print: string;
}

/** The files found so far for one name. */
export interface Pair {
  session: Half | null;
  json: Half | null;
}

/** The entry that a name's files make. */
export function entryOf(name: string, { session, json }: Pair, check: SessionCheck): WalkEntry {
  const fingerprint = `${check}|${session?.print ?? '-'}|${json?.print ?? '-'}`;
  return { name, file: session?.path ?? null, json: json?.path ?? null, fingerprint };
}
