import { MassRemovalRefused } from './errors.js';
import type { Inspection } from './formats/inspect.js';
import type { JsonSession } from './formats/json_file.js';
import type { SessionCheck } from './walk.js';

/** What changes when a file does. */
export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Whether a file stayed as it was while it was read. */
export function isUnchanged(before: FileStamp, after: FileStamp): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ctimeMs === after.ctimeMs;
}

/**
 * Whether what was read of a session counts although another program may be writing its `.session` file: an
 * auth key that is there stays there, and one that is missing may yet be written.
 */
export function isSettled(
  { authKeySha256 }: Pick<Inspection, 'authKeySha256'>,
  file: string | null,
  isBeingWritten: () => boolean,
): boolean {
  return authKeySha256 !== null || file === null || !isBeingWritten();
}

/** The inspection under the check: a strict one takes a session without an auth key for dead. */
export function applyCheck(inspection: Inspection, check: SessionCheck): Inspection {
  if (check === 'lenient' || inspection.dead !== null || inspection.authKeySha256 !== null) return inspection;
  return { ...inspection, dead: 'not a recognised session file (SESSION_CHECK=strict)' };
}

/**
 * What a `.json` file without a `.session` is: a session, or a reason to refuse it. `mayBeTorn`: it may be a
 * session that is half written now.
 */
export type LoneJson = 'session' | { readonly refused: string; readonly mayBeTorn: boolean };

/** What a `.json` file without a `.session` is by its content; null: it is not valid JSON. */
export function loneJsonOf(content: Pick<JsonSession, 'string' | 'unreadString'> | null): LoneJson {
  if (content === null) return { refused: 'not valid JSON', mayBeTorn: true };
  if (content.string || content.unreadString) return 'session';
  return { refused: 'no session: no session string in the JSON file', mayBeTorn: false };
}

/** Why such a file is no session; null: it is. A known session whose file is half written now is still one. */
export function loneJsonRefusal(json: LoneJson, isKnown: boolean): string | null {
  if (json === 'session' || (json.mayBeTorn && isKnown)) return null;
  return json.refused;
}

/** From so many rows on, losing over half of them at once looks like a lost disk. */
const MIN_GUARDED_ROWS = 10;

/** What was found of the files that rows stand for. */
export interface RemovalFacts {
  /** Rows that have files. */
  readonly known: number;
  /** Of those, how many have no file now. */
  readonly gone: number;
  /** Sessions whose files are there. */
  readonly found: number;
  /** The device of the directory, `st_dev` in decimal. */
  readonly device: string;
  /** The device at the last sync; null: there was none. */
  readonly lastDevice: string | null;
}

/** Why rows must not be removed now (an unmounted disk must not empty the pool); null: they may be. */
export function removalRefusal(facts: RemovalFacts): MassRemovalRefused | null {
  const { known, gone, found, device, lastDevice } = facts;
  if (gone === 0) return null;
  const otherDevice = lastDevice !== null && device !== lastDevice;
  if (!otherDevice && (known < MIN_GUARDED_ROWS || gone * 2 <= known)) return null;
  const message = otherDevice
    ? 'SESSIONS_DIR is on another device than at the last sync. Is its disk mounted? force=true removes them anyway'
    : `the files of ${gone} of ${known} sessions are gone at once. Is the disk mounted? force=true removes them anyway`;
  const looksLost = found === 0 || (otherDevice && gone * 2 > known);
  return new MassRemovalRefused(message, { known, gone, looksLost, device });
}
