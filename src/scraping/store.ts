import type { Page } from '../kernel/page.js';

/**
 * How a run stands. `queued`: its turn has not come; `running`; `waiting`: for a session; `deferred`: it goes on
 * when a session is free again; then its ends.
 */
export const RUN_STATES = [
  'queued',
  'running',
  'waiting',
  'deferred',
  'completed',
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof RUN_STATES)[number];
export type RunEnd = Extract<RunState, 'completed' | 'failed' | 'cancelled'>;

export const RUN_REASONS = ['created', 'schedule', 'trigger'] as const;
/** Why a run began. */
export type RunReason = (typeof RUN_REASONS)[number];

/** What a run has done so far. */
export interface RunProgress {
  readonly messagesRead: number;
  readonly messagesStored: number;
  readonly filesFound: number;
  readonly filesDone: number;
  readonly filesSkipped: number;
  readonly bytesDone: number;
}

/** One run of a source. Times are milliseconds on the service's clock. */
export interface Run extends RunProgress {
  readonly id: number;
  readonly sourceId: number;
  readonly state: RunState;
  readonly reason: RunReason;
  /** Why it failed, or was deferred. */
  readonly error: string | null;
  /** The session that it uses, or used last. */
  readonly sessionName: string | null;
  readonly waitingSince: number | null;
  /** The replica that carries it out until `ownedUntil`; null: none does. */
  readonly owner: string | null;
  readonly ownedUntil: number | null;
  readonly cancelRequested: boolean;
  /** A deferred run is not tried again before. */
  readonly notBefore: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export type BeginOutcome =
  | { readonly kind: 'begun'; readonly run: Run }
  /** A run of the source has not ended yet. */
  | { readonly kind: 'running'; readonly runId: number }
  | { readonly kind: 'unknown' };

export const LOG_LEVELS = ['info', 'warning', 'error'] as const;

export interface RunLogEntry {
  readonly at: number;
  readonly level: (typeof LOG_LEVELS)[number];
  readonly message: string;
}

/** A file of a message, and what became of it. */
export interface ScrapedFile {
  readonly messageId: number;
  /** Relative to the target's root; null: it was not stored. */
  readonly path: string | null;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Lower-case hex; null: it was not read. */
  readonly sha256: string | null;
  /** `duplicate`: its content is stored already, at `path`. */
  readonly state: 'stored' | 'duplicate' | 'skipped';
  /** Why it was skipped. */
  readonly reason: string | null;
}

/** How far a source is: everything up to `lastMessageId` is stored, and nothing beyond it. */
export interface Checkpoint {
  readonly lastMessageId: number;
  /** The file of the month that messages are being written to, relative to the target's root; null: none yet. */
  readonly monthPath: string | null;
  /** Bytes of that file that count; what is beyond them was not recorded, and goes. */
  readonly monthBytes: number;
}

/** What is stored at one stroke: messages that stand in their file already, their files, and the new checkpoint. */
export interface StoredBatch {
  readonly checkpoint: Checkpoint;
  readonly files: readonly ScrapedFile[];
  /** Added to the run's progress, and to its source's totals. */
  readonly progress: Partial<RunProgress>;
}

/** A channel as one session addresses it: another session's access hash is worth nothing. */
export interface KnownPeer {
  readonly channelId: string;
  /** Null: a basic group, which has none. */
  readonly accessHash: string | null;
  readonly title: string;
  readonly username: string | null;
}

/**
 * Runs and what they have stored. Each call is one transaction. Only its owner changes a run that is carried out:
 * calls with `owner` resolve to false, having changed nothing, when the run is another's by now.
 */
export interface RunStore {
  /** Queues a run of the source, unless one has not ended. */
  begin(sourceId: number, reason: RunReason, now: number): Promise<BeginOutcome>;
  run(id: number): Promise<Run | null>;
  /** Newest first. */
  runs(sourceId: number, page: Page): Promise<Run[]>;
  /** The newest run of each of these sources. */
  lastRuns(sourceIds: readonly number[]): Promise<Run[]>;
  /**
   * Gives `owner` the run that has waited longest, of those queued, deferred until now, or whose owner's time is
   * over, if fewer than `most` are carried out; null: there is none.
   */
  take(owner: string, until: number, most: number, now: number): Promise<Run | null>;
  /** Keeps the run for its owner; tells whether it is to be cancelled. Null: it is another's by now. */
  renew(id: number, owner: string, until: number): Promise<{ readonly cancelRequested: boolean } | null>;
  /** Says how a run stands that goes on. */
  mark(
    id: number,
    owner: string,
    state: 'running' | 'waiting',
    sessionName: string | null,
    now: number,
  ): Promise<boolean>;
  /** Lets go of a run until a session is free, or `notBefore` has come. */
  defer(id: number, owner: string, error: string, notBefore: number): Promise<boolean>;
  /** Ends a run. A completed one marks its source as scraped. */
  finish(id: number, owner: string, end: RunEnd, error: string | null, now: number): Promise<boolean>;
  /** Ends a run that nobody carries out, and asks the owner of another to. Null: unknown; false: it had ended. */
  cancel(id: number, now: number): Promise<boolean | null>;
  log(runId: number, entries: readonly RunLogEntry[]): Promise<void>;
  /** Oldest first. */
  logs(runId: number, page: Page): Promise<RunLogEntry[]>;
  /** Drops log entries older than `before`, at most `limit`; how many there were. */
  pruneLogs(before: number, limit: number): Promise<number>;
  checkpoint(sourceId: number): Promise<Checkpoint>;
  store(runId: number, owner: string, batch: StoredBatch, now: number): Promise<boolean>;
  /** By message. */
  files(runId: number, page: Page): Promise<ScrapedFile[]>;
  /** Where the source has this content stored; null: nowhere. */
  storedAs(sourceId: number, sha256: string): Promise<string | null>;
  /** What the session knows of the channel, which is used by that. */
  peer(sessionId: number, identifier: string, now: number): Promise<KnownPeer | null>;
  /** Keeps what a session knows; of many channels, the one that was used longest ago is forgotten. */
  savePeer(sessionId: number, identifier: string, peer: KnownPeer, now: number): Promise<void>;
  /** What the session knew of the channel is not so any more. */
  forgetPeer(sessionId: number, identifier: string): Promise<void>;
}
