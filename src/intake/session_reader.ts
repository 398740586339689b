import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import type { RememberedChannel } from '../peers/store.js';
import { SessionFileUnreadable, systemCode } from './errors.js';
import {
  type Inspection,
  inspectSession,
  readCredentials,
  rememberedBy,
  type SessionFiles,
} from './formats/inspect.js';
import { maxJsonBytes, readJsonSession } from './formats/json_file.js';
import type { Credentials } from './formats/session_string.js';
import type { CurrentFile } from './scan_protocol.js';
import { openRoot, realPathInside } from './sessions_root.js';
import { applyCheck, isSettled, isUnchanged, type LoneJson, loneJsonOf } from './sync_rules.js';
import type { ScanOptions, WalkEntry } from './walk.js';

/** A file's bytes, or why they can't be read now. */
export type FileReading =
  | { readonly bytes: Buffer; readonly unsettled: null }
  | { readonly bytes: null; readonly unsettled: string };

/** A session that was read, or why it can't be judged now. */
export type SessionReading =
  | { readonly inspection: Inspection; readonly unsettled: null }
  | { readonly inspection: null; readonly unsettled: string };

/** The suffixes of SQLite's auxiliary files. */
const WRITERS_FILES = ['-journal', '-wal'];

/** How many `.json` files that are not sessions are remembered, so that they aren't read in each scan. */
const MAX_REMEMBERED = 50_000;

/** Reads single sessions from the sessions directory. */
export class SessionReader {
  readonly #options: ScanOptions;
  readonly #current: CurrentFile;
  readonly #notSessions = new LRUCache<string, { fingerprint: string; verdict: LoneJson }>({
    max: MAX_REMEMBERED,
  });

  constructor(options: ScanOptions, current: CurrentFile) {
    this.#options = options;
    this.#current = current;
  }

  /** Reads and inspects one session. Throws nothing on any content. */
  inspect({ name, file, json }: WalkEntry): SessionReading {
    return this.#current.during(file ?? json ?? name, () => {
      try {
        const inspection = applyCheck(inspectSession(this.#read(file, json), name), this.#options.check);
        if (isSettled(inspection, file, () => isBeingWritten(openRoot(this.#options.root).path, file ?? '')))
          return { inspection, unsettled: null };
        return { inspection: null, unsettled: 'another program is writing it' };
      } catch (error) {
        return {
          inspection: null,
          unsettled: error instanceof SessionFileUnreadable ? error.reason : systemCode(error),
        };
      }
    });
  }

  /** Reads one session's credentials; null: it has none. @throws SessionFileUnreadable. */
  credentials(file: string | null, json: string | null): Credentials | null {
    return this.#current.during(file ?? json ?? '', () => readCredentials(this.#read(file, json)));
  }

  /**
   * Reads the channels that one session's file remembers, seen at `since` or later; null: it is another session's than
   * the one with this auth key. @throws SessionFileUnreadable.
   */
  channels(file: string, authKeySha256: string, since: number): RememberedChannel[] | null {
    return this.#current.during(file, () => rememberedBy(this.#bytes(file), authKeySha256, since));
  }

  /** Reads one session's complete `.session` file. @throws SessionFileUnreadable. */
  fileBytes(file: string): Buffer {
    return this.#current.during(file, () => this.#bytes(file));
  }

  #bytes(file: string): Buffer {
    const { path: root } = openRoot(this.#options.root);
    return bytesOf(file, readFileInside(root, file, this.#options.maxBytes));
  }

  /** Judges a `.json` file on its own. */
  loneJson(path: string, fingerprint: string): LoneJson {
    const remembered = this.#notSessions.get(path);
    if (remembered?.fingerprint === fingerprint) return remembered.verdict;
    return this.#current.during(path, () => this.#readLoneJson(path, fingerprint));
  }

  #readLoneJson(path: string, fingerprint: string): LoneJson {
    const { bytes, unsettled } = readFileInside(openRoot(this.#options.root).path, path, maxJsonBytes);
    if (bytes === null) return { refused: unsettled, mayBeTorn: true };
    const verdict = loneJsonOf(readJsonSession(bytes));
    if (verdict !== 'session') this.#notSessions.set(path, { fingerprint, verdict });
    return verdict;
  }

  /** An unreadable `.json` file does not affect the `.session` file next to it. */
  #read(file: string | null, json: string | null): SessionFiles {
    const { path: root } = openRoot(this.#options.root);
    const description = json === null ? null : readFileInside(root, json, maxJsonBytes);
    if (file === null) return { session: null, json: description && bytesOf(json ?? '', description) };
    const session = bytesOf(file, readFileInside(root, file, this.#options.maxBytes));
    return { session, json: description?.bytes ?? null };
  }
}

/**
 * Reads a consistent copy of a file inside the root, given by its relative path. Opens it for reading only, takes no
 * lock and does not wait. Unsettled: gone, unreadable, not a regular file, over `maxBytes`, outside the root, or
 * changed while it was read. Never throws.
 */
function readFileInside(root: string, path: string, maxBytes: number): FileReading {
  try {
    const real = realPathInside(root, path);
    return real === null ? unsettled('leads out of the sessions directory') : readReal(real, maxBytes);
  } catch (error) {
    return unsettled(systemCode(error));
  }
}

/**
 * Whether another program is writing the SQLite file at this relative path, or stopped halfway: its journal or WAL is
 * then part of the data (sqlite.org/tempfiles.html).
 */
export function isBeingWritten(root: string, path: string): boolean {
  try {
    const real = realPathInside(root, path);
    return WRITERS_FILES.some(
      (suffix) => (statSync(`${real}${suffix}`, { throwIfNoEntry: false })?.size ?? 0) > 0,
    );
  } catch {
    // What can't be checked is not known to be finished.
    return true;
  }
}

function readReal(real: string, maxBytes: number): FileReading {
  // A FIFO in the file's place would block an open without O_NONBLOCK forever.
  const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(descriptor);
    if (!before.isFile()) return unsettled('not a regular file');
    if (before.size > maxBytes) return unsettled(`${before.size} bytes, over the limit of ${maxBytes}`);
    const bytes = readAll(descriptor, before.size);
    if (bytes === null || !isUnchanged(before, fstatSync(descriptor)))
      return unsettled('changed while it was read');
    // O_NOFOLLOW guards the last part of the path only.
    if (realpathSync.native(real) !== real) return unsettled('moved while it was read');
    return { bytes, unsettled: null };
  } finally {
    closeSync(descriptor);
  }
}

/** Null: the file ended early. */
function readAll(descriptor: number, size: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) return null;
    filled += count;
  }
  return bytes;
}

function bytesOf(path: string, reading: FileReading): Buffer {
  if (reading.bytes === null) throw new SessionFileUnreadable(path, reading.unsettled);
  return reading.bytes;
}

function unsettled(reason: string): FileReading {
  return { bytes: null, unsettled: reason };
}
