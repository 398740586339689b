import type { Order, Page } from '../kernel/page.js';
import type { Run, RunLogEntry, RunReason, RunState, ScrapedFile } from './store.js';

/** A run in a list. */
export interface ListedRun extends Run {
  readonly sourceName: string;
}

/** Which runs are listed: those that meet all of what is given. */
export interface RunFilter {
  readonly sourceId?: number;
  readonly states?: readonly RunState[];
  readonly reason?: RunReason;
  /** It is part of the source's name or channel, of the error or of the session's name. */
  readonly q?: string;
}

/** What runs can be sorted by. */
export const RUN_ORDERS = [
  'id',
  'started_at',
  'finished_at',
  'messages_read',
  'files_done',
  'bytes_done',
] as const;
export type RunOrder = Order<(typeof RUN_ORDERS)[number]>;

/** A log entry in a list. */
export interface ListedLogEntry extends RunLogEntry {
  readonly id: number;
}

/** Which log entries are listed. */
export interface LogFilter {
  /** Only entries that were added after this one. */
  readonly after?: number;
  readonly levels?: readonly RunLogEntry['level'][];
  /** It is part of the message. */
  readonly q?: string;
}

/** A file in a list. */
export interface ListedFile extends ScrapedFile {
  readonly id: number;
  readonly sourceId: number;
  readonly sourceName: string;
  /** The run that found it, which may have been deleted since. */
  readonly runId: number;
}

/** Which files are listed: those that meet all of what is given. */
export interface FileFilter {
  readonly runId?: number;
  readonly sourceId?: number;
  readonly state?: ScrapedFile['state'];
  /** It is part of the name. */
  readonly q?: string;
}

/** Lists of runs, their logs and their files. Each call is one transaction. */
export interface RunListStore {
  /** Newest first, unless another order is given. */
  runs(page: Page, filter?: RunFilter, order?: RunOrder): Promise<ListedRun[]>;
  run(id: number): Promise<ListedRun | null>;
  /** How many runs there are, on all pages. */
  runCount(filter?: RunFilter): Promise<number>;
  /** How many runs there are in each of these states. */
  countsByState(states: readonly RunState[]): Promise<ReadonlyMap<RunState, number>>;
  /** Oldest first, unless `newestFirst`. */
  logs(runId: number, page: Page, filter?: LogFilter, newestFirst?: boolean): Promise<ListedLogEntry[]>;
  logCount(runId: number, filter?: LogFilter): Promise<number>;
  /** By message; those of all sources newest first. */
  files(page: Page, filter: FileFilter): Promise<ListedFile[]>;
  fileCount(filter: FileFilter): Promise<number>;
  file(id: number): Promise<ListedFile | null>;
}
