import { digest } from '../kernel/digests.js';
import { storable, storableUpTo } from '../kernel/storable_text.js';
import type {
  Checkpoint,
  Run,
  RunEnd,
  RunForm,
  RunLogEntry,
  RunProgress,
  ScrapedFile,
  StoredBatch,
} from './store.js';

/** How many runs are kept of a source; older ones that have ended are deleted. */
export const MAX_RUNS_PER_SOURCE = 1_000;

/** How many log entries are kept of a run: the newest. */
export const MAX_LOG_ENTRIES_PER_RUN = 10_000;

/** How many characters of a log message are kept, and of the error of a run. */
const MAX_CHARACTERS = 2_000;

const NO_READERS = { sessions: null };
const NO_OWNER = { owner: null, ownedUntil: null, ...NO_READERS };
const NOT_WAITING = { waitingSince: null };

/** What a call writes to a run. */
export type RunChange = Partial<Omit<Run, 'id' | 'sourceId' | 'reason' | 'createdAt' | keyof RunForm>>;

/** The form of a run of which nothing special was asked. */
export const NO_FORM: RunForm = { limit: null, since: null, fileTypes: null };

/** Whether a replica executes it, as far as is known. */
export function isOwned({ ownedUntil }: Pick<Run, 'ownedUntil'>, now: number): boolean {
  return (ownedUntil ?? 0) > now;
}

/** What taking a run writes: it continues where it stopped, also where another replica left it. */
export function taken(run: Run, owner: string, until: number, now: number): RunChange {
  const startedAt = run.startedAt ?? now;
  return {
    state: 'running',
    owner,
    ownedUntil: until,
    notBefore: null,
    error: null,
    ...NO_READERS,
    ...NOT_WAITING,
    startedAt,
  };
}

/** What marking a run writes. Without a session, the one that it used last stays named. */
export function marked(
  run: Run,
  state: 'running' | 'waiting',
  sessionName: string | null,
  now: number,
): RunChange {
  const waitingSince = state === 'waiting' ? (run.waitingSince ?? now) : null;
  const sessions = state === 'running' && sessionName !== null ? [sessionName] : null;
  return { state, sessionName: sessionName ?? run.sessionName, sessions, waitingSince };
}

/** What deferring a run writes; where it waits for a session, it does so since then and not since now. */
export function deferred(error: string, notBefore: number): RunChange {
  return { state: 'deferred', error: storableUpTo(MAX_CHARACTERS, error), notBefore, ...NO_OWNER };
}

/** What the end of a run writes. */
export function ended(end: RunEnd, error: string | null, now: number): RunChange {
  const storableError = error === null ? null : storableUpTo(MAX_CHARACTERS, error);
  return { state: end, error: storableError, notBefore: null, ...NO_OWNER, ...NOT_WAITING, finishedAt: now };
}

/** What cancelling a run writes: a request where somebody executes it, else its end. Null: it has ended. */
export function cancelled(run: Run, now: number): RunChange | null {
  if (run.finishedAt !== null) return null;
  const cancelRequested = true;
  return isOwned(run, now) ? { cancelRequested } : { cancelRequested, ...ended('cancelled', null, now) };
}

/** The fields that make up the state of a flow run: Prefect is told when one of them changes. */
const REPORTED_FIELDS = ['state', 'error', 'notBefore'] as const;

/** What a change writes: with it, that Prefect does not know the state yet, if it knows the run and that changes. */
export function unreportedIfChanged(run: Run, change: RunChange): RunChange {
  const changes = REPORTED_FIELDS.some((field) => field in change && change[field] !== run[field]);
  return changes && run.flowRunId !== null ? { ...change, flowReported: false } : change;
}

/** Whether the state is the one that was read before, as far as Prefect is told. A new owner begins it anew. */
export function isReportedState(read: Run, now: Run): boolean {
  const fields = ['owner', 'flowRunId', ...REPORTED_FIELDS] as const;
  return fields.every((field) => read[field] === now[field]);
}

/** The entries as they are kept: the newest, with their messages truncated. */
export function loggable(entries: readonly RunLogEntry[]): RunLogEntry[] {
  const kept = entries.slice(-MAX_LOG_ENTRIES_PER_RUN);
  return kept.map((entry) => ({ ...entry, message: storableUpTo(MAX_CHARACTERS, entry.message) }));
}

/** The checkpoint of a source of which nothing is stored. */
export const NOTHING_STORED: Checkpoint = { lastMessageId: 0, monthPath: null, monthBytes: 0 };

const NOTHING_ADDED: RunProgress = {
  messagesRead: 0,
  messagesStored: 0,
  filesFound: 0,
  filesDone: 0,
  filesSkipped: 0,
  bytesDone: 0,
};

/** A file as it is stored in the database. */
export type KeptFile = Omit<ScrapedFile, 'sha256'> & { readonly sha256: Buffer | null };

/** @throws Error when the batch would move the source backwards, or has two files of one message. */
export function checkBatch(kept: Checkpoint, { checkpoint, files }: StoredBatch): void {
  const { lastMessageId } = checkpoint;
  if (lastMessageId < kept.lastMessageId) {
    throw new Error(`a checkpoint moves forward only: ${lastMessageId} is before ${kept.lastMessageId}`);
  }
  if (new Set(files.map(({ messageId }) => messageId)).size < files.length) {
    throw new Error('a message has at most one file');
  }
}

/**
 * What the batch adds to the progress of its run. A caller that does not know whether a batch was stored stores it
 * again: messages that do not move the checkpoint are such a repetition, and count once.
 */
export function addedBy(kept: Checkpoint, { checkpoint, progress }: StoredBatch): RunProgress {
  const added = { ...NOTHING_ADDED, ...progress };
  const isRepeated = added.messagesRead > 0 && checkpoint.lastMessageId === kept.lastMessageId;
  return isRepeated ? NOTHING_ADDED : added;
}

/** The progress of a run after `added`. */
export function progressed(run: RunProgress, added: RunProgress): RunProgress {
  return {
    messagesRead: run.messagesRead + added.messagesRead,
    messagesStored: run.messagesStored + added.messagesStored,
    filesFound: run.filesFound + added.filesFound,
    filesDone: run.filesDone + added.filesDone,
    filesSkipped: run.filesSkipped + added.filesSkipped,
    bytesDone: run.bytesDone + added.bytesDone,
  };
}

/** A file as the database stores it. */
export function keptFile(file: ScrapedFile): KeptFile {
  const { messageId, path, sizeBytes, state, reason } = file;
  const texts = { name: storable(file.name), mimeType: storable(file.mimeType) };
  const storableReason = reason === null ? null : storable(reason);
  return { messageId, path, sizeBytes, state, ...texts, reason: storableReason, sha256: digest(file.sha256) };
}

/** A file as the database returns it. */
export function scrapedFile(row: KeptFile): ScrapedFile {
  const { messageId, path, name, mimeType, sizeBytes, sha256, state, reason } = row;
  return {
    ...{ messageId, path, name, mimeType, sizeBytes },
    sha256: sha256?.toString('hex') ?? null,
    state,
    reason,
  };
}
