import type { RememberedChannel } from '../peers/store.js';
import { ScanInterrupted, SessionFileUnreadable, SessionsDirectoryUnreadable } from './errors.js';
import type { Inspection } from './formats/inspect.js';
import type { Credentials } from './formats/session_string.js';
import type { Rejection, ScanOptions } from './walk.js';

/** Known names and their fingerprints, index by index; a thousand or so. */
export interface KnownPage {
  readonly names: readonly string[];
  readonly fingerprints: readonly string[];
}

/** What a scan found; of what it rejected, the first thousand. */
export interface ScanSummary {
  /** `st_dev` of the sessions directory in decimal. */
  readonly device: string;
  readonly found: number;
  readonly appeared: number;
  readonly changed: number;
  readonly gone: number;
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
}

/** A new or changed session that was read. */
export interface SettledFile {
  readonly name: string;
  readonly file: string | null;
  readonly json: string | null;
  readonly fingerprint: string;
  readonly kind: 'appeared' | 'changed';
  readonly inspection: Inspection;
}

/** A new or changed session that can't be judged now, and is read again in the next scan. */
export interface UnsettledFile {
  readonly name: string;
  readonly kind: 'appeared' | 'changed';
  readonly unsettled: true;
  readonly reason: string;
}

export type InspectedFile = SettledFile | UnsettledFile;

/** The first message to the scan thread. */
export interface ScanTask extends ScanOptions {
  /** The memory of a CurrentFile. */
  readonly current: SharedArrayBuffer;
}

/** The requests to the scan thread. A scan is `begin`, `known` for every page, `run`, then the rest. */
export interface ScanOperations {
  /** Drops any earlier scan. `only`: the names to scan, null for all; `avoid`: files not to read. */
  begin(only: readonly string[] | null, avoid: readonly string[]): void;
  known(page: KnownPage): void;
  run(): Promise<ScanSummary>;
  readNext(limit: number): Promise<InspectedFile[]>;
  goneNext(limit: number): string[];
  end(): void;
  credentials(file: string | null, json: string | null): Credentials | null;
  channels(file: string, authKeySha256: string, since: number): RememberedChannel[] | null;
  fileBytes(file: string): Uint8Array;
}

/** One request to the thread. */
export interface ScanRequest {
  readonly id: number;
  readonly operation: keyof ScanOperations;
  readonly args: readonly unknown[];
}

/** An error that is passed between threads, where classes are lost. */
export type Failure =
  | { readonly kind: 'directory'; readonly directory: string; readonly code: string }
  | { readonly kind: 'file'; readonly file: string; readonly reason: string }
  | { readonly kind: 'interrupted'; readonly reason: string };

/** The thread's answer to the request with the same id. */
export type ScanReply =
  | { readonly id: number; readonly failure: null; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** Packs an error for the other thread. */
export function packError(error: unknown): Failure {
  if (error instanceof SessionsDirectoryUnreadable) {
    return { kind: 'directory', directory: error.directory, code: error.systemCode };
  }
  if (error instanceof SessionFileUnreadable) return { kind: 'file', file: error.file, reason: error.reason };
  return { kind: 'interrupted', reason: error instanceof Error ? error.message : String(error) };
}

/** Unpacks an error; one without a class here becomes ScanInterrupted. */
export function unpackError(failure: Failure): Error {
  switch (failure.kind) {
    case 'directory':
      return new SessionsDirectoryUnreadable(failure.directory, failure.code);
    case 'file':
      return new SessionFileUnreadable(failure.file, failure.reason);
    case 'interrupted':
      return new ScanInterrupted(failure.reason);
  }
}

/** The file being read: `ticket` differs from file to file. */
export interface FileBeingRead {
  readonly ticket: number;
  readonly path: string;
}

const HEADER_BYTES = 8;
const MAX_PATH_BYTES = 4096;

/**
 * The file that the scan thread is reading, published through shared memory: a thread that hangs in a file can't tell
 * which one it is, and a message per file would cost more than many of the reads.
 */
export class CurrentFile {
  readonly shared: SharedArrayBuffer;
  /** [ticket, length of the path in bytes; 0: no file]. */
  readonly #header: Int32Array;
  readonly #path: Uint8Array;

  constructor(shared = new SharedArrayBuffer(HEADER_BYTES + MAX_PATH_BYTES)) {
    this.shared = shared;
    this.#header = new Int32Array(shared, 0, 2);
    this.#path = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Runs `read` with the path shown as being read. */
  during<T>(path: string, read: () => T): T {
    const bytes = Buffer.from(path).subarray(0, MAX_PATH_BYTES);
    this.#path.set(bytes);
    Atomics.add(this.#header, 0, 1);
    Atomics.store(this.#header, 1, bytes.length);
    try {
      return read();
    } finally {
      Atomics.store(this.#header, 1, 0);
    }
  }

  /** The file being read now; null: none. Its path may be garbled unless the same ticket is seen for a while. */
  peek(): FileBeingRead | null {
    const length = Atomics.load(this.#header, 1);
    if (length === 0) return null;
    const ticket = Atomics.load(this.#header, 0);
    return { ticket, path: Buffer.from(this.#path.slice(0, length)).toString('utf8') };
  }
}
