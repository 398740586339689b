import { ScanInterrupted, SessionFileUnreadable, SessionsDirectoryUnreadable } from './errors.js';
import type { Credentials } from './formats/session_string.js';
import type { InspectedFile, KnownPage, ScanSummary } from './scanner.js';
import type { ReaderOptions } from './session_reader.js';

/** What the scan thread is told first. */
export interface ScanTask extends ReaderOptions {
  /** The memory of a CurrentFile. */
  readonly current: SharedArrayBuffer;
}

/** What the scan thread does on request. A scan is `begin`, `known` for every page, `run`, then the rest. */
export interface ScanOperations {
  /** Forgets any scan before. `only`: the names to look at, null for all; `avoid`: files not to be read. */
  begin(only: readonly string[] | null, avoid: readonly string[]): void;
  known(page: KnownPage): void;
  run(): Promise<ScanSummary>;
  readNext(limit: number): Promise<InspectedFile[]>;
  goneNext(limit: number): string[];
  end(): void;
  credentials(file: string | null, json: string | null): Credentials | null;
  fileBytes(file: string): Uint8Array;
}

/** One request to the thread. */
export interface ScanRequest {
  readonly id: number;
  readonly operation: keyof ScanOperations;
  readonly args: readonly unknown[];
}

/** An error on its way between threads, where classes don't survive. */
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

/** The error that was packed; one that is no class of the intake's becomes ScanInterrupted. */
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
