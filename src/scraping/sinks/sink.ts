import type { Source } from '../../sources/store.js';
import type { Checkpoint } from '../store.js';

/** What a sink has to know of its source. */
export type StoringSource = Pick<Source, 'id' | 'createdAt' | 'target' | 'targetPath'>;

/** The file of a message, about to be stored. */
export interface NamedFile {
  readonly messageId: number;
  /** Of its message: seconds since 1970. */
  readonly date: number;
  /** As its sender called it; any text. */
  readonly name: string;
}

/** A file that has arrived whole, and is not yet where it belongs. One of `keep` and `drop` ends it. */
export interface ArrivedFile {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /**
   * Puts it where it belongs, in place of what was left there by a run that was cut off, and resolves to its path
   * (relative to the target's root) once it is there to stay. May be called again when it has failed.
   */
  keep(signal: AbortSignal): Promise<string>;
  /** Forgets it: its content is known already. */
  drop(): Promise<void>;
}

/**
 * Where one source's messages and files are stored. Nothing counts before it is recorded in the database: what
 * was stored beyond the recorded checkpoint goes when the sink is opened next, and files are replaced.
 * Used by one run at a time, and its calls come one after the other; `store` and what it gives may overlap them.
 * Rejects with `SinkFailed`, or with the signal's reason once that is aborted.
 */
export interface Sink {
  /**
   * Adds whole lines to the file of the month (`YYYY-MM`); with them everything up to the message `lastMessageId`
   * is there. Messages come by their ids, so that a date may go back over a month's edge by seconds: such a line
   * goes into the month that is being written, as one that has ended is never opened again. After a failure the
   * same lines may be added again.
   */
  append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void>;
  /**
   * What may be recorded: the messages up to this checkpoint are there to stay. It may lag behind what was added
   * (an object on S3 is only ever written whole), but not when `final` is asked for.
   */
  commit(final: boolean, signal: AbortSignal): Promise<Checkpoint>;
  /** Takes a file in, at the pace of the disk; nothing of it is left when that fails. */
  store(file: NamedFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ArrivedFile>;
  /** Lets go of everything; what was not committed is lost. */
  close(): Promise<void>;
}
