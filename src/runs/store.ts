import type { Page } from '../kernel/page.js';

/**
 * The state of a run. `queued`: not yet claimed; `running`; `waiting`: for a session; `deferred`: it continues
 * later, when a session is free again; and how it ended.
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

/** The progress of a run. */
export interface RunProgress {
  readonly messagesRead: number;
  readonly messagesStored: number;
  readonly filesFound: number;
  readonly filesDone: number;
  readonly filesSkipped: number;
  readonly bytesDone: number;
}

/** What whoever started a run asked of this one run. It still begins at the checkpoint. */
export interface RunForm {
  /** At most so many messages are read, at least 1; null: all. */
  readonly limit: number | null;
  /** Messages that Telegram dates before this are skipped for good, in milliseconds since 1970; null: none are. */
  readonly since: number | null;
  /** Extensions as in a source, instead of its own; null: the source's. */
  readonly fileTypes: readonly string[] | null;
}

/** What Prefect knows of a run. Everything is as for an unknown run while `flowRunId` is null. */
export interface FlowRunState {
  /** Its id at Prefect; null: Prefect does not know the run. */
  readonly flowRunId: string | null;
  /** Whether Prefect knows its present state, or need not know it. */
  readonly flowReported: boolean;
  /** The newest log entry that Prefect has; 0: none. */
  readonly flowLogsSent: number;
  /** Whether there are log entries that Prefect lacks. */
  readonly flowLogsDue: boolean;
}

/** One run of a source. Times are milliseconds on the service's clock, unless said otherwise. */
export interface Run extends RunProgress, RunForm, FlowRunState {
  readonly id: number;
  readonly sourceId: number;
  readonly state: RunState;
  readonly reason: RunReason;
  /** How many messages there are to read from its beginning on, those read included; null: Telegram does not say. */
  readonly totalMessages: number | null;
  /** Why it failed, or was deferred. */
  readonly error: string | null;
  /** The session that it reads with, or read with last. */
  readonly sessionName: string | null;
  /** All that read for it at present, by their names; null: none does. */
  readonly sessions: string[] | null;
  readonly waitingSince: number | null;
  /** The replica that executes it until `ownedUntil`; null: none. */
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

/** What became of a file. `duplicate`: its content is stored already, at `path`. */
export const FILE_STATES = ['stored', 'duplicate', 'skipped'] as const;

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
  readonly state: (typeof FILE_STATES)[number];
  /** Why it was skipped. */
  readonly reason: string | null;
}

/** How far a source has been stored: everything up to `lastMessageId`, and nothing beyond it. */
export interface Checkpoint {
  readonly lastMessageId: number;
  /** The file of the month that is being written, relative to the target's root; null: none yet. */
  readonly monthPath: string | null;
  /** How many bytes of that file count; what is beyond them was not recorded, and is removed. */
  readonly monthBytes: number;
}

/** What is recorded in one transaction: messages that are durable in the target, their files, and the new checkpoint. */
export interface StoredBatch {
  readonly checkpoint: Checkpoint;
  readonly files: readonly ScrapedFile[];
  /** Added to the run's progress, and to its source's totals. */
  readonly progress: Partial<RunProgress>;
}

/**
 * Runs and what they have stored. Each call is one transaction. Only its owner changes a run that is executed: calls
 * with `owner` resolve to false and change nothing if another replica has taken the run over.
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
   * over, if fewer than `most` are executed; null: there is none.
   */
  take(owner: string, until: number, most: number, now: number): Promise<Run | null>;
  /** Extends the ownership; says whether the run was cancelled. Null: another replica owns it. */
  renew(id: number, owner: string, until: number): Promise<{ readonly cancelRequested: boolean } | null>;
  /** Sets the state of a run under way. */
  mark(
    id: number,
    owner: string,
    state: 'running' | 'waiting',
    sessionName: string | null,
    now: number,
  ): Promise<boolean>;
  /** Saves which sessions read for the run at present. */
  saveSessions(id: number, owner: string, sessions: readonly string[]): Promise<boolean>;
  /** Saves how many messages there are to read, those that the run has read included. */
  saveTotal(id: number, owner: string, totalMessages: number): Promise<boolean>;
  /** Releases a run, which is not taken again before `notBefore`. */
  defer(id: number, owner: string, error: string, notBefore: number): Promise<boolean>;
  /** Ends a run. A completed one marks its source as scraped. */
  finish(id: number, owner: string, end: RunEnd, error: string | null, now: number): Promise<boolean>;
  /** Ends a run without an owner, and asks the owner of any other to. Null: unknown; false: it had ended. */
  cancel(id: number, now: number): Promise<boolean | null>;
  log(runId: number, entries: readonly RunLogEntry[]): Promise<void>;
  /** Oldest first. */
  logs(runId: number, page: Page): Promise<RunLogEntry[]>;
  /** Deletes log entries older than `before`, at most `limit`; resolves to how many it deleted. */
  pruneLogs(before: number, limit: number): Promise<number>;
  checkpoint(sourceId: number): Promise<Checkpoint>;
  store(runId: number, owner: string, batch: StoredBatch, now: number): Promise<boolean>;
  /** By message. */
  files(runId: number, page: Page): Promise<ScrapedFile[]>;
  /** The path at which the source has stored this content; null: nowhere. */
  storedAs(sourceId: number, sha256: string): Promise<string | null>;
}
