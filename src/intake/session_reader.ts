import { LRUCache } from 'lru-cache';
import type { CurrentFile } from './current_file.js';
import type { SessionCheck, WalkEntry } from './entries.js';
import { SessionFileUnreadable, systemCode } from './errors.js';
import { type Inspection, inspectSession, readCredentials, type SessionFiles } from './formats/inspect.js';
import { maxJsonBytes, readJsonSession } from './formats/json_file.js';
import type { Credentials } from './formats/session_string.js';
import { type FileReading, isBeingWritten, readFileInside } from './read_file.js';
import { openRoot } from './sessions_root.js';

/** A session, read, or in plain words why it can't be judged now. */
export type SessionReading =
  | { readonly inspection: Inspection; readonly unsettled: null }
  | { readonly inspection: null; readonly unsettled: string };

/**
 * What a `.json` file without a `.session` is: a session, or a reason to refuse it. `mayBeTorn`: it may be a
 * session that is half written now.
 */
export type LoneJson = 'session' | { readonly refused: string; readonly mayBeTorn: boolean };

/** Where sessions lie and how they are judged. */
export interface ReaderOptions {
  /** The sessions directory. */
  readonly root: string;
  readonly check: SessionCheck;
  /** The largest session file that is taken. */
  readonly maxBytes: number;
}

/** How many `.json` files that are no sessions are remembered, so that they aren't read in each scan. */
const maxRemembered = 50_000;

/** Reads single sessions from the sessions directory. */
export class SessionReader {
  readonly #options: ReaderOptions;
  readonly #current: CurrentFile;
  readonly #notSessions = new LRUCache<string, { fingerprint: string; verdict: LoneJson }>({
    max: maxRemembered,
  });

  constructor(options: ReaderOptions, current: CurrentFile) {
    this.#options = options;
    this.#current = current;
  }

  /** Reads and inspects one session. Throws nothing on any content. */
  inspect({ name, file, json }: WalkEntry): SessionReading {
    return this.#current.during(file ?? json ?? name, () => {
      try {
        const files = this.#read(file, json);
        const inspection = this.#judge(inspectSession(files, name));
        if (inspection.authKeySha256 !== null || file === null) return { inspection, unsettled: null };
        if (!isBeingWritten(openRoot(this.#options.root).path, file)) return { inspection, unsettled: null };
        return { inspection: null, unsettled: 'another program is writing it' };
      } catch (error) {
        return {
          inspection: null,
          unsettled: error instanceof SessionFileUnreadable ? error.reason : systemCode(error),
        };
      }
    });
  }

  /** Reads one session's credentials; null: it has none. Throws SessionFileUnreadable. */
  credentials(file: string | null, json: string | null): Credentials | null {
    return this.#current.during(file ?? json ?? '', () => readCredentials(this.#read(file, json)));
  }

  /** Reads one session's `.session` file whole. Throws SessionFileUnreadable. */
  fileBytes(file: string): Buffer {
    const { path: root } = openRoot(this.#options.root);
    return this.#current.during(file, () =>
      bytesOf(file, readFileInside(root, file, this.#options.maxBytes)),
    );
  }

  /** Tells what a `.json` file that stands alone is. */
  loneJson(path: string, fingerprint: string): LoneJson {
    const remembered = this.#notSessions.get(path);
    if (remembered?.fingerprint === fingerprint) return remembered.verdict;
    return this.#current.during(path, () => this.#readLoneJson(path, fingerprint));
  }

  #readLoneJson(path: string, fingerprint: string): LoneJson {
    const { bytes, unsettled } = readFileInside(openRoot(this.#options.root).path, path, maxJsonBytes);
    if (bytes === null) return { refused: unsettled, mayBeTorn: true };
    const content = readJsonSession(bytes);
    if (content?.string || content?.unreadString) return 'session';
    const verdict =
      content === null
        ? { refused: 'not valid JSON', mayBeTorn: true }
        : { refused: 'no session: no session string in the JSON file', mayBeTorn: false };
    this.#notSessions.set(path, { fingerprint, verdict });
    return verdict;
  }

  /** A `.json` file that can't be read takes nothing away from the `.session` file beside it. */
  #read(file: string | null, json: string | null): SessionFiles {
    const { path: root } = openRoot(this.#options.root);
    const description = json === null ? null : readFileInside(root, json, maxJsonBytes);
    if (file === null) return { session: null, json: description && bytesOf(json ?? '', description) };
    const session = bytesOf(file, readFileInside(root, file, this.#options.maxBytes));
    return { session, json: description?.bytes ?? null };
  }

  #judge(inspection: Inspection): Inspection {
    if (this.#options.check === 'lenient' || inspection.dead !== null || inspection.authKeySha256 !== null)
      return inspection;
    return { ...inspection, dead: 'not a session file that can be recognised (SESSION_CHECK=strict)' };
  }
}

function bytesOf(path: string, reading: FileReading): Buffer {
  if (reading.bytes === null) throw new SessionFileUnreadable(path, reading.unsettled);
  return reading.bytes;
}
