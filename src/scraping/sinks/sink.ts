import type { Checkpoint } from '../../runs/store.js';
import type { Source } from '../../sources/store.js';

/** What a sink needs to know of its source. */
export type StoringSource = Pick<Source, 'id' | 'createdAt' | 'target' | 'targetPath'>;

/** The file of a message, about to be stored. */
export interface NamedFile {
  readonly messageId: number;
  /** The date of its message: seconds since 1970. */
  readonly date: number;
  /** As its sender called it; any text. */
  readonly name: string;
}

/** A file that was received whole and is not yet in its place. One of `keep` and `drop` ends it. */
export interface ReceivedFile {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /**
   * Moves it to its place, replacing what an interrupted run left there, and resolves to its path (relative to the
   * target's root) once it is durable. May be called again after a failure.
   */
  keep(signal: AbortSignal): Promise<string>;
  /** Discards it: its content is stored already. */
  drop(): Promise<void>;
}

/**
 * Where one source's messages and files are stored. Nothing counts before it is recorded in the database: whatever is
 * stored beyond the recorded checkpoint is removed when the sink is opened next, and files are replaced.
 * Used by one run at a time. `append` and `commit` must not overlap; `store` and what it returns may overlap them.
 * Rejects with `SinkFailed`, or with the signal's reason once that is aborted.
 */
export interface Sink {
  /**
   * Appends whole lines to the file of the month (`YYYY-MM`); with them, everything up to the message `lastMessageId`
   * is stored. Messages come in the order of their ids, so that a date may step back over a month's edge by seconds:
   * such a line goes into the month that is being written, since a month that has ended is never opened again. After
   * a failure, the same lines may be appended again.
   */
  append(lines: Uint8Array, month: string, lastMessageId: number, signal: AbortSignal): Promise<void>;
  /**
   * What may be recorded: the messages up to this checkpoint are durable. It may lag behind what was appended (an
   * object on S3 can only be written whole), except where `final` is set.
   */
  commit(final: boolean, signal: AbortSignal): Promise<Checkpoint>;
  /** Receives a file at the pace of the disk; after a failure nothing of it is left. */
  store(file: NamedFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ReceivedFile>;
  /** Releases everything; what was not committed is lost. */
  close(): Promise<void>;
}
